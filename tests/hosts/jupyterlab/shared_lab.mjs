import { after } from "node:test";
import { Lab } from "./lab.mjs";

let shared = null;

/** The server and browser that all test files share; stopped after the last test of the process. */
export function sharedLab() {
  shared ??= Lab.start();
  return shared;
}

after(async () => {
  if (shared !== null) await (await shared).stop();
});
