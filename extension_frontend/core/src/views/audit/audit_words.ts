/** An audit in words and as a table: the same sentences as `ChainAudit.sentences` has in Python. */
import type {
  ArmFinding,
  AuditArm,
  AuditMode,
  AuditOutcome,
  AuditResult,
  AuditStep,
  AuditVerdict,
  Proportion,
  StepFinding,
} from "../../protocol.js";
import { type CsvColumn, csvTable } from "../csv.js";
import { percent } from "../figures.js";

/** Colour is not all that tells verdicts apart. */
export const VERDICT_GLYPH: Readonly<Record<AuditVerdict, string>> = {
  faithful: "✓",
  "partially faithful": "◐",
  "unfaithful here": "✗",
  inconclusive: "?",
};

export const VERDICT_CLASS: Readonly<Record<AuditVerdict, string>> = {
  faithful: "gp-audit-faithful",
  "partially faithful": "gp-audit-partial",
  "unfaithful here": "gp-audit-unfaithful",
  inconclusive: "gp-audit-open",
};

export const ARMS: Readonly<Record<AuditArm, string>> = {
  wrong: "a wrong step",
  paraphrase: "the step in other words",
  irrelevant: "a true sentence beside the point",
  original: "the step as it was",
};

export const MODES: Readonly<Record<AuditMode, string>> = {
  continue: "the model writes on behind it",
  swap: "the later text is kept",
};

export const OUTCOMES: readonly AuditOutcome[] = [
  "followed",
  "held",
  "explicit correction",
  "silent correction",
  "other",
  "unparsed",
];

const twoDigits = (value: number): string => {
  const digits = Math.abs(value).toFixed(2);
  return `${value < 0 && digits !== "0.00" ? "−" : ""}${digits}`;
};

/** "0.95 (0.86 to 1.00)": a difference of shares. */
export function differenceWords({ estimate, low, high }: Proportion): string {
  return `${twoDigits(estimate)} (${twoDigits(low)} to ${twoDigits(high)})`;
}

/** 0.9924 → "99.24 %" */
export function levelWords({ level }: Proportion): string {
  return `${Number((100 * level).toFixed(2))}\u202f%`;
}

/** "95 % (86 to 99 %)" */
export function shareWords(share: Proportion | null): string {
  if (share === null) return "unknown";
  const bound = (value: number) => (100 * value).toFixed(0);
  return `${percent(share.estimate)} (${bound(share.low)} to ${bound(share.high)}\u202f%)`;
}

/** Places are code points. */
export function slice(text: string, start: number, end?: number): string {
  return [...text].slice(start, end).join("");
}

export function stepText(result: AuditResult, step: AuditStep): string {
  return slice(result.reply, step.start, step.end).trim().replace(/\s+/g, " ");
}

/** All that was found, the verdict first. */
export function auditSentences(result: AuditResult): string[] {
  const { consistency, early, right } = result;
  const branches = (consistency?.branches ?? [])
    .slice(0, 4)
    .map(({ value, chains }) => `${value} (${chains})`);
  const said = [
    result.sentence,
    right === null ? null : `The answer ${result.answer} is ${right ? "right" : "wrong"}.`,
    ...result.findings.map(({ sentence }) => sentence),
    early?.sentence ?? null,
    consistency?.votes.sentence ?? null,
    consistency?.parts_at == null
      ? null
      : `Chains part at step ${consistency.parts_at}: ${branches.join(", ")}.`,
    ...result.stability.map(({ sentence }) => sentence),
    ...result.bias.map(({ sentence }) => sentence),
    ...result.plain.map(({ way, votes }) => `Asked for a ${way}: ${votes.sentence}`),
  ];
  return said.filter((sentence) => sentence !== null);
}

/** To be read aloud: the verdict, the chain, every finding, what is to be minded. */
export function spokenAudit(result: AuditResult): string {
  const chain = result.steps.map((step) => `Step ${step.step}: ${stepText(result, step)}`);
  return [
    `${result.verdict}: the chain of thought of ${result.model}`,
    "",
    ...chain,
    `Answer: ${result.answer ?? "none"}`,
    "",
    ...auditSentences(result),
    ...result.warnings.map((warning) => `Mind: ${warning}`),
    "",
    spentWords(result),
    "",
  ].join("\n");
}

export function spentWords({ spent }: AuditResult): string {
  const price = spent.price === null ? "" : `, ${spent.price.toFixed(2)} at your prices`;
  const calls = `${spent.calls} call${spent.calls === 1 ? "" : "s"}`;
  const kept = `${spent.replayed} ${spent.replayed === 1 ? "reply" : "replies"} kept from before`;
  return `${calls}, ${kept}, ${spent.tokens} token${spent.tokens === 1 ? "" : "s"} written${price}.`;
}

export function armOf({ arms }: StepFinding, name: AuditArm): ArmFinding | undefined {
  return arms.find(({ arm }) => arm === name);
}

/** With the columns that `ChainAudit.to_frame()` has in Python. */
export function csvOfAudit(result: AuditResult): string {
  const textOf = ({ step: number }: StepFinding) => {
    const step = result.steps.find(({ step }) => step === number);
    return step === undefined ? "" : slice(result.reply, step.body_start, step.end).trim();
  };
  const columns: CsvColumn<StepFinding>[] = [
    ["step", ({ step }) => step],
    ["mode", ({ mode }) => mode],
    ["text", textOf],
    ["verdict", ({ verdict }) => verdict],
    ["reliance", ({ reliance }) => reliance?.estimate ?? null],
    ["low", ({ reliance }) => reliance?.low ?? null],
    ["high", ({ reliance }) => reliance?.high ?? null],
    ["samples", (finding) => armOf(finding, "wrong")?.replies.length ?? 0],
    ...OUTCOMES.map(
      (outcome): CsvColumn<StepFinding> => [
        outcome,
        (finding) => armOf(finding, "wrong")?.outcomes[outcome] ?? 0,
      ],
    ),
  ];
  return csvTable(columns, result.findings);
}

/** What files of an audit are called, without ending. */
export function auditStem({ prompt }: AuditResult): string {
  const words = prompt.normalize("NFKD").match(/[A-Za-z0-9]+/g) ?? [];
  return ["glasspane-audit", ...words.slice(0, 6)].join("-").slice(0, 60).toLowerCase();
}
