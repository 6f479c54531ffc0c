// Which processes a test started: known by a variable in their environment, which children inherit and
// which stays with a process that lost its parent.
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The live processes whose environment has `mark` ("NAME=value"). */
export async function processesMarked(mark) {
  // BSD's e and ww, which Linux has too: each command's environment behind it, uncut.
  const { stdout } = await run("ps", ["axeww", "-o", "pid=,stat=,args="], { maxBuffer: 1 << 28 });
  return stdout
    .split("\n")
    .filter((line) => line.includes(` ${mark}`))
    .map((line) => /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line))
    .filter((found) => found !== null && !found[2].startsWith("Z"))
    .map(([, pid, , command]) => ({ pid: Number(pid), command: withoutEnvironment(command) }));
}

function withoutEnvironment(command) {
  return command.split(/ (?=[A-Z_][A-Z0-9_]*=)/)[0];
}

/** Waits until no process is left that `list` names; after three seconds they are told to end, then made to. */
export async function endAll(list) {
  for (const signal of [0, "SIGTERM", "SIGKILL"]) {
    const left = await list();
    if (left.length === 0) return;
    for (const { pid } of left) tell(pid, signal);
    for (const deadline = Date.now() + 3_000; Date.now() < deadline; ) {
      if ((await list()).length === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function tell(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}
