import { access, constants } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, isAbsolute, join } from "node:path";
import * as vscode from "vscode";

/** The part of the Python extension's interface that is used (ms-python.python, `environments`). */
interface PythonApi {
  readonly environments?: {
    readonly onDidChangeActiveEnvironmentPath?: vscode.Event<unknown>;
    getActiveEnvironmentPath(resource?: vscode.Uri): { readonly path: string };
    resolveEnvironment(
      path: unknown,
    ): Promise<{ readonly executable: { readonly uri?: vscode.Uri } } | undefined>;
  };
}

const PYTHON_EXTENSION = "ms-python.python";

/** The Python to run Glasspane in: the settings', the selected one, the folder's own, or the first on the path. */
export async function findInterpreter(): Promise<string> {
  const named = pathSetting("glasspane", "pythonPath");
  if (named !== "") return named;
  const selected = await selectedInterpreter();
  if (selected !== null) return selected;
  const preset = pathSetting("python", "defaultInterpreterPath");
  if (preset !== "" && preset !== "python") return preset;
  for (const folder of localFolders()) {
    for (const name of [".venv", "venv"]) {
      for (const inside of [
        ["bin", "python"],
        ["Scripts", "python.exe"],
      ]) {
        const path = join(folder, name, ...inside);
        if (await exists(path)) return path;
      }
    }
  }
  return firstOnPath(process.platform === "win32" ? "python" : "python3");
}

/** The program that its bare name starts, as a path: "python3" says nothing to whoever has several. */
async function firstOnPath(name: string): Promise<string> {
  const file = process.platform === "win32" ? `${name}.exe` : name;
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(folder, file);
    if (isAbsolute(folder) && (await runs(path))) return path;
  }
  return name;
}

async function runs(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Anything may stand in a settings file: what is no text names nothing. */
function pathSetting(section: string, name: string): string {
  const given: unknown = vscode.workspace.getConfiguration(section).get(name);
  return typeof given === "string" ? expanded(given.trim()) : "";
}

/** Folders of the window that lie on this machine. */
function localFolders(): string[] {
  return (vscode.workspace.workspaceFolders ?? []).flatMap(({ uri }) =>
    uri.scheme === "file" ? [uri.fsPath] : [],
  );
}

/** The environment for a Python of ours: what VS Code sets for its own processes means something else to others. */
export function pythonEnvironment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { ELECTRON_RUN_AS_NODE: _, ...environment } = process.env;
  // A folder's own json.py or typing.py is not what Python is to import.
  return { ...environment, PYTHONSAFEPATH: "1", PYTHONUNBUFFERED: "1", ...more };
}

/** Where processes start: the window's folder, else the person's own. */
export function workingFolder(): string {
  return localFolders()[0] ?? homedir();
}

async function selectedInterpreter(): Promise<string | null> {
  const extension = vscode.extensions.getExtension<PythonApi>(PYTHON_EXTENSION);
  if (extension === undefined) return null;
  try {
    const { environments } = await extension.activate();
    if (environments === undefined) return null;
    const active = environments.getActiveEnvironmentPath(vscode.workspace.workspaceFolders?.[0]?.uri);
    return (await environments.resolveEnvironment(active))?.executable.uri?.fsPath ?? null;
  } catch {
    // The Python extension failed by itself; the next place may know.
    return null;
  }
}

/** A path of the settings, with what VS Code's own settings let people write in one. */
export function expanded(path: string): string {
  const folder = localFolders()[0] ?? "";
  return path.replace(/\$\{workspaceFolder\}/g, () => folder).replace(/^~(?=\/|\\|$)/, () => homedir());
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Calls back when another interpreter is selected in the Python extension, which may be installed later. */
export function whenInterpreterChanges(then: () => void): vscode.Disposable {
  let following: Promise<vscode.Disposable | null> | null = null;
  const follow = () => {
    const extension = vscode.extensions.getExtension<PythonApi>(PYTHON_EXTENSION);
    if (extension !== undefined) following ??= heardFrom(extension, then);
    return extension !== undefined;
  };
  follow();
  const installed = vscode.extensions.onDidChange(() => {
    if (following === null && follow()) then();
  });
  return {
    dispose: () => {
      installed.dispose();
      void following?.then((listening) => listening?.dispose());
    },
  };
}

async function heardFrom(
  extension: vscode.Extension<PythonApi>,
  then: () => void,
): Promise<vscode.Disposable | null> {
  try {
    const { environments } = await extension.activate();
    return environments?.onDidChangeActiveEnvironmentPath?.(() => then()) ?? null;
  } catch {
    // The Python extension failed by itself: it selects nothing either.
    return null;
  }
}
