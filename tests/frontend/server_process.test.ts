/** Truth: a process of this machine that never says a word, and the server's own patience. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { askPython } from "./python.js";
import { desk } from "./vscode_stand_in.js";

vi.mock("vscode", () => import("./vscode_stand_in.js"));
const { STOP_PATIENCE_MS, ServerProcess } = await import(
  "../../extension_frontend/vscode/src/server_process.js"
);
type Log = Parameters<typeof ServerProcess.start>[1];

const log = { info: vi.fn(), error: vi.fn(), debug: vi.fn() };
let folder: string;

beforeEach(() => {
  desk.clear();
  folder = mkdtempSync(join(tmpdir(), "glasspane-process-"));
  desk.folders = [folder];
});
afterEach(() => rmSync(folder, { recursive: true }));

test("the editor waits longer than the server needs to end its kernels", () => {
  const script =
    "import json, sys; from glasspane.server.tethered import PATIENCE; json.dump(PATIENCE, sys.stdout)";
  expect(STOP_PATIENCE_MS / 1000).toBeGreaterThan(askPython<number>(script, null) + 2);
});

test("a start that is no longer wanted ends at once, and its process with its standard input", async () => {
  const python = join(folder, "python");
  writeFileSync(
    python,
    `#!/bin/sh\necho $$ > "${folder}/began"\ncat > /dev/null\necho ended > "${folder}/ended"\n`,
  );
  chmodSync(python, 0o755);
  const unwanted = new AbortController();
  const starting = ServerProcess.start(python, log as unknown as Log, unwanted.signal);
  const failed = expect(starting).rejects.toMatchObject({ result: { code: "kernel_restarted" } });
  await vi.waitFor(() => expect(existsSync(join(folder, "began"))).toBe(true));
  unwanted.abort();
  await failed;
  await vi.waitFor(() => expect(readFileSync(join(folder, "ended"), "utf8")).toBe("ended\n"));
  expect(log.error).not.toHaveBeenCalled();
});

test("no Python at the place named: a sentence, and nothing to wait for", async () => {
  const nowhere = join(folder, "nowhere");
  await expect(
    ServerProcess.start(nowhere, log as unknown as Log, new AbortController().signal),
  ).rejects.toThrow(`No Python was found at ${nowhere}.`);
});

/** A Python that is a script of a person's own. */
function script(...lines: string[]): string {
  const python = join(folder, "python");
  writeFileSync(python, ["#!/bin/sh", ...lines, ""].join("\n"));
  chmodSync(python, 0o755);
  return python;
}
const start = (python: string) =>
  ServerProcess.start(python, log as unknown as Log, new AbortController().signal);

test("a path that no system can start is named, with the setting that holds it", async () => {
  await expect(start("/env/\0/python")).rejects.toMatchObject({
    result: {
      message: expect.stringContaining("/env/\ufffd/python could not be started"),
      next_step: expect.stringContaining("glasspane.pythonPath"),
    },
  });
});

test("what a script prints before the server's line is read over, and kept for the log", async () => {
  const server = await start(
    script(
      "echo Activating",
      `echo '{"url": 3, "error": {"message": ["?"]}}'`,
      "echo null",
      `printf 'Ready. {"url": "http://127.0.0.1:9/", "glasspane": "0.1.0"}\\n'`,
      "cat > /dev/null",
    ),
  );
  expect(server.address.url).toBe("http://127.0.0.1:9/");
  expect(log.debug).toHaveBeenCalledWith("Activating");
  await server.stop();
});

test("a server elsewhere than on this machine is none of ours", async () => {
  const python = script(`echo '{"url": "http://192.0.2.1:9/"}'`);
  await expect(start(python)).rejects.toThrow("The Glasspane server did not start.");
});

test("why there is no server is said in its own words, whatever its other fields hold", async () => {
  const error = { message: "No kernel.", next_step: "Install one.", command: 3 };
  await expect(start(script(`echo '${JSON.stringify({ error })}'`))).rejects.toMatchObject({
    result: { message: "No kernel.", next_step: "Install one.", command: null },
  });
});
