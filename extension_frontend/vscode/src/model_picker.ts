import {
  type Catalogue,
  choiceOf,
  choicesOf,
  type GlasspaneFailure,
  isSameChoice,
  type JobRunner,
  type SubjectCandidate,
  type SubjectChoice,
  subjectCandidates,
} from "@glasspane/core";
import * as vscode from "vscode";
import { hasJupyter } from "./jupyter_api";
import type { KernelPermission } from "./kernel_permission";
import type { Server } from "./server";
import { type EditorSite, type EditorWorkplace, fileName } from "./site";

const BUNDLED = "Come with Glasspane";
/** How long the list waits for kernels. */
const PATIENCE_MS = 700;

const IN_USE = "in use";

interface ModelItem extends vscode.QuickPickItem {
  readonly choose?: () => Promise<SubjectChoice | null>;
  /** What choosing it comes to, where nothing more is asked. */
  readonly choice?: SubjectChoice;
}

interface Asking {
  readonly workplace: EditorWorkplace;
  readonly server: Server;
  readonly site: EditorSite;
  readonly askKernels: boolean;
  /** What explains the site's prompts now. */
  readonly present: SubjectChoice;
}

/** "Choose Model…": the models that running kernels hold, the bundled ones, a folder or a hub id. */
export async function chooseModel(
  workplace: EditorWorkplace,
  server: Server,
  permission: KernelPermission,
  site: EditorSite,
): Promise<SubjectChoice | null> {
  // Whatever is asked in between would close the list: of kernels it is asked before.
  const askKernels = await mayAskKernels(permission, site);
  const present = workplace.choiceFor(site);
  const picker = vscode.window.createQuickPick<ModelItem>();
  picker.title = "Which model should Glasspane explain?";
  picker.placeholder = `For ${fileName(vscode.Uri.parse(site.path))}`;
  picker.matchOnDescription = true;
  picker.busy = true;
  // The Jupyter extension may ask something of its own: the list is there again afterwards.
  picker.ignoreFocusOut = true;
  const answer = new Promise<ModelItem | undefined>((resolve) => {
    picker.onDidAccept(() => resolve(picker.selectedItems[0]));
    picker.onDidHide(() => resolve(undefined));
  });
  try {
    picker.show();
    void fill(picker, { workplace, server, site, askKernels, present });
    await answer;
  } finally {
    picker.dispose();
  }
  return (await (await answer)?.choose?.()) ?? null;
}

/** Whether the kernels of notebooks may be asked what they hold; no is an answer. */
async function mayAskKernels(permission: KernelPermission, site: EditorSite): Promise<boolean> {
  const notebooks = [...vscode.workspace.notebookDocuments].some(isJupyter) || site.cell !== null;
  if (!notebooks || !hasJupyter()) return false;
  return permission.explain().then(
    () => true,
    () => false,
  );
}

/** Shows what is known within a moment, so that what is likeliest stands first; what comes later goes to the end. */
async function fill(
  picker: vscode.QuickPick<ModelItem>,
  { workplace, server, site, askKernels, present }: Asking,
): Promise<void> {
  const groups: ModelItem[][] = [];
  let late: ((items: ModelItem[]) => void) | null = null;
  const bundled = workplace.ready(site).then((catalogue) => {
    const items = marked(bundledItems(catalogue), present);
    if (late === null) groups.push(items);
    else late(items);
  });
  const kernels = variablesOfKernels(workplace, server, site, askKernels, (found) => {
    const items = marked(found, present);
    if (late === null) groups.unshift(items);
    else late(items);
  });
  const all = Promise.allSettled([bundled, kernels]);
  await Promise.race([all, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
  picker.items = [...groups.flat(), ...marked(named(), present)];
  picker.activeItems = picker.items.filter(({ description }) => description === IN_USE).slice(0, 1);
  // Only ever behind what is shown: a click means the item that was under it.
  late = (items) => {
    picker.items = [...picker.items, ...items];
  };
  await all;
  picker.busy = false;
}

function bundledItems(catalogue: Catalogue | null): ModelItem[] {
  const models = catalogue?.models ?? [];
  return [
    separator(BUNDLED),
    ...models.map(({ name, summary }) => ({
      label: name,
      detail: summary,
      ...known(choiceOf({ source: "bundled", name })),
    })),
  ];
}

/** What stands in the variables of the notebook's kernel, of other notebooks' and of the server's. */
async function variablesOfKernels(
  workplace: EditorWorkplace,
  server: Server,
  site: EditorSite,
  askKernels: boolean,
  add: (items: ModelItem[]) => void,
): Promise<void> {
  const { host } = workplace;
  const asked: Promise<void>[] = [];
  const ask = (title: string, kernel: JobRunner, where: SubjectChoice["where"]) => {
    asked.push(
      subjectCandidates(kernel).then(
        (candidates) => add([separator(title), ...candidates.flatMap((each) => candidateItems(each, where))]),
        (problem: GlasspaneFailure) =>
          add([
            separator(title),
            { label: "$(warning) Not asked", detail: problem.result?.message ?? String(problem) },
          ]),
      ),
    );
  };
  const own = askKernels ? host.ownKernel(site) : null;
  if (own !== null) ask("This notebook's kernel", own, "own");
  for (const { uri } of askKernels ? vscode.workspace.notebookDocuments.filter(isJupyter) : []) {
    if (uri.toString() === site.path) continue;
    ask(fileName(uri), host.runningKernel(uri.toString()), { kernel: uri.toString() });
  }
  const running = await server.runningKernels().catch(() => []);
  for (const { id, name } of running) ask(name, host.runningKernel(id), { kernel: id });
  await Promise.all(asked);
}

function candidateItems(candidate: SubjectCandidate, where: SubjectChoice["where"]): ModelItem[] {
  return choicesOf(candidate, where).map(({ label, detail, choice }) =>
    choice === null ? { label: `$(circle-slash) ${label}`, detail } : { label, detail, ...known(choice) },
  );
}

function isJupyter({ notebookType }: vscode.NotebookDocument): boolean {
  return notebookType === "jupyter-notebook";
}

function named(): ModelItem[] {
  return [
    separator("By name"),
    {
      label: "$(folder) A folder…",
      detail: "With config, safetensors and tokenizer, as transformers saves them",
      choose: async () => {
        const folder = await vscode.window.showOpenDialog({
          canSelectFiles: false,
          canSelectFolders: true,
          openLabel: "Explain this model",
        });
        return folder?.[0] === undefined ? null : choiceOf({ source: "folder", path: folder[0].fsPath });
      },
    },
    {
      label: "$(cloud-download) A Hugging Face id…",
      detail:
        "Loaded by transformers where Glasspane runs, safetensors only; downloads it if it is not there",
      choose: async () => {
        const id = await vscode.window.showInputBox({
          title: "Hugging Face id",
          placeHolder: "openai-community/gpt2",
          validateInput: (text) =>
            /^[\w.-]+(\/[\w.-]+)?$/.test(text.trim()) ? null : "An id looks like owner/name.",
        });
        return id === undefined ? null : choiceOf({ source: "hub", id: id.trim(), revision: null });
      },
    },
    {
      label: "$(sparkle) As the settings say",
      detail: "The kernel's model, or the one named in the settings",
      ...known(choiceOf({ source: "auto" })),
    },
  ];
}

function known(choice: SubjectChoice): Pick<ModelItem, "choice" | "choose"> {
  return { choice, choose: async () => choice };
}

/** The entry that stands for what explains the site's prompts now says so. */
function marked(items: readonly ModelItem[], present: SubjectChoice): ModelItem[] {
  return items.map((item) =>
    item.choice !== undefined && isSameChoice(item.choice, present) ? { ...item, description: IN_USE } : item,
  );
}

function separator(label: string): ModelItem {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}
