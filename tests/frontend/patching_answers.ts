/** Real answers of demo-lm, written by fixtures/write_patching_answers.py. */
import type {
  AttributionResult,
  ErrorResult,
  PatchResult,
} from "../../extension_frontend/core/src/protocol.js";
import written from "./fixtures/patching_answers.json" with { type: "json" };

interface Answers {
  readonly explanation: AttributionResult;
  readonly position: PatchResult;
  readonly heads: PatchResult;
  readonly heads_by_position: PatchResult;
  readonly keys: PatchResult;
  /** A quarter of its cells is exact. */
  readonly estimated: PatchResult;
  /** The first partial result of `estimated`: no cell is exact. */
  readonly partial: PatchResult;
  readonly noising: PatchResult;
  readonly pairs: PatchResult;
  readonly other_length: ErrorResult;
}

export const PATCHING: Answers = written as unknown as Answers;
