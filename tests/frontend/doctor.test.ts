/** Truth: the lines of the log, and at which level a person finds them. */
import { errorResult, GlasspaneFailure } from "@glasspane/core";
import { beforeEach, expect, test, vi } from "vitest";
import { desk } from "./vscode_stand_in.js";

vi.mock("vscode", () => import("./vscode_stand_in.js"));
const { runDoctor } = await import("../../extension_frontend/vscode/src/doctor.js");

beforeEach(() => desk.clear());

async function examined(server: object): Promise<string[]> {
  const lines: string[] = [];
  const at = (level: string) => (line: string) => void lines.push(`${level}: ${line}`);
  const channel = { show: () => undefined, info: at("info"), warn: at("warn"), error: at("error") };
  await runDoctor(...([server, "0.1.0", channel] as unknown as Parameters<typeof runDoctor>));
  return lines;
}

test("one sentence at the end says that all is well", async () => {
  const server = {
    named: { url: "http://127.0.0.1:8888/" },
    client: { catalogue: async () => ({ glasspane: "0.1.0", methods: [] }) },
  };
  const lines = await examined(server);
  expect(lines.at(-1)).toMatch(/^info: All is well/);
  expect(lines.filter((line) => !line.startsWith("info"))).toEqual([]);
});

test("what is to be mended is a warning, and is counted", async () => {
  desk.settings["glasspane.pythonPath"] = "/nowhere/python";
  const failure = new GlasspaneFailure(errorResult("internal", "No server.", "Start one."));
  const server = { named: null, client: { catalogue: () => Promise.reject(failure) } };
  const warned = (await examined(server)).filter((line) => line.startsWith("warn"));
  expect(warned).toEqual([
    expect.stringContaining("No Python was found at /nowhere/python."),
    expect.stringContaining("No server. Start one."),
    expect.stringMatching(/^warn: 2 things to mend/),
  ]);
});
