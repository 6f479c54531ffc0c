import {
  type ChangeDesc,
  ChangeSet,
  type Range,
  RangeSet,
  type RangeValue,
  type Text,
} from "@codemirror/state";
import type { HeatMark } from "../heat.js";
import type { DocumentLanguage, SourceSpan } from "../prompt_source.js";
import type { StaleReason } from "../stale.js";
import { afterEdit, lookUp, type PromptPlace } from "./prompt_track.js";

/** One explanation's colours in one document, at their present positions. Replaced, never changed. */
export interface DrawnHeat<Mark extends RangeValue = RangeValue> extends PromptPlace {
  readonly id: string;
  readonly tokens: RangeSet<Mark>;
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
  const moved = afterEdit(heat, changes, before, after);
  if (moved === null) return null;
  const { span, at, said } = moved;
  return {
    ...heat,
    span,
    at,
    edited: said === undefined ? heat.edited : said !== heat.said,
    tokens: heat.tokens.map(changes),
    since: heat.since.composeDesc(changes.desc),
  };
}

function overlap(a: SourceSpan, b: SourceSpan): boolean {
  return a.from < b.to && b.from < a.to;
}
