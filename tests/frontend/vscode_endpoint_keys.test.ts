/** Truth: what the secret store and the extension's memory hold after what a person does. */
import { beforeEach, expect, test, vi } from "vitest";
import { EventEmitter } from "./vscode_stand_in.js";

vi.mock("vscode", () => import("./vscode_stand_in.js"));
const { EndpointKeys, problemOfKey, problemOfName } = await import(
  "../../extension_frontend/vscode/src/endpoint_keys.js"
);
type Given = ConstructorParameters<typeof EndpointKeys>;

const secrets = new Map<string, string>();
const memory = new Map<string, unknown>();
const changes = new EventEmitter<{ key: string }>();
const store = {
  get: async (key: string) => secrets.get(key),
  store: async (key: string, value: string) => {
    secrets.set(key, value);
    changes.fire({ key });
  },
  delete: async (key: string) => {
    secrets.delete(key);
    changes.fire({ key });
  },
  onDidChange: changes.event,
};
const memento = {
  get: (name: string) => memory.get(name),
  update: async (name: string, value: unknown) => void memory.set(name, value),
};
const made = () => new EndpointKeys(store as unknown as Given[0], memento as unknown as Given[1]);

beforeEach(() => {
  secrets.clear();
  memory.clear();
});

test("a key is in the secret store alone; what is remembered are names", async () => {
  const keys = made();
  await keys.set("BIG_KEY", "sk-canary-7f3a91c2");
  await keys.set("A_KEY", "sk-other");
  expect([...secrets.values()]).toEqual(["sk-canary-7f3a91c2", "sk-other"]);
  expect(JSON.stringify([...memory])).not.toContain("sk-");
  expect(keys.names).toEqual(["A_KEY", "BIG_KEY"]);
  expect(await made().environment()).toEqual({ BIG_KEY: "sk-canary-7f3a91c2", A_KEY: "sk-other" });
});

test("a forgotten key is nowhere, and both are told of", async () => {
  const keys = made();
  let told = 0;
  keys.onDidChange(() => {
    told += 1;
  });
  await keys.set("BIG_KEY", "sk-canary-7f3a91c2");
  await keys.forget("BIG_KEY");
  expect(told).toBe(2);
  expect([...secrets]).toEqual([]);
  expect(keys.names).toEqual([]);
  expect(await keys.environment()).toEqual({});
  // The token of a server is another matter.
  await store.store("token of http://127.0.0.1/", "t");
  expect(told).toBe(2);
});

test("a name whose key another window has taken away sets nothing, nor does one that means something else", async () => {
  memory.set("glasspane.endpointKeys", ["GONE_KEY", "PATH", 7]);
  secrets.set("endpoint key PATH", "/tmp");
  expect(await made().environment()).toEqual({});
});

test.each([
  ["OPENAI_API_KEY", null],
  ["sk-canary-7f3a91c2", "Capital letters"],
  ["", "Capital letters"],
  ["PATH", "means something else"],
  ["PYTHONPATH", "means something else"],
  ["LD_PRELOAD", "means something else"],
  ["JUPYTER_TOKEN", "means something else"],
  ["HTTPS_PROXY", "means something else"],
])("the variable %j: %j", (name, why) => {
  const said = problemOfName(name);
  if (why === null) expect(said).toBeNull();
  else expect(said).toContain(why);
});

test("what no header can carry is no key", () => {
  expect(problemOfKey(" sk-1 ")).toBeNull();
  expect(problemOfKey(" ")).toContain("Paste");
  expect(problemOfKey("sk 1")).toContain("no spaces");
});
