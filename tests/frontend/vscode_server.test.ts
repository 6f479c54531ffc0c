/** Truth: real HTTP servers on this machine, which play the processes; settings and interpreters changed by hand. */
import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { GlasspaneFailure } from "@glasspane/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CATALOGUE } from "./sample_result.js";
import { desk } from "./vscode_stand_in.js";

const failure = (what: string) => GlasspaneFailure.of("kernel_restarted", what, "Run again.");

/** A Jupyter server with Glasspane; its jobs run until `end`. */
class Planted {
  readonly aborted = new AbortController();
  readonly signal = this.aborted.signal;
  readonly tokens: (string | undefined)[] = [];
  readonly jobs = new Map<string, { sequence: number; status: string }>();
  refuses = false;
  /** Keeps the sender of a job waiting. */
  holds = false;
  ended = false;
  private readonly waiting = new Set<() => void>();
  private readonly http: HttpServer;

  private constructor(readonly python: string) {
    this.http = createServer((request, response) => this.reply(request, response));
  }

  static async at(python: string): Promise<Planted> {
    const server = new Planted(python);
    await new Promise<void>((resolve) => server.http.listen(0, "127.0.0.1", resolve));
    planted.push(server);
    return server;
  }

  get address() {
    return { url: `http://127.0.0.1:${(this.http.address() as AddressInfo)?.port}/`, token: "own" };
  }

  end(id: string): void {
    this.jobs.set(id, { sequence: 2, status: "done" });
    for (const each of this.waiting) each();
  }

  breakOff(): void {
    this.http.closeAllConnections();
  }

  async stop(): Promise<void> {
    this.ended = true;
    this.aborted.abort(failure("the process ended"));
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }

  private reply(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? "").replace(/^\/glasspane\/api\//, "");
    this.tokens.push(request.headers.authorization);
    const id = /^jobs\/([^?]+)/.exec(path)?.[1];
    const send = ([status, body]: [number, unknown]) => {
      response.writeHead(status, { "Content-Type": "application/json" });
      response.end(JSON.stringify(body));
    };
    const answer = () => {
      this.waiting.delete(answer);
      send(this.answer(path, id));
    };
    if (this.holds && request.method === "POST") return;
    const held = id !== undefined && path.includes("after=1") && this.jobs.get(id)?.sequence === 1;
    if (held) this.waiting.add(answer);
    else answer();
  }

  private answer(path: string, id: string | undefined): [number, unknown] {
    if (this.refuses) return [403, { kind: "error", code: "not_allowed", message: "No.", next_step: "No." }];
    if (path === "catalogue") return [200, { ...CATALOGUE, glasspane: this.python }];
    if (id !== undefined) return this.jobs.has(id) ? [200, this.snapshot(id)] : [404, {}];
    const begun = `${this.python}-${this.jobs.size + 1}`;
    this.jobs.set(begun, { sequence: 1, status: "running" });
    return [202, this.snapshot(begun)];
  }

  private snapshot(id: string) {
    return { kind: "job", id, result: null, warnings: [], progress: null, ahead: 0, ...this.jobs.get(id) };
  }
}

let planted: Planted[] = [];
let interpreter = "one";
let interpreterChanged = () => {};
let starts: { python: string; signal: AbortSignal; keys: unknown }[] = [];
let startsHang = false;

vi.mock("vscode", () => import("./vscode_stand_in.js"));
vi.mock("../../extension_frontend/vscode/src/interpreter.js", () => ({
  findInterpreter: async () => interpreter,
  whenInterpreterChanges: (then: () => void) => {
    interpreterChanged = then;
    return { dispose: () => undefined };
  },
}));
vi.mock("../../extension_frontend/vscode/src/server_process.js", () => ({
  serverEnded: () => failure("the server ended"),
  ServerProcess: {
    start: async (python: string, _log: unknown, signal: AbortSignal, keys: unknown) => {
      starts.push({ python, signal, keys });
      if (startsHang)
        await new Promise((_, reject) => signal.addEventListener("abort", () => reject(failure("unwanted"))));
      return Planted.at(python);
    },
  },
}));
const { Server } = await import("../../extension_frontend/vscode/src/server.js");
type Given = ConstructorParameters<typeof Server>;

const REQUEST = { place: { place: "dedicated" as const }, request: { kind: "hello" as const } };
const secrets = new Map<string, string>();
let keysChanged = () => {};
let kept: Readonly<Record<string, string>> = {};
let server: InstanceType<typeof Server>;

beforeEach(() => {
  desk.clear();
  planted = [];
  starts = [];
  interpreter = "one";
  startsHang = false;
  secrets.clear();
  const store = {
    get: async (key: string) => secrets.get(key),
    store: async (key: string, value: string) => void secrets.set(key, value),
  };
  keysChanged = () => {};
  kept = {};
  const keys = {
    environment: async () => kept,
    onDidChange: (then: () => void) => {
      keysChanged = then;
    },
  };
  server = new Server(store as unknown as Given[0], {} as unknown as Given[1], keys as unknown as Given[2]);
});
afterEach(async () => {
  server.dispose();
  for (const each of planted) if (!each.ended) await each.stop();
});

test("endpoints' keys are in the environment of what is started; another key, another server", async () => {
  kept = { BIG_KEY: "sk-canary" };
  await server.client.start(REQUEST);
  expect(starts.at(-1)?.keys).toEqual({ BIG_KEY: "sk-canary" });
  kept = {};
  keysChanged();
  await server.client.start(REQUEST);
  expect(starts).toHaveLength(2);
  expect(starts.at(-1)?.keys).toEqual({});
  // What the first one was told and sends has no key in it.
  expect(JSON.stringify(planted.map(({ tokens }) => tokens))).not.toContain("sk-canary");
});

test("whether a secret store reaches what answers is known, also where the setting is wrong", () => {
  expect(server.ownIsUsed).toBe(true);
  desk.set("glasspane.serverUrl", "http://127.0.0.1:8888/");
  expect(server.ownIsUsed).toBe(false);
  desk.set("glasspane.serverUrl", "no address");
  expect(server.ownIsUsed).toBe(false);
});

test("another interpreter answers from the next explanation on; the job that runs ends where it began", async () => {
  const { client } = server;
  const first = await client.start(REQUEST);
  const end = client.follow(first.id, () => undefined);
  interpreter = "two";
  interpreterChanged();
  await vi.waitFor(async () => {
    const { id } = await client.start(REQUEST);
    expect(id).toMatch(/^two/);
  });
  const [one] = planted;
  expect(one?.ended).toBe(false);
  one?.end(first.id);
  expect((await end).status).toBe("done");
  // Those that were begun before the change was noticed.
  for (const id of one?.jobs.keys() ?? []) one?.end(id);
  await vi.waitFor(() => expect(one?.ended).toBe(true), { timeout: 8000 });
  expect(planted.map(({ python, ended }) => [python, ended])).toEqual([
    ["one", true],
    ["two", false],
  ]);
});

test("a server without jobs is stopped as soon as another one is named", async () => {
  await server.client.catalogue();
  desk.set("glasspane.pythonPath", "two");
  interpreter = "two";
  expect((await server.client.catalogue()).glasspane).toBe("two");
  await vi.waitFor(() => expect(planted[0]?.ended).toBe(true));
});

test("a job that is being sent while its server is left is not lost", async () => {
  const sent = server.client.start(REQUEST);
  await vi.waitFor(() => expect(planted).toHaveLength(1));
  desk.set("glasspane.pythonPath", "two");
  const { id } = await sent;
  const end = server.client.follow(id, () => undefined);
  planted[0]?.end(id);
  expect((await end).status).toBe("done");
});

test("stopping does not wait for a start: it is no longer wanted", async () => {
  startsHang = true;
  const unanswered = expect(server.client.catalogue()).rejects.toThrow("unwanted");
  await vi.waitFor(() => expect(starts).toHaveLength(1));
  await server.stop();
  expect(starts[0]?.signal.aborted).toBe(true);
  await unanswered;
  startsHang = false;
  expect((await server.client.catalogue()).glasspane).toBe("one");
});

test("a named server that is away for a moment is waited for; one that stays away is named", async () => {
  const there = await Planted.at("theirs");
  const { url } = there.address;
  await there.stop();
  desk.set("glasspane.serverUrl", url);
  await expect(server.client.start(REQUEST)).rejects.toMatchObject({
    result: { message: `The Jupyter server at ${url} cannot be reached.` },
  });
  const port = new URL(url).port;
  const asked = server.client.catalogue();
  await new Promise((resolve) => setTimeout(resolve, 400));
  const back = createServer((_, response) => response.end(JSON.stringify(CATALOGUE)));
  await new Promise<void>((resolve) => back.listen(Number(port), "127.0.0.1", resolve));
  expect((await asked).kind).toBe("catalogue");
  back.closeAllConnections();
  back.close();
});

test("who refuses the token decides what to do about it", async () => {
  await server.client.catalogue();
  const [own] = planted;
  if (own !== undefined) own.refuses = true;
  await expect(server.client.catalogue()).rejects.toMatchObject({
    result: { code: "not_allowed", next_step: expect.stringContaining("Restart Server") },
  });
  const there = await Planted.at("theirs");
  there.refuses = true;
  desk.set("glasspane.serverUrl", there.address.url);
  await expect(server.client.catalogue()).rejects.toMatchObject({
    result: { code: "not_allowed", next_step: expect.stringContaining("Set Token") },
  });
});

test("a token in the address goes before one that was stored", async () => {
  const there = await Planted.at("theirs");
  const { url } = there.address;
  await server.setToken({ url, token: "" }, "stored");
  desk.set("glasspane.serverUrl", url);
  await server.client.catalogue();
  desk.set("glasspane.serverUrl", `${url}lab?token=pasted`);
  await server.client.catalogue();
  expect(there.tokens).toEqual(["token stored", "token pasted"]);
});

test("what breaks off is told of the server that was asked, whatever the settings name by now", async () => {
  await server.client.catalogue();
  const [own] = planted;
  if (own === undefined) throw new Error("none was started");
  own.holds = true;
  const failed = expect(server.client.start(REQUEST)).rejects.toMatchObject({
    result: { code: "kernel_restarted", message: "the server ended" },
  });
  await vi.waitFor(() => expect(own.tokens).toHaveLength(2));
  desk.set("glasspane.serverUrl", "http://127.0.0.1:9/");
  own.breakOff();
  await failed;
});

test("a named server that answers and is no Jupyter is called so; one without Glasspane is not", async () => {
  let jupyter = false;
  const there = createServer((request, response) => {
    const about = jupyter && request.url === "/api";
    response.writeHead(about ? 200 : 404, { "Content-Type": about ? "application/json" : "text/html" });
    response.end(about ? '{"version": "2.14.0"}' : "<h1>Nothing here</h1>");
  });
  await new Promise<void>((resolve) => there.listen(0, "127.0.0.1", resolve));
  desk.set("glasspane.serverUrl", `http://127.0.0.1:${(there.address() as AddressInfo).port}/`);
  await expect(server.client.catalogue()).rejects.toThrow("is no Jupyter server");
  jupyter = true;
  await expect(server.client.catalogue()).rejects.toMatchObject({ result: { code: "glasspane_missing" } });
  there.closeAllConnections();
  there.close();
});

test("a named server that takes a request and never answers is not waited for without end", async () => {
  const there = await Planted.at("theirs");
  there.holds = true;
  desk.set("glasspane.serverUrl", there.address.url);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const failed = expect(server.client.start(REQUEST)).rejects.toMatchObject({
      result: { message: `The Jupyter server at ${there.address.url} does not answer.` },
    });
    await vi.advanceTimersByTimeAsync(70_000);
    await failed;
  } finally {
    vi.useRealTimers();
  }
});

test("listing kernels starts no Python", async () => {
  expect(await server.runningKernels()).toEqual([]);
  expect(starts).toEqual([]);
});
