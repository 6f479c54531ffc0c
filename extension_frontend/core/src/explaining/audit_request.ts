/** What an audit is asked for: the explained prompt, whose model answers in steps. */
import type { AttributionResult, AuditRequest } from "../protocol.js";
import type { AuditQuestion } from "../views/side_state.js";

/** `preview`: only what it would cost is asked. */
export function auditRequest(
  { tests, modes, samples, temperature, delta, reference, marker, pattern }: AuditQuestion,
  { request }: AttributionResult,
  preview: boolean,
): AuditRequest {
  return {
    kind: "audit",
    model: { source: "subject", subject: request.subject },
    prompt: request.prompt,
    reference,
    chain: null,
    // At least one of each: the kernel says so in words where there is none.
    tests: [...tests] as AuditRequest["tests"],
    modes: [...modes] as AuditRequest["modes"],
    steps: null,
    wrong: [],
    examples: [],
    samples,
    temperature,
    top_p: 1,
    max_tokens: 256,
    answer: { marker, pattern },
    delta,
    seed: 0,
    budget: { calls: null, tokens: null },
    prices: null,
    ledger: null,
    preview,
    job: null,
  };
}
