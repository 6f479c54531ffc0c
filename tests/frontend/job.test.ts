/** Truth: a real HTTP server on this machine, which drops, delays and refuses on command. */
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  type FetchJson,
  GlasspaneFailure,
  HttpFailure,
  JobClient,
} from "../../extension_frontend/core/src/job.js";
import type { JobRequest, JobSnapshot } from "../../extension_frontend/core/src/protocol.js";

type Reply = (response: ServerResponse) => void;

const json =
  (body: unknown, status = 200): Reply =>
  (response) => {
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(JSON.stringify(body));
  };
const text =
  (body: string, status: number): Reply =>
  (response) => {
    response.writeHead(status);
    response.end(body);
  };
const drop: Reply = (response) => response.destroy();

const snapshot = (sequence: number, status: JobSnapshot["status"]): JobSnapshot => ({
  kind: "job",
  id: "j 1",
  sequence,
  status,
  ahead: 0,
  kernel_busy: false,
  progress: null,
  result: null,
  warnings: [],
});
const ERROR = {
  kind: "error",
  code: "job_not_found",
  message: "There is no such job.",
  next_step: "Run again.",
  pieces: [],
  lines: [],
  suggestions: [],
  candidates: [],
  tokenizers: [],
  command: null,
  detail: null,
};
const REQUEST: JobRequest = { place: { place: "dedicated" }, request: { kind: "hello" } };

let server: Server;
let script: Reply[];
let asked: string[];
let bodies: string[];
let fetchJson: FetchJson;

beforeEach(async () => {
  script = [];
  asked = [];
  bodies = [];
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      bodies.push(body);
      (script.shift() ?? drop)(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  fetchJson = async (path, init = {}) => {
    const response = await fetch(`http://127.0.0.1:${port}/base/${path}`, {
      method: init.method ?? "GET",
      ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
      ...(init.signal === undefined ? {} : { signal: init.signal }),
    });
    const body = await response.text();
    let parsed: unknown = body;
    try {
      parsed = JSON.parse(body);
    } catch {}
    if (!response.ok) throw new HttpFailure(response.status, parsed);
    return body === "" ? undefined : parsed;
  };
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const client = (patience = 2000) => new JobClient(fetchJson, { patience, firstWait: 5 });
const failure = async (promise: Promise<unknown>) => {
  const problem = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(problem).toBeInstanceOf(GlasspaneFailure);
  return (problem as GlasspaneFailure).result;
};

test("follows a job over dropped connections and a proxy's hiccup, each change once", async () => {
  script = [
    json(snapshot(1, "queued")),
    drop,
    json(snapshot(3, "running")),
    text("Bad gateway", 502),
    drop,
    json(snapshot(3, "running")),
    json(snapshot(7, "done")),
  ];
  const seen: number[] = [];
  const last = await client().follow("j 1", ({ sequence }) => seen.push(sequence));
  expect(seen).toEqual([1, 3, 7]);
  expect(last.status).toBe("done");
  expect(asked.slice(0, 4)).toEqual([
    "GET /base/glasspane/api/jobs/j%201",
    "GET /base/glasspane/api/jobs/j%201?after=1&wait=20",
    "GET /base/glasspane/api/jobs/j%201?after=1&wait=20",
    "GET /base/glasspane/api/jobs/j%201?after=3&wait=20",
  ]);
});

test("a server that does not hold back its replies is not hammered", async () => {
  script = [
    json(snapshot(1, "running")),
    ...Array.from({ length: 6 }, () => json(snapshot(1, "running"))),
    json(snapshot(2, "cancelled")),
  ];
  const begin = Date.now();
  await client().follow("j 1", () => {});
  expect(Date.now() - begin).toBeGreaterThan(5 + 10 + 20 + 40 + 80 + 160 - 20);
});

test("gives up when the connection stays broken, saying what to do", async () => {
  const result = await failure(client(400).follow("j 1", () => {}));
  expect(result.message).toMatch(/cannot be reached/);
  expect(result.next_step).not.toBe("");
  expect(asked.length).toBeGreaterThan(1);
});

test("abort stops a long poll at once, with the given reason", async () => {
  const stop = new AbortController();
  script = [json(snapshot(1, "running")), () => setTimeout(() => stop.abort(new Error("enough")), 20)];
  await expect(client().follow("j 1", () => {}, stop.signal)).rejects.toThrow("enough");
});

test("abort also cuts a wait between retries short", async () => {
  const stop = new AbortController();
  const slow = new JobClient(fetchJson, { patience: 60_000, firstWait: 30_000 });
  setTimeout(() => stop.abort(new Error("enough")), 50);
  await expect(slow.follow("j 1", () => {}, stop.signal)).rejects.toThrow("enough");
});

test("starting is never repeated: the job may already run", async () => {
  script = [drop, json(snapshot(1, "queued"), 202)];
  expect((await failure(client().start(REQUEST))).code).toBe("internal");
  expect(asked).toEqual(["POST /base/glasspane/api/jobs"]);
  expect((await client().start(REQUEST)).sequence).toBe(1);
});

test("half a character is sent as U+FFFD, whole ones as they are", async () => {
  script = [json(snapshot(1, "queued"), 202)];
  const expressions = [{ source: "a\ud83d🙂\udca9", conversion: "" as const, format_spec: "" }];
  await client().start({
    place: { place: "dedicated" },
    request: { kind: "prompt_value", expressions, consent: false },
  });
  expect(bodies[0]).not.toMatch(/\\ud/);
  expect(JSON.parse(bodies[0] ?? "").request.expressions[0].source).toBe("a\ufffd🙂\ufffd");
});

test("the server's own sentences come through; others are put into words", async () => {
  script = [
    json({ ...ERROR, code: "kernel_dead" }, 503),
    text("<html>no</html>", 404),
    text("", 403),
    json({ message: "boom" }, 500),
    json({ kind: "surprise" }),
  ];
  expect((await failure(client().catalogue())).code).toBe("kernel_dead");
  expect((await failure(client().catalogue())).code).toBe("glasspane_missing");
  expect((await failure(client().catalogue())).next_step).toMatch(/Sign in/);
  expect((await failure(client().catalogue())).detail).toMatch(/boom/);
  expect((await failure(client().catalogue())).message).toMatch(/not understood/);
  expect(asked).toHaveLength(5);
});

test("cancelling is repeated over a broken connection, and a job already gone is fine", async () => {
  script = [drop, json(snapshot(2, "running"))];
  await client().cancel("j 1");
  expect(asked).toEqual(["DELETE /base/glasspane/api/jobs/j%201", "DELETE /base/glasspane/api/jobs/j%201"]);
  script = [json(ERROR, 404)];
  await client().cancel("j 1");
  script = [json({ ...ERROR, code: "not_allowed" }, 403)];
  expect((await failure(client().cancel("j 1"))).code).toBe("not_allowed");
});
