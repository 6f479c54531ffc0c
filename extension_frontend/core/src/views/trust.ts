/** How far to trust the scores, in sentences. */
import type { AttributionResult } from "../protocol.js";
import { type Child, type Disclosures, element } from "./element.js";
import { figure, percent } from "./figures.js";
import { scoreName } from "./target_line.js";

export interface TrustSentence {
  readonly kind: "good" | "note" | "caution";
  readonly text: string;
  /** Shown at once; the rest is fine print. */
  readonly glance: boolean;
  /** The numbers behind it. */
  readonly detail: string | null;
}

const ADDS_UP = 0.01;
const NEARLY = 0.05;

/** Every sentence the checks of a result justify, the most important first. */
export function trustSentences(result: AttributionResult): TrustSentence[] {
  const { checks, method } = result;
  return [
    checks.complete ? null : caution("Partial: it was stopped before it finished."),
    completeness(result),
    settling(result),
    sink(result),
    surrogate(result),
    sampled(result),
    method.baseline === null ? null : note(`Absence of a token means: ${method.baseline}.`),
    // A caution that says it too says it better.
    method.note === null || result.warnings.some((warning) => warning.includes(method.note ?? ""))
      ? null
      : note(method.note),
    ...result.warnings.map((warning) => caution(warning)),
    note("Local: of this prompt and this answer. It says nothing about what the model does elsewhere."),
  ].filter((sentence) => sentence !== null);
}

function completeness(result: AttributionResult): TrustSentence {
  const { checks, method, target } = result;
  if (checks.completeness_gap === null) {
    const text = method.signed
      ? "Scores do not add up to the answer, by construction: read them as a ranking."
      : "Scores have no sign: they tell how strong, not in which direction.";
    return { kind: "note", text, glance: true, detail: null };
  }
  const gap = percent(checks.completeness_gap);
  const detail = [
    `${scoreName(target)} here ${figure(target.value)}`,
    checks.baseline_value === null ? null : `at the baseline ${figure(checks.baseline_value)}`,
    checks.completeness_difference === null
      ? null
      : `the sum of scores is off by ${figure(checks.completeness_difference, true)}`,
  ]
    .filter((part) => part !== null)
    .join(", ");
  const [kind, text]: [TrustSentence["kind"], string] =
    checks.completeness_gap <= ADDS_UP
      ? ["good", `Scores add up to within ${gap}.`]
      : checks.completeness_gap <= NEARLY
        ? ["note", `Scores nearly add up: ${gap} is missing.`]
        : [
            "caution",
            `Scores do not add up: ${gap} of the change is unaccounted for. Trust the ranking, not the amounts.`,
          ];
  return { kind, text, glance: true, detail: `${detail.charAt(0).toUpperCase()}${detail.slice(1)}.` };
}

function settling({ checks }: AttributionResult): TrustSentence | null {
  // What is sampled or enumerated does not settle: its intervals say how far to trust it.
  if (checks.converged === null || checks.steps === null) return null;
  const steps = `${checks.steps} path points`;
  const detail =
    checks.largest_move === null
      ? null
      : `The last doubling moved no score by more than ${percent(checks.largest_move)} of the largest.`;
  return checks.converged
    ? { kind: "good", text: `Settled with ${steps}.`, glance: true, detail }
    : {
        kind: "caution",
        text: `Not settled with ${steps}: allow more steps or another baseline.`,
        glance: true,
        detail,
      };
}

function surrogate({ checks }: AttributionResult): TrustSentence | null {
  const share = checks.surrogate_r2 ?? null;
  if (share === null) return null;
  const text = `The linear stand-in explains ${percent(Math.max(0, share))} of how the maskings vary.`;
  return {
    kind: share >= 0.8 ? "good" : share >= 0.5 ? "note" : "caution",
    text,
    glance: true,
    detail: null,
  };
}

function sampled({ margins, scores }: AttributionResult): TrustSentence | null {
  if (!margins) return null;
  const largest = Math.max(...scores.flat().map(Math.abs));
  const widest = Math.max(...margins.flat());
  if (!(largest > 0)) return null;
  const text = `Another seed would move a score by up to about ${percent(widest / largest)} of the largest (95 %).`;
  return widest > 0.5 * largest ? caution(`${text} Take more samples.`) : note(text);
}

function sink({ checks }: AttributionResult): TrustSentence | null {
  if (checks.sink_share === null || checks.sink_share < 0.005) return null;
  const text = `${percent(checks.sink_share)} of the magnitude sits on special tokens and the first position.`;
  return checks.sink_share > 0.5 ? caution(text) : note(text);
}

const note = (text: string): TrustSentence => ({ kind: "note", text, glance: false, detail: null });
const caution = (text: string): TrustSentence => ({ kind: "caution", text, glance: true, detail: null });

const SIGNS = { good: "✓", note: "·", caution: "!" } as const;
const SPOKEN = { good: "Check passed: ", note: "", caution: "Caution: " } as const;

/** What a person should know before reading a single score; it stands above them. */
export function cautionBlock(result: AttributionResult): Child[] {
  const cautions = trustSentences(result).filter((sentence) => sentence.kind === "caution");
  return cautions.length === 0 ? [] : [sentenceList(cautions)];
}

/** The other checks at a glance; their numbers and the fine print on demand. */
export function trustBlock(result: AttributionResult, disclosures: Disclosures): Child[] {
  const sentences = trustSentences(result).filter((sentence) => sentence.kind !== "caution");
  const glance = sentences.filter((sentence) => sentence.glance);
  const details = trustSentences(result).flatMap(({ detail, glance: shown }) =>
    detail === null || !shown ? [] : [note(detail)],
  );
  const fine = [...details, ...sentences.filter((sentence) => !sentence.glance)];
  return [
    sentenceList(glance),
    fine.length === 0 ? null : disclosures.make("trust", "About these scores", [sentenceList(fine)]),
  ];
}

function sentenceList(sentences: readonly TrustSentence[]): HTMLElement {
  return element(
    "ul",
    { class: "gp-trust" },
    sentences.map(({ kind, text }) =>
      element("li", { class: `gp-trust-${kind}` }, [
        element("span", { class: "gp-trust-sign", "aria-hidden": "true" }, [SIGNS[kind]]),
        element("span", {}, [element("span", { class: "gp-spoken" }, [SPOKEN[kind]]), text]),
      ]),
    ),
  );
}
