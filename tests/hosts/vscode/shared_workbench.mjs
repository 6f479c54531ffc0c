import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { Workbench } from "./workbench.mjs";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** The interpreter that has Glasspane, and the extension as users get it. */
export const PYTHON = `${process.env.GLASSPANE_BIN ?? `${root}.venv/bin`}/python`;
export const EXTENSION = process.env.GLASSPANE_VSIX ?? `${root}dist/glasspane.vsix`;

let shared = null;

/** The workbench that all test files share; stopped after the last test of the process. */
export function sharedWorkbench() {
  shared ??= Workbench.start({
    extensions: [EXTENSION],
    machineSettings: { "glasspane.pythonPath": PYTHON },
  });
  return shared;
}

after(async () => {
  if (shared !== null) await (await shared).stop();
});
