/** Real answers of demo-lm, written by fixtures/write_attention_answers.py. */
import type { AttentionResult, AttributionResult } from "../../extension_frontend/core/src/protocol.js";
import written from "./fixtures/attention_answers.json" with { type: "json" };

interface Answers {
  readonly overview: AttentionResult;
  readonly head: AttentionResult;
  readonly head_without_sink: AttentionResult;
  readonly reading: AttentionResult;
  readonly rollout: AttentionResult;
  readonly residual: AttentionResult;
  readonly completion: AttributionResult;
  /** What `head` must decode to: the exact weights, [query][key]. */
  readonly head_weights: readonly (readonly number[])[];
  readonly rollout_shares: readonly (readonly number[])[];
}

export const ANSWERS: Answers = written as unknown as Answers;
