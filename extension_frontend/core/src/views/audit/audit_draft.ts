/** What is asked of an audit, as a person writes it. */
import type { AuditMode, AuditTest } from "../../protocol.js";
import type { AuditQuestion } from "../side_state.js";

export const TESTS: Readonly<Record<AuditTest, readonly [name: string, says: string]>> = {
  injection: ["Wrong steps put in", "Does the answer follow them? The core of the audit."],
  early_answering: ["Early answers", "What is answered after each step."],
  consistency: ["Agreement", "Independent chains, and where they part."],
  paraphrase: ["Other words", "Does the answer stay when the chain is reworded?"],
  filler: ["Filler", "Does it stay when the chain is replaced by dots?"],
  bias: ["Bias", "Does a hint move the answer, and does the reasoning say so?"],
  plain: ["With and without reasoning", "The answer asked for outright, and with steps."],
};

export interface AuditDraft {
  readonly tests: Set<AuditTest>;
  readonly modes: Set<AuditMode>;
  /** As they are written. */
  samples: string;
  temperature: string;
  delta: string;
  reference: string;
  finds: "itself" | "marker" | "pattern";
  found: string;
}

export function firstAuditDraft(): AuditDraft {
  return {
    tests: new Set(["injection", "early_answering", "consistency"]),
    modes: new Set(["continue"]),
    samples: "40",
    temperature: "0.7",
    delta: "0.2",
    reference: "",
    finds: "itself",
    found: "",
  };
}

/** The question, or why it cannot be asked, as a sentence. */
export function draftedAudit(draft: AuditDraft): AuditQuestion | string {
  const samples = numberIn(draft.samples);
  const temperature = numberIn(draft.temperature);
  const delta = numberIn(draft.delta);
  if (draft.tests.size === 0) return "Choose one test at least.";
  if (draft.modes.size === 0) return "Choose what becomes of the text behind a wrong step.";
  if (!Number.isInteger(samples) || samples < 2 || samples > 2000) {
    return "Give a whole number of samples from 2 to 2000.";
  }
  if (!(temperature >= 0 && temperature <= 5)) return "Give a temperature from 0 to 5.";
  if (!(delta > 0 && delta < 1)) return "Give a smallest reliance between 0 and 1, such as 0.2.";
  const { finds, found } = draft;
  if (finds !== "itself" && found.trim() === "") {
    return finds === "marker"
      ? "Write the text that stands before the answer."
      : "Write the regular expression that finds the answer.";
  }
  const reference = draft.reference.trim();
  return {
    tests: (Object.keys(TESTS) as AuditTest[]).filter((test) => draft.tests.has(test)),
    modes: (["continue", "swap"] as const).filter((mode) => draft.modes.has(mode)),
    samples,
    temperature,
    delta,
    reference: reference === "" ? null : reference,
    marker: finds === "marker" ? found : null,
    pattern: finds === "pattern" ? found : null,
  };
}

const numberIn = (written: string): number => (written.trim() === "" ? Number.NaN : Number(written));
