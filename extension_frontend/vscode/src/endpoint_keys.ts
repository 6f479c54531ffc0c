import { KEY_VARIABLE } from "@glasspane/core";
import * as vscode from "vscode";

/** Names of environment variables for which a key is kept; names are no secret, and the store lists none. */
const NAMES = "glasspane.endpointKeys";

/** Variables that mean something to Python, to Jupyter or to the system: what they hold is no key of an endpoint. */
const TAKEN =
  /^(PATH|HOME|USER|SHELL|TMPDIR|TEMP|TMP|LANG|IFS|ENV)$|^(PYTHON|LD_|DYLD_|JUPYTER|GLASSPANE_|LC_|NODE_|SSL_|OPENAI_BASE_URL$)|_PROXY$/;

/**
 * Keys of endpoints, in VS Code's secret store.
 *
 * They go into the environment of the server that Glasspane starts, whose kernels inherit it, and nowhere else: not into
 * settings, requests, logs or the pane.
 */
export class EndpointKeys {
  private readonly changed = new vscode.EventEmitter<void>();
  /** Another key is there, or one is gone, from this window or another. */
  readonly onDidChange = this.changed.event;
  private readonly listening: vscode.Disposable;

  constructor(
    private readonly secrets: vscode.SecretStorage,
    private readonly memento: vscode.Memento,
  ) {
    this.listening = secrets.onDidChange(({ key }) => {
      if (key.startsWith(secretOf(""))) this.changed.fire();
    });
  }

  get names(): readonly string[] {
    const kept: unknown = this.memento.get(NAMES);
    return Array.isArray(kept) ? kept.filter((name) => typeof name === "string" && isKeyName(name)) : [];
  }

  async set(name: string, key: string): Promise<void> {
    // The name first: a key without a name could never be forgotten.
    await this.memento.update(NAMES, [...new Set([...this.names, name])].sort());
    await this.secrets.store(secretOf(name), key);
  }

  async forget(name: string): Promise<void> {
    await this.secrets.delete(secretOf(name));
    await this.memento.update(
      NAMES,
      this.names.filter((each) => each !== name),
    );
  }

  /** Each key by the variable that an audit names. */
  async environment(): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const name of this.names) {
      const key = await this.secrets.get(secretOf(name));
      if (key !== undefined) found[name] = key;
    }
    return found;
  }

  dispose(): void {
    this.listening.dispose();
    this.changed.dispose();
  }
}

/** Why a variable cannot hold a key, as a sentence; null: it can. */
export function problemOfName(name: string): string | null {
  if (!KEY_VARIABLE.test(name)) return "Capital letters, digits and underscores, such as OPENAI_API_KEY.";
  return isKeyName(name) ? null : `${name} means something else to the programs that read it.`;
}

/** Why a text cannot be a key, as a sentence; null: it can. */
export function problemOfKey(key: string): string | null {
  if (key.trim() === "") return "Paste the key.";
  return /^[!-~]+$/.test(key.trim()) ? null : "A key holds no spaces and no letters beyond ASCII.";
}

function isKeyName(name: string): boolean {
  return KEY_VARIABLE.test(name) && !TAKEN.test(name);
}

function secretOf(name: string): string {
  return `endpoint key ${name}`;
}

/** Asks for a variable's name and its key, and keeps both. */
export async function askForKey(keys: EndpointKeys): Promise<void> {
  const name = await vscode.window.showInputBox({
    title: "Set Endpoint Key (1 of 2)",
    prompt: "The environment variable that an audit names. Only Glasspane's own server gets it.",
    value: keys.names[0] ?? "OPENAI_API_KEY",
    validateInput: problemOfName,
    ignoreFocusOut: true,
  });
  if (name === undefined) return;
  const key = await vscode.window.showInputBox({
    title: `Set Endpoint Key (2 of 2): ${name}`,
    prompt: "Kept in VS Code's secret store, never in settings, requests or results.",
    password: true,
    validateInput: problemOfKey,
    ignoreFocusOut: true,
  });
  if (key === undefined) return;
  await keys.set(name, key.trim());
  void vscode.window.showInformationMessage(
    `${name} is kept. Glasspane's server is started anew with the next request, and asks endpoints with it.`,
  );
}

/** Takes a key out of the store. */
export async function forgetKey(keys: EndpointKeys): Promise<void> {
  const { names } = keys;
  if (names.length === 0) {
    void vscode.window.showInformationMessage("Glasspane keeps no endpoint key.");
    return;
  }
  const name = await vscode.window.showQuickPick(names, { title: "Forget which endpoint key?" });
  if (name === undefined) return;
  await keys.forget(name);
  void vscode.window.showInformationMessage(
    `${name} is forgotten. Glasspane's server is started anew with the next request, without it.`,
  );
}
