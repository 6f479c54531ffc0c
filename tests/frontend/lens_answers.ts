/** Real answers of demo-lm, written by fixtures/write_lens_answers.py. */
import type { AttributionResult, LensResult } from "../../extension_frontend/core/src/protocol.js";
import written from "./fixtures/lens_answers.json" with { type: "json" };

/** The tables that Python writes of the same result. */
interface InPython {
  readonly cells: string;
  readonly parts: string;
}

interface Answers {
  readonly explanation: AttributionResult;
  readonly completion: AttributionResult;
  /** What the model says itself. */
  readonly own: LensResult;
  readonly own_in_python: InPython;
  /** “ Mary” rather than “ John”. */
  readonly versus: LensResult;
  readonly versus_in_python: InPython;
  /** Read after another token, where the answer is not first in the end. */
  readonly inside: LensResult;
  /** More tokens than are drawn side by side. */
  readonly long: LensResult;
  /** The same, of its last three tokens only. */
  readonly last: LensResult;
}

export const LENS: Answers = written as unknown as Answers;
