import {
  choiceOf,
  type GlasspaneFailure,
  type JobRunner,
  type SubjectCandidate,
  type SubjectChoice,
  subjectCandidates,
} from "@glasspane/core";
import * as vscode from "vscode";
import { hasJupyter } from "./jupyter_api";
import type { Server } from "./server";
import { type EditorSite, type EditorWorkplace, fileName } from "./site";

const BUNDLED = "Come with Glasspane";
/** How long the list waits for kernels, so that what is likeliest stands first. */
const PATIENCE_MS = 700;

interface ModelItem extends vscode.QuickPickItem {
  readonly choose?: () => Promise<SubjectChoice | null>;
}

/** "Choose Model…": the models that running kernels hold, the bundled ones, a folder or a hub id. */
export async function chooseModel(
  workplace: EditorWorkplace,
  server: Server,
  site: EditorSite,
): Promise<SubjectChoice | null> {
  const picker = vscode.window.createQuickPick<ModelItem>();
  picker.title = "Which model should Glasspane explain?";
  picker.placeholder = `For ${fileName(vscode.Uri.parse(site.path))}`;
  picker.matchOnDescription = true;
  picker.busy = true;
  picker.show();
  const groups: ModelItem[][] = [];
  const bundled = workplace.ready(site).then((catalogue) => {
    groups.push([
      separator(BUNDLED),
      ...(catalogue?.models ?? []).map(({ name, summary }) => ({
        label: name,
        detail: summary,
        choose: async () => choiceOf({ source: "bundled", name }),
      })),
    ]);
  });
  let late: ((items: ModelItem[]) => void) | null = null;
  const kernels = variablesOfKernels(workplace, server, site, (items) => {
    if (late === null) groups.unshift(items);
    else late(items);
  });
  const all = Promise.allSettled([bundled, kernels]);
  await Promise.race([all, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
  picker.items = [...groups.flat(), ...named()];
  // Only ever behind what is shown: a click means the item that was under it.
  late = (items) => {
    picker.items = [...picker.items, ...items];
  };
  void bundled.then(() => {
    if (!picker.items.some(({ label }) => label === BUNDLED)) late?.(groups.at(-1) ?? []);
  });
  void all.then(() => {
    picker.busy = false;
  });
  const item = await new Promise<ModelItem | undefined>((resolve) => {
    picker.onDidAccept(() => resolve(picker.selectedItems[0]));
    picker.onDidHide(() => resolve(undefined));
  });
  picker.dispose();
  return (await item?.choose?.()) ?? null;
}

/** What stands in the variables of the notebook's kernel, of other notebooks' and of the server's. */
async function variablesOfKernels(
  workplace: EditorWorkplace,
  server: Server,
  site: EditorSite,
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
  const own = host.ownKernel(site);
  if (own !== null) ask("This notebook's kernel", own, "own");
  if (hasJupyter()) {
    for (const { uri, notebookType } of vscode.workspace.notebookDocuments) {
      if (uri.toString() === site.path || notebookType !== "jupyter-notebook") continue;
      ask(fileName(uri), host.runningKernel(uri.toString()), { kernel: uri.toString() });
    }
  }
  const running = await server.runningKernels().catch(() => []);
  for (const { id, name } of running) ask(name, host.runningKernel(id), { kernel: id });
  await Promise.all(asked);
}

function candidateItems(candidate: SubjectCandidate, where: SubjectChoice["where"]): ModelItem[] {
  const { label, ref, architecture, device, dtype, family, tokenizer_match } = candidate;
  if (family === null) {
    return [
      { label: `$(circle-slash) ${label}`, detail: `${architecture}: not a kind that can be explained yet.` },
    ];
  }
  const size = `${architecture}, ${device}, ${dtype}`;
  if (tokenizer_match !== null) {
    return [
      { label, detail: `${size}; tokenizer: ${tokenizer_match}`, choose: async () => ({ ref, where }) },
    ];
  }
  return candidate.tokenizers.map((tokenizer) => ({
    label: `${label} with ${tokenizer}`,
    detail: size,
    choose: async () => ({ ref: { ...ref, tokenizer }, where }),
  }));
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
      choose: async () => choiceOf({ source: "auto" }),
    },
  ];
}

function separator(label: string): ModelItem {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}
