import type { JupyterFrontEnd } from "@jupyterlab/application";
import type { CodeEditor } from "@jupyterlab/codeeditor";
import type { IEditorTracker } from "@jupyterlab/fileeditor";
import type { INotebookTracker } from "@jupyterlab/notebook";
import type { ISignal } from "@lumino/signaling";
import { keyOf } from "./document_key";

/** What a person chooses; JupyterLab also saves by itself, every other minute. */
const SAVE = ["docmanager:save", "docmanager:save-all", "docmanager:save-as"];

interface Attended {
  /** A text is there: it may have been open before. */
  opened(model: CodeEditor.IModel): void;
  /** The person saved a document; as in `DocumentKey`. */
  saved(document: object): void;
}

/** Hears of documents that are opened, and of those that a person saves. */
export function attendDocuments(
  commands: JupyterFrontEnd["commands"],
  notebooks: INotebookTracker | null,
  files: IEditorTracker | null,
  attended: Attended,
): void {
  let saving = 0;
  commands.commandExecuted.connect((_, { id, result }) => {
    if (!SAVE.includes(id)) return;
    saving += 1;
    const over = () => {
      saving -= 1;
    };
    result.then(over, over);
  });
  const whenSaved = (context: { readonly saveState: ISignal<unknown, string> }, then: () => void) => {
    context.saveState.connect((_, state) => {
      if (state === "completed" && saving > 0) then();
    });
  };
  notebooks?.widgetAdded.connect((_, { content, context }) => {
    void context.ready.then(() => {
      for (const { model } of content.widgets) attended.opened(model);
    });
    whenSaved(context, () => {
      if (content.model !== null) attended.saved(content.model.sharedModel);
    });
  });
  files?.widgetAdded.connect((_, { content, context }) => {
    const { model } = content.editor;
    void context.ready.then(() => attended.opened(model));
    whenSaved(context, () => attended.saved(keyOf(model).document));
  });
}
