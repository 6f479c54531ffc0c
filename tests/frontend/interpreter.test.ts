/** Truth: settings as people write them, and a Python extension that comes late. */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { delimiter, isAbsolute, join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { desk, EventEmitter } from "./vscode_stand_in.js";

vi.mock("vscode", () => import("./vscode_stand_in.js"));
const { findInterpreter, whenInterpreterChanges } = await import(
  "../../extension_frontend/vscode/src/interpreter.js"
);

const NAME = process.platform === "win32" ? "python" : "python3";

beforeEach(() => desk.clear());

test.each([3, null, ["python"], { path: "python" }, "  "])(
  "a setting that holds %j names no Python",
  async (given) => {
    desk.settings["glasspane.pythonPath"] = given;
    desk.settings["python.defaultInterpreterPath"] = given;
    const found = await findInterpreter();
    expect(isAbsolute(found) || found === NAME).toBe(true);
  },
);

test.skipIf(process.platform === "win32")("the first one on the path is named by its place", async () => {
  const folder = await mkdtemp(join(tmpdir(), "gp-path-"));
  await writeFile(join(folder, NAME), "");
  vi.stubEnv("PATH", ["", "relative", folder].join(delimiter));
  expect(await findInterpreter(), "a file that cannot be run is none").toBe(NAME);
  await chmod(join(folder, NAME), 0o755);
  expect(await findInterpreter()).toBe(join(folder, NAME));
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

test("a path may begin at home or in the window's folder", async () => {
  desk.folders = ["/home/me/$&"];
  desk.settings["glasspane.pythonPath"] = " ~/env/bin/python ";
  expect(await findInterpreter()).toBe(join(homedir(), "env/bin/python"));
  desk.settings["glasspane.pythonPath"] = "$" + "{workspaceFolder}/env/bin/python";
  expect(await findInterpreter()).toBe("/home/me/$&/env/bin/python");
});

test("a Python extension that is installed later is followed, once", async () => {
  const selected = new EventEmitter<void>();
  const activate = vi.fn(async () => ({
    environments: {
      onDidChangeActiveEnvironmentPath: selected.event,
      getActiveEnvironmentPath: () => ({ path: "" }),
      resolveEnvironment: async () => ({ executable: { uri: { fsPath: "/selected/python" } } }),
    },
  }));
  const heard = vi.fn();
  const following = whenInterpreterChanges(heard);
  desk.install("ms-python.python", { activate });
  expect(heard).toHaveBeenCalledOnce();
  expect(await findInterpreter()).toBe("/selected/python");
  desk.install("another.extension", {});
  selected.fire();
  expect(heard).toHaveBeenCalledTimes(2);
  following.dispose();
  await vi.waitFor(() => expect(selected.listeners.size).toBe(0));
  desk.install("another.extension", {});
  expect(heard).toHaveBeenCalledTimes(2);
});
