/** Real answers of demo-lm, written by fixtures/write_circuit_answers.py. */
import type {
  AttributionResult,
  CircuitResult,
  ErrorResult,
  PairTemplateResult,
} from "../../extension_frontend/core/src/protocol.js";
import written from "./fixtures/circuit_answers.json" with { type: "json" };

interface Answers {
  readonly explanation: AttributionResult;
  readonly template: PairTemplateResult;
  readonly validated: CircuitResult;
  /** Of three pairs, none held out, carrying 0.6. */
  readonly not_held_out: CircuitResult;
  /** Two pairs held out, which are too few; ablated nodes write the mean. */
  readonly not_validated: CircuitResult;
  /** A pair whose prompts are not equally long. */
  readonly refused: ErrorResult;
}

export const CIRCUITS: Answers = written as unknown as Answers;
