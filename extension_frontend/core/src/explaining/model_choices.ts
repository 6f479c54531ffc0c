import type { SubjectCandidate } from "../protocol.js";
import type { SubjectChoice } from "./subject_memory.js";

/** A model of a kernel as a person may choose it. */
export interface ModelChoice {
  readonly label: string;
  readonly detail: string;
  /** Null: it is shown, and cannot be explained. */
  readonly choice: SubjectChoice | null;
}

/** A candidate's ways to be chosen: one, or one with each tokenizer where none is known to fit. */
export function choicesOf(
  candidate: SubjectCandidate,
  where: SubjectChoice["where"],
): readonly ModelChoice[] {
  const { label, ref, architecture, device, dtype, family, tokenizer_match, tokenizers } = candidate;
  if (family === null) {
    return [{ label, detail: `${architecture}: not a kind that can be explained yet.`, choice: null }];
  }
  const size = `${architecture}, ${device}, ${dtype}`;
  if (tokenizer_match !== null) {
    return [{ label, detail: `${size}; tokenizer: ${tokenizer_match}`, choice: { ref, where } }];
  }
  return tokenizers.map((tokenizer) => ({
    label: `${label} with ${tokenizer}`,
    detail: size,
    choice: { ref: { ...ref, tokenizer }, where },
  }));
}
