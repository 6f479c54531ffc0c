import { type Extension, StateField, Text } from "@codemirror/state";
import { type EditorView, ViewPlugin } from "@codemirror/view";
import type { CodeEditor } from "@jupyterlab/codeeditor";
import { type ISignal, Signal } from "@lumino/signaling";
import { type DocumentKey, keyOf, sameKey } from "./document_key";
import {
  afterStep,
  afterTransaction,
  type DrawnHeat,
  type HeatStep,
  heatStep,
  staleReasonOf,
} from "./heat_field";

interface Remembered {
  readonly heats: readonly DrawnHeat[];
  readonly doc: Text;
}

interface Shown {
  readonly key: DocumentKey;
  readonly model: CodeEditor.IModel;
}

/**
 * The heat of every document, kept outside its editors.
 *
 * A notebook throws editors away when a cell moves or scrolls out of sight; a new editor
 * of the same cell or file takes its heat up again if its text is what it was.
 */
export class HeatMemory {
  private readonly documents = new WeakMap<object, Map<string, Remembered>>();
  private readonly views = new Map<EditorView, Shown>();
  private readonly changes = new Signal<this, void>(this);

  readonly field = StateField.define<readonly DrawnHeat[]>({
    create: () => [],
    update: afterTransaction,
  });

  /** For one editor: its heat, restored, and kept in step with the memory. */
  extension(model: CodeEditor.IModel): Extension {
    const memory = this;
    const key = keyOf(model);
    return [
      this.field.init((state) => this.restore(key, state.doc)),
      ViewPlugin.define((view) => {
        memory.views.set(view, { key, model });
        return {
          update(update) {
            const heats = update.state.field(memory.field);
            if (heats !== update.startState.field(memory.field) || (update.docChanged && heats.length > 0)) {
              memory.remember(key, { heats, doc: update.state.doc });
            }
          },
          destroy() {
            memory.views.delete(view);
          },
        };
      }),
    ];
  }

  /** Heat of some document was drawn, faded or cleared (not: merely shifted by an edit elsewhere). */
  get changed(): ISignal<this, void> {
    return this.changes;
  }

  modelOf(view: EditorView): CodeEditor.IModel | null {
    return this.views.get(view)?.model ?? null;
  }

  /** The editor that shows a model, if one does. */
  viewOf(model: CodeEditor.IModel): EditorView | null {
    for (const [view, shown] of this.views) if (shown.model === model) return view;
    return null;
  }

  heatsOf(key: DocumentKey): readonly DrawnHeat[] {
    return this.documents.get(key.document)?.get(key.id)?.heats ?? [];
  }

  find(key: DocumentKey, heat: string): DrawnHeat | null {
    return this.heatsOf(key).find((each) => each.id === heat) ?? null;
  }

  /** Applies a step wherever the document is shown, or to what is remembered while it is not. */
  apply(key: DocumentKey, step: HeatStep, source: () => string): void {
    const views = [...this.views].filter(([, shown]) => sameKey(shown.key, key));
    for (const [view] of views) view.dispatch({ effects: heatStep.of(step) });
    if (views.length > 0) return;
    const doc = Text.of(source().split("\n"));
    this.remember(key, { heats: afterStep(this.restore(key, doc), step, doc), doc });
  }

  private remember(key: DocumentKey, state: Remembered): void {
    let cells = this.documents.get(key.document);
    if (cells === undefined) {
      cells = new Map();
      this.documents.set(key.document, cells);
    }
    const before = cells.get(key.id)?.heats ?? [];
    if (state.heats.length === 0) cells.delete(key.id);
    else cells.set(key.id, state);
    if (!sameLook(before, state.heats)) this.changes.emit();
  }

  private restore(key: DocumentKey, doc: Text): readonly DrawnHeat[] {
    const remembered = this.documents.get(key.document)?.get(key.id);
    return remembered?.doc.eq(doc) ? remembered.heats : [];
  }
}

function sameLook(before: readonly DrawnHeat[], after: readonly DrawnHeat[]): boolean {
  return (
    before.length === after.length &&
    before.every((heat, index) => {
      const other = after[index];
      return (
        other?.id === heat.id &&
        staleReasonOf(other) === staleReasonOf(heat) &&
        other.tokens.size > 0 === heat.tokens.size > 0
      );
    })
  );
}
