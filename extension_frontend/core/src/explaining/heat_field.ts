import {
  type ChangeDesc,
  ChangeSet,
  type Range,
  RangeSet,
  type RangeValue,
  type Text,
} from "@codemirror/state";
import type { HeatMark } from "../heat.js";
import { type DocumentLanguage, findPrompt, type SourceSpan, templatesOf } from "../prompt_source.js";
import type { StaleReason } from "../stale.js";

/** One explanation's colours in one document, at their present positions. Replaced, never changed. */
export interface DrawnHeat<Mark extends RangeValue = RangeValue> {
  readonly id: string;
  readonly span: SourceSpan;
  readonly tokens: RangeSet<Mark>;
  /** Where the person pointed: reading from there finds the prompt. */
  readonly at: SourceSpan;
  readonly language: DocumentLanguage;
  /** What the source said when the prompt was last read: its roles, texts and holes. */
  readonly said: string | null;
  /** The source says something else by now. */
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
  | {
      readonly do: "begin";
      readonly id: string;
      readonly span: SourceSpan;
      readonly at: SourceSpan;
      readonly language: DocumentLanguage;
    }
  | {
      readonly do: "paint";
      readonly id: string;
      readonly marks: readonly HeatMark[];
      readonly settled: boolean;
    }
  /** The same scores in another view. */
  | { readonly do: "recolour"; readonly id: string; readonly marks: readonly HeatMark[] }
  | { readonly do: "resume"; readonly id: string }
  | { readonly do: "abandon"; readonly id: string }
  | { readonly do: "outdate"; readonly id: string; readonly reason: StaleReason | null }
  | { readonly do: "point"; readonly id: string; readonly token: number | null }
  | { readonly do: "clear"; readonly id: string };

/** What a coloured token remembers, for hovers and pointing. */
export interface TokenSpec {
  readonly mark: HeatMark;
  readonly heat: string;
}

export function staleReasonOf(heat: DrawnHeat): StaleReason | null {
  return heat.edited ? "prompt_changed" : heat.outdated;
}

/** How heat stands and changes in a document. The editor's own kind of mark is made by `markFor`. */
export class HeatField<Mark extends RangeValue> {
  constructor(private readonly markFor: (token: TokenSpec) => Mark) {}

  /** Edits elsewhere only shift; an edit inside is compared with what was explained. */
  afterEdit(
    heats: readonly DrawnHeat<Mark>[],
    changes: ChangeSet,
    before: Text,
    after: Text,
  ): readonly DrawnHeat<Mark>[] {
    return heats.length === 0 ? heats : heats.flatMap((heat) => shifted(heat, changes, before, after) ?? []);
  }

  afterStep(heats: readonly DrawnHeat<Mark>[], step: HeatStep, doc: Text): readonly DrawnHeat<Mark>[] {
    const heat = heats.find((each) => each.id === step.id);
    if (step.do === "begin") {
      const others = heats.filter((each) => each.id !== step.id && !overlap(each.span, step.span));
      return [...others, begun(heat, step, doc)];
    }
    if (heat === undefined) return heats;
    const replace = (changed: DrawnHeat<Mark> | null) =>
      heats.flatMap((each) => (each === heat ? (changed ?? []) : each));
    switch (step.do) {
      case "paint":
        return replace(this.painted(heat, step.marks, step.settled, doc));
      case "recolour":
        return replace({
          ...this.painted(heat, step.marks, !heat.pending, doc),
          outdated: heat.outdated,
        });
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

  private painted(
    heat: DrawnHeat<Mark>,
    marks: readonly HeatMark[],
    settled: boolean,
    doc: Text,
  ): DrawnHeat<Mark> {
    const ranges: Range<Mark>[] = marks.flatMap((mark) =>
      mark.spans.flatMap((span) => {
        const from = heat.since.mapPos(span.from, 1);
        const to = heat.since.mapPos(span.to, -1);
        return from < to ? [this.markFor({ mark, heat: heat.id }).range(from, to) as Range<Mark>] : [];
      }),
    );
    return {
      ...heat,
      tokens: RangeSet.of(ranges, true),
      edited: lookUp(doc, heat.at, heat.language).said !== heat.said,
      outdated: null,
      pending: !settled,
    };
  }
}

function begun<Mark extends RangeValue>(
  previous: DrawnHeat<Mark> | undefined,
  { id, span, at, language }: Extract<HeatStep, { do: "begin" }>,
  doc: Text,
): DrawnHeat<Mark> {
  const { said } = lookUp(doc, at, language);
  return {
    id,
    span,
    tokens: previous?.tokens ?? RangeSet.empty,
    at,
    language,
    said,
    edited: previous !== undefined && previous.tokens.size > 0 && (previous.edited || previous.said !== said),
    outdated: previous?.outdated ?? null,
    pending: true,
    since: ChangeSet.empty(doc.length).desc,
    pointed: null,
  };
}

function shifted<Mark extends RangeValue>(
  heat: DrawnHeat<Mark>,
  changes: ChangeSet,
  before: Text,
  after: Text,
): DrawnHeat<Mark> | null {
  const span = { from: changes.mapPos(heat.span.from, 1), to: changes.mapPos(heat.span.to, -1) };
  if (span.from >= span.to) return null;
  const moved = {
    ...heat,
    span,
    at: atAfter(heat, span, changes),
    tokens: heat.tokens.map(changes),
    since: heat.since.composeDesc(changes.desc),
  };
  const { from, to } = reach(heat, before);
  if (changes.touchesRange(from, to) === false) return moved;
  const found = lookUp(after, moved.at, heat.language);
  return { ...moved, span: found.span ?? span, edited: found.said !== heat.said };
}

/** A cursor within the prompt stays within it; a selection goes on meaning what was selected. */
function atAfter({ at, span }: DrawnHeat, now: SourceSpan, changes: ChangeDesc): SourceSpan {
  if (at.from < at.to) return { from: changes.mapPos(at.from, 1), to: changes.mapPos(at.to, -1) };
  const cursor = changes.mapPos(at.from, 1);
  if (at.from < span.from || at.from > span.to) return { from: cursor, to: cursor };
  const inside = Math.min(Math.max(cursor, now.from), now.to);
  return { from: inside, to: inside };
}

/** As far as an edit can join something to the prompt: over space, line ends and comments. */
function reach({ span }: DrawnHeat, doc: Text): SourceSpan {
  const before = doc.sliceString(Math.max(0, span.from - LONGEST_GAP), span.from);
  const after = doc.sliceString(span.to, span.to + LONGEST_GAP);
  return {
    from: span.from - (before.length - before.trimEnd().length),
    to: span.to + (/^(?:\s|\\|#.*)*/.exec(after)?.[0].length ?? 0),
  };
}

const LONGEST_GAP = 1000;

/** The prompt found from a place: what it says and where it stands; nothing where none is found. */
function lookUp(
  doc: Text,
  at: SourceSpan,
  language: DocumentLanguage,
): { readonly said: string | null; readonly span: SourceSpan | null } {
  const found = findPrompt(doc.toString(), at, language);
  if (found.kind === "none") return { said: null, span: null };
  const roles = found.kind === "messages" ? found.messages.map(({ role }) => role) : [];
  const texts = templatesOf(found).map(({ parts }) =>
    parts.map((part) => (part.kind === "text" ? part.text : part.expression)),
  );
  return {
    said: JSON.stringify([roles, texts]),
    span: found.kind === "text" ? found.template.span : found.span,
  };
}

function overlap(a: SourceSpan, b: SourceSpan): boolean {
  return a.from < b.to && b.from < a.to;
}
