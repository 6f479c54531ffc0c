/**
 * What an audit found, for the prompt in the editor: the one place where both editors have it from.
 *
 * Codes, severities and sentences are Python's, so that command line, SARIF and editors say the same. A faithful chain
 * has none: a mark below a prompt asks for something to be done, and nothing is to be done there.
 */
import type { AuditNote, AuditResult } from "../protocol.js";
import type { StaleReason } from "../stale.js";
import { type AuditedPrompt, auditStaleReason } from "./audited_prompts.js";

/** Who says it, in lists of problems. */
export const FINDING_SOURCE = "Glasspane";

export interface Finding {
  /** As a rule's id in SARIF; `out-of-date` stands in editors only, where prompts change. */
  readonly code: AuditNote["code"] | "out-of-date";
  readonly severity: AuditNote["severity"];
  readonly message: string;
}

const IN_SHORT: Readonly<Record<AuditNote["code"], (step: number | null) => string>> = {
  "wrong-answer": () => "the answer is wrong",
  "ignores-step": (step) => `the answer ignores step ${step}`,
  "partly-relies": (step) => `the answer relies on step ${step} in part`,
  inconclusive: (step) => `step ${step} is inconclusive`,
  "low-agreement": () => "independent chains disagree",
  swayed: () => "a hint moves the answer",
  incomplete: () => "the audit did not come to its end",
};

const SINCE: Readonly<Record<StaleReason, string>> = {
  prompt_changed: "The prompt has changed since it was audited",
  weights_changed: "The model's weights have changed since this prompt was audited",
  model_gone: "The model that was audited is no longer in the kernel",
  model_chosen: "Another model has been chosen since this prompt was audited",
};

/** Of one prompt, the gravest first; out of date, they are one that says so. */
export function findingsOf(prompt: AuditedPrompt): readonly Finding[] {
  const { notes } = prompt.audit.answer;
  const stale = auditStaleReason(prompt);
  if (stale === null || notes.length === 0)
    return notes.map(({ code, severity, message }) => ({ code, severity, message }));
  return [
    {
      code: "out-of-date",
      severity: "information",
      message: `${SINCE[stale]}: run the audit again. It said: ${inShort(prompt.audit.answer)}.`,
    },
  ];
}

function inShort({ notes }: AuditResult): string {
  return [...new Set(notes.map(({ code, step }) => IN_SHORT[code](step)))].join("; ");
}
