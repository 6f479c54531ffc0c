// A scripted OpenAI-compatible endpoint on loopback, in a process of its own: tests/backend/auditing/scripted_endpoint.py.
import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const bin = process.env.GLASSPANE_BIN ?? join(root, ".venv", "bin");

const SERVING = `
import json, sys
from scripted_endpoint import ScriptedEndpoint
with ScriptedEndpoint(**json.loads(sys.argv[1])) as endpoint:
    print(endpoint.url, flush=True)
    for line in sys.stdin:
        print(len(endpoint.calls), flush=True)
`;

export class EndpointProcess {
  #child;
  #lines;

  /** `manners`: as `ScriptedEndpoint` takes them. */
  static async start(manners = {}) {
    const endpoint = new EndpointProcess();
    const folder = join(root, "tests", "backend", "auditing");
    const path = [folder, process.env.PYTHONPATH].filter(Boolean).join(delimiter);
    endpoint.#child = spawn(join(bin, "python"), ["-c", SERVING, JSON.stringify(manners)], {
      env: { ...process.env, PYTHONPATH: path },
      stdio: ["pipe", "pipe", "inherit"],
    });
    endpoint.#lines = createInterface({ input: endpoint.#child.stdout })[Symbol.asyncIterator]();
    endpoint.url = (await endpoint.#lines.next()).value;
    return endpoint;
  }

  /** How many chat completions it was asked for, by anyone. */
  async calls() {
    this.#child.stdin.write("\n");
    return Number((await this.#lines.next()).value);
  }

  async stop() {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin.end();
    await ended;
  }
}
