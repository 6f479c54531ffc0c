/** As much of VS Code's interface as the extension's tests touch, played by plain objects; `desk` sets the scene. */

type Listener<Value> = (value: Value) => void;

export class EventEmitter<Value> {
  readonly listeners = new Set<Listener<Value>>();
  readonly event = (listener: Listener<Value>, _this?: unknown, disposables?: { dispose(): void }[]) => {
    this.listeners.add(listener);
    const disposable = { dispose: () => void this.listeners.delete(listener) };
    disposables?.push(disposable);
    return disposable;
  };
  fire(value: Value): void {
    for (const listener of this.listeners) listener(value);
  }
  dispose(): void {
    this.listeners.clear();
  }
}

export class Position {
  constructor(
    readonly line: number,
    readonly character: number,
  ) {}
}

export class Range {
  constructor(
    readonly start: Position,
    readonly end: Position,
  ) {}
}

export class CancellationTokenSource {
  readonly token = {};
  dispose(): void {}
}

export const NotebookCellOutputItem = {
  error: () => ({ mime: "application/vnd.code.notebook.error" }),
  json: (value: unknown, mime: string) => ({ mime, value }),
  text: (value: string) => ({ mime: "text/plain", value }),
};
export class NotebookCellOutput {
  constructor(
    readonly items: readonly unknown[],
    readonly metadata: unknown,
  ) {}
}
export class NotebookCellData {
  outputs: readonly unknown[] = [];
  constructor(
    readonly kind: number,
    readonly value: string,
    readonly languageId: string,
  ) {}
}
export const NotebookEdit = { insertCells: (at: number, cells: readonly unknown[]) => ({ at, cells }) };
export class WorkspaceEdit {
  readonly edits: unknown[] = [];
  set(_: unknown, edits: readonly unknown[]): void {
    this.edits.push(...edits);
  }
}
export const NotebookCellKind = { Markup: 1, Code: 2 };
export const QuickPickItemKind = { Separator: -1, Default: 0 };

export const Uri = {
  parse: (address: string) => ({
    scheme: address.slice(0, address.indexOf(":")),
    path: address.slice(address.indexOf(":") + 1),
    toString: () => address,
  }),
};

const configurationChanges = new EventEmitter<{ affectsConfiguration(name: string): boolean }>();
const extensionChanges = new EventEmitter<void>();
type Renaming = { files: { oldUri: ReturnType<typeof Uri.parse>; newUri: ReturnType<typeof Uri.parse> }[] };
const renamesBegin = new EventEmitter<Renaming>();
const renamesEnd = new EventEmitter<Renaming>();
const textClosings = new EventEmitter<unknown>();
const never = () => ({ dispose: () => undefined });

export interface TextStandIn {
  readonly uri: ReturnType<typeof Uri.parse>;
  readonly languageId: string;
  isClosed: boolean;
  getText(): string;
}

export const desk = {
  settings: {} as Record<string, unknown>,
  folders: [] as string[],
  notebooks: [] as unknown[],
  texts: [] as TextStandIn[],
  extensions: {} as Record<string, unknown>,
  /** What was shown, and the answers to give. */
  said: [] as string[],
  answers: [] as string[],
  quickPick: null as unknown,
  /** What was changed in documents, and the commands that were run. */
  edits: [] as unknown[],
  executed: [] as string[],

  clear(): void {
    desk.settings = {};
    desk.folders = [];
    desk.notebooks = [];
    desk.texts = [];
    desk.extensions = { "glasspane.glasspane": { packageJSON: { version: "0.1.0" } } };
    desk.said = [];
    desk.answers = [];
    desk.edits = [];
    desk.executed = [];
  },

  /** As VS Code renames: it closes the one document and opens another, in no order that one could count on. */
  rename(from: string, to: string, closesFirst: boolean): void {
    const files = [{ oldUri: Uri.parse(from), newUri: Uri.parse(to) }];
    renamesBegin.fire({ files });
    if (!closesFirst) renamesEnd.fire({ files });
    for (const old of desk.texts.filter(({ uri }) => uri.toString().startsWith(from))) {
      const uri = Uri.parse(to + old.uri.toString().slice(from.length));
      desk.texts = [...desk.texts.filter((each) => each !== old), { ...old, uri }];
      old.isClosed = true;
      textClosings.fire(old);
    }
    if (closesFirst) renamesEnd.fire({ files });
  },

  install(id: string, extension: unknown): void {
    desk.extensions[id] = extension;
    extensionChanges.fire();
  },

  set(name: string, value: unknown): void {
    desk.settings[name] = value;
    configurationChanges.fire({ affectsConfiguration: (asked) => asked === name });
  },
};

const say = async (text: string) => {
  desk.said.push(text);
  return desk.answers.shift();
};

export const version = "1.82.0";

export const workspace = {
  isTrusted: true,
  get workspaceFolders() {
    return desk.folders.map((fsPath) => ({ uri: { scheme: "file", fsPath } }));
  },
  get notebookDocuments() {
    return desk.notebooks;
  },
  get textDocuments() {
    return desk.texts;
  },
  openTextDocument: async (uri: ReturnType<typeof Uri.parse>) => {
    // Read from the disk, which takes a while.
    await new Promise((resolve) => setTimeout(resolve));
    const found = desk.texts.find((each) => each.uri.toString() === uri.toString());
    if (found === undefined) throw new Error("there is no such file");
    return found;
  },
  onWillRenameFiles: renamesBegin.event,
  onDidRenameFiles: renamesEnd.event,
  fs: { isWritableFileSystem: () => true },
  getConfiguration: (section: string) => ({
    get: (name: string, otherwise?: unknown) => desk.settings[`${section}.${name}`] ?? otherwise,
  }),
  onDidChangeConfiguration: configurationChanges.event,
  onDidGrantWorkspaceTrust: never,
  onDidCloseTextDocument: textClosings.event,
  onDidCloseNotebookDocument: never,
  applyEdit: async ({ edits }: WorkspaceEdit) => {
    desk.edits.push(...edits);
    return true;
  },
};

export const window = {
  showInformationMessage: say,
  showWarningMessage: say,
  showErrorMessage: say,
  createQuickPick: () => desk.quickPick,
};

export const commands = {
  executeCommand: async (command: string) => void desk.executed.push(command),
};

export const extensions = {
  getExtension: (id: string) => desk.extensions[id],
  onDidChange: extensionChanges.event,
};
