import { type ChangeDesc, ChangeSet, StateEffect, type Text, type Transaction } from "@codemirror/state";
import { Decoration, type DecorationSet } from "@codemirror/view";
import { type HeatMark, heatClass, type SourceSpan, type StaleReason } from "@glasspane/core";

/** One explanation's colours in one document, at their present positions. Replaced, never changed. */
export interface DrawnHeat {
  readonly id: string;
  readonly span: SourceSpan;
  readonly tokens: DecorationSet;
  /** The prompt as it stood in the source when it was last read. */
  readonly written: string;
  /** The source between the span's ends is no longer what was explained. */
  readonly edited: boolean;
  /** Why it is out of date although its source stands unchanged. */
  readonly outdated: StaleReason | null;
  /** A job for it is under way. */
  readonly pending: boolean;
  /** Every edit since the prompt was last read: results arrive in positions of that time. */
  readonly since: ChangeDesc;
  /** The token pointed at in the pane. */
  readonly pointed: number | null;
}

export type HeatStep =
  | { readonly do: "begin"; readonly id: string; readonly span: SourceSpan }
  | {
      readonly do: "paint";
      readonly id: string;
      readonly marks: readonly HeatMark[];
      readonly settled: boolean;
    }
  | { readonly do: "resume"; readonly id: string }
  | { readonly do: "abandon"; readonly id: string }
  | { readonly do: "outdate"; readonly id: string; readonly reason: StaleReason | null }
  | { readonly do: "point"; readonly id: string; readonly token: number | null }
  | { readonly do: "clear"; readonly id: string };

export const heatStep = StateEffect.define<HeatStep>();

/** What a token's decoration remembers, for hovers and pointing. */
export interface TokenSpec {
  readonly mark: HeatMark;
  readonly heat: string;
}

export function staleReasonOf(heat: DrawnHeat): StaleReason | null {
  return heat.edited ? "prompt_changed" : heat.outdated;
}

/** The heats after a transaction. Edits elsewhere only shift; an edit inside is compared with what was explained. */
export function afterTransaction(
  heats: readonly DrawnHeat[],
  transaction: Transaction,
): readonly DrawnHeat[] {
  let next = heats;
  if (transaction.docChanged && next.length > 0) {
    next = next.flatMap((heat) => shifted(heat, transaction) ?? []);
  }
  for (const effect of transaction.effects) {
    if (effect.is(heatStep)) next = afterStep(next, effect.value, transaction.newDoc);
  }
  return next;
}

export function afterStep(heats: readonly DrawnHeat[], step: HeatStep, doc: Text): readonly DrawnHeat[] {
  const heat = heats.find((each) => each.id === step.id);
  if (step.do === "begin") {
    const others = heats.filter((each) => each.id !== step.id && !overlap(each.span, step.span));
    return [...others, begun(heat, step.id, step.span, doc)];
  }
  if (heat === undefined) return heats;
  const replace = (changed: DrawnHeat | null) =>
    heats.flatMap((each) => (each === heat ? (changed ?? []) : each));
  switch (step.do) {
    case "paint":
      return replace(painted(heat, step.marks, step.settled, doc));
    case "resume":
      return replace({ ...heat, pending: true });
    case "abandon":
      return replace(heat.tokens.size === 0 ? null : { ...heat, pending: false });
    case "outdate":
      return heat.outdated === step.reason ? heats : replace({ ...heat, outdated: step.reason });
    case "point":
      return heat.pointed === step.token ? heats : replace({ ...heat, pointed: step.token });
    case "clear":
      return replace(null);
  }
}

function begun(previous: DrawnHeat | undefined, id: string, span: SourceSpan, doc: Text): DrawnHeat {
  const written = doc.sliceString(span.from, span.to);
  return {
    id,
    span,
    tokens: previous?.tokens ?? Decoration.none,
    written,
    edited:
      previous !== undefined && previous.tokens.size > 0 && (previous.edited || previous.written !== written),
    outdated: previous?.outdated ?? null,
    pending: true,
    since: ChangeSet.empty(doc.length).desc,
    pointed: null,
  };
}

function painted(heat: DrawnHeat, marks: readonly HeatMark[], settled: boolean, doc: Text): DrawnHeat {
  const ranges = marks.flatMap((mark) =>
    mark.spans.flatMap((span) => {
      const from = heat.since.mapPos(span.from, 1);
      const to = heat.since.mapPos(span.to, -1);
      const spec: TokenSpec = { mark, heat: heat.id };
      return from < to ? [Decoration.mark({ class: heatClass(mark), glasspane: spec }).range(from, to)] : [];
    }),
  );
  return {
    ...heat,
    tokens: Decoration.set(ranges, true),
    edited: doc.sliceString(heat.span.from, heat.span.to) !== heat.written,
    outdated: null,
    pending: !settled,
  };
}

function shifted(heat: DrawnHeat, transaction: Transaction): DrawnHeat | null {
  const { changes, newDoc } = transaction;
  const span = { from: changes.mapPos(heat.span.from, 1), to: changes.mapPos(heat.span.to, -1) };
  if (span.from >= span.to) return null;
  const touched = changes.touchesRange(heat.span.from, heat.span.to) !== false;
  return {
    ...heat,
    span,
    tokens: heat.tokens.map(changes),
    since: heat.since.composeDesc(changes.desc),
    edited: touched ? newDoc.sliceString(span.from, span.to) !== heat.written : heat.edited,
  };
}

function overlap(a: SourceSpan, b: SourceSpan): boolean {
  return a.from < b.to && b.from < a.to;
}
