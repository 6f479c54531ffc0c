import { type Extension, StateEffect, StateField, type Transaction } from "@codemirror/state";
import { Decoration, type EditorView, ViewPlugin } from "@codemirror/view";
import {
  type DocumentKey,
  type DrawnHeat,
  HeatField,
  HeatMemory,
  type HeatStep,
  heatClass,
  sameKey,
} from "@glasspane/core";
import type { CodeEditor } from "@jupyterlab/codeeditor";
import { keyOf } from "./document_key";

export type EditorHeat = DrawnHeat<Decoration>;

const heatStep = StateEffect.define<HeatStep>();

interface Shown {
  readonly key: DocumentKey;
  readonly model: CodeEditor.IModel;
}

/** The heat of every document, kept in step with the editors that show it. */
export class EditorHeatMemory extends HeatMemory<Decoration> {
  private readonly views = new Map<EditorView, Shown>();
  readonly state: StateField<readonly EditorHeat[]>;

  constructor() {
    super(new HeatField((token) => Decoration.mark({ class: heatClass(token.mark), glasspane: token })));
    this.state = StateField.define<readonly EditorHeat[]>({
      create: () => [],
      update: (heats, transaction) => this.afterTransaction(heats, transaction),
    });
  }

  /** For one editor: its heat, restored, and kept in step with the memory. */
  extension(model: CodeEditor.IModel): Extension {
    const memory = this;
    const key = keyOf(model);
    return [
      this.state.init((state) => this.restore(key, state.doc)),
      ViewPlugin.define((view) => {
        memory.views.set(view, { key, model });
        return {
          update(update) {
            const heats = update.state.field(memory.state);
            if (heats !== update.startState.field(memory.state) || (update.docChanged && heats.length > 0)) {
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

  modelOf(view: EditorView): CodeEditor.IModel | null {
    return this.views.get(view)?.model ?? null;
  }

  /** The editor that shows a model, if one does. */
  viewOf(model: CodeEditor.IModel): EditorView | null {
    for (const [view, shown] of this.views) if (shown.model === model) return view;
    return null;
  }

  /** Applies a step wherever the document is shown, or to what is remembered while it is not. */
  override apply(key: DocumentKey, step: HeatStep, source: () => string): void {
    const views = [...this.views].filter(([, shown]) => sameKey(shown.key, key));
    for (const [view] of views) view.dispatch({ effects: heatStep.of(step) });
    if (views.length === 0) super.apply(key, step, source);
  }

  private afterTransaction(heats: readonly EditorHeat[], transaction: Transaction): readonly EditorHeat[] {
    const { changes, docChanged, effects, newDoc, startState } = transaction;
    let next = docChanged ? this.field.afterEdit(heats, changes, startState.doc, newDoc) : heats;
    for (const effect of effects) {
      if (effect.is(heatStep)) next = this.field.afterStep(next, effect.value, newDoc);
    }
    return next;
  }
}
