import { type ChangeSet, type RangeValue, Text } from "@codemirror/state";
import { type ISignal, Signal } from "@lumino/signaling";
import { type DrawnHeat, type HeatField, type HeatStep, staleReasonOf } from "./heat_field.js";
import type { DocumentKey } from "./site.js";

export interface RememberedHeat<Mark extends RangeValue> {
  readonly heats: readonly DrawnHeat<Mark>[];
  readonly doc: Text;
}

/**
 * The heat of every document, kept outside its editors.
 *
 * Editors come and go: a notebook throws them away when a cell moves or scrolls out of sight. A new editor
 * of the same cell or file takes its heat up again if its text is what it was.
 */
export class HeatMemory<Mark extends RangeValue> {
  private readonly documents = new WeakMap<object, Map<string, RememberedHeat<Mark>>>();
  private readonly changes = new Signal<this, DocumentKey>(this);

  constructor(readonly field: HeatField<Mark>) {}

  /** Heat of this document was drawn, changed, faded or cleared (not: merely shifted by an edit elsewhere). */
  get changed(): ISignal<this, DocumentKey> {
    return this.changes;
  }

  heatsOf(key: DocumentKey): readonly DrawnHeat<Mark>[] {
    return this.documents.get(key.document)?.get(key.id)?.heats ?? [];
  }

  /** The text that a document's heat stands in; null if it has none. */
  textUnderHeat(key: DocumentKey): Text | null {
    return this.documents.get(key.document)?.get(key.id)?.doc ?? null;
  }

  find(key: DocumentKey, heat: string): DrawnHeat<Mark> | null {
    return this.heatsOf(key).find((each) => each.id === heat) ?? null;
  }

  /** Applies a step to what is remembered of the document; `source` is its text now. */
  apply(key: DocumentKey, step: HeatStep, source: () => string): void {
    const doc = textOf(source());
    const before = this.restore(key, doc);
    const heats = this.field.afterStep(before, step, doc);
    if (heats === before) return;
    this.store(key, { heats, doc });
    this.changes.emit(key);
  }

  /** The document was edited. */
  edited(key: DocumentKey, changes: ChangeSet, before: Text): void {
    const heats = this.restore(key, before);
    if (heats.length === 0) return;
    const doc = changes.apply(before);
    this.remember(key, { heats: this.field.afterEdit(heats, changes, before, doc), doc });
  }

  /** What an editor holds by now. */
  remember(key: DocumentKey, state: RememberedHeat<Mark>): void {
    const before = this.heatsOf(key);
    this.store(key, state);
    if (!sameLook(before, state.heats)) this.changes.emit(key);
  }

  /** The same text is another document by now: its file was renamed. */
  move(from: DocumentKey, to: DocumentKey): void {
    const doc = this.textUnderHeat(from);
    if (doc === null) return;
    this.store(to, { heats: this.heatsOf(from), doc });
    this.store(from, { heats: [], doc });
    this.changes.emit(to);
  }

  private store(key: DocumentKey, state: RememberedHeat<Mark>): void {
    let cells = this.documents.get(key.document);
    if (cells === undefined) {
      cells = new Map();
      this.documents.set(key.document, cells);
    }
    if (state.heats.length === 0) cells.delete(key.id);
    else cells.set(key.id, state);
  }

  restore(key: DocumentKey, doc: Text): readonly DrawnHeat<Mark>[] {
    const remembered = this.documents.get(key.document)?.get(key.id);
    return remembered?.doc.eq(doc) ? remembered.heats : [];
  }
}

/** A document's text as heat counts in it: lines joined by \n. */
export function textOf(source: string): Text {
  return Text.of(source.split("\n"));
}

function sameLook<Mark extends RangeValue>(
  before: readonly DrawnHeat<Mark>[],
  after: readonly DrawnHeat<Mark>[],
): boolean {
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
