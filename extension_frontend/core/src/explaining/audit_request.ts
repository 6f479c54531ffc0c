/** What an audit is asked for: the explained prompt, whose model answers in steps. */
import type { AuditRequest, ExplainRequest } from "../protocol.js";
import type { AuditQuestion } from "../views/side_state.js";

/** `preview`: only what it would cost is asked. */
export function auditRequest(
  question: AuditQuestion,
  request: Pick<ExplainRequest, "subject" | "prompt">,
  preview: boolean,
): AuditRequest {
  const { model, tests, modes, steps, marker, pattern, calls, tokens } = question;
  return {
    kind: "audit",
    model:
      model.of === "explained"
        ? { source: "subject", subject: request.subject }
        : {
            source: "endpoint",
            base_url: model.address,
            model: model.name,
            key_variable: model.variable,
          },
    prompt: request.prompt,
    reference: question.reference,
    chain: null,
    // At least one of each: the kernel says so in words where there is none.
    tests: [...tests] as AuditRequest["tests"],
    modes: [...modes] as AuditRequest["modes"],
    steps: steps === null ? null : ([...steps] as AuditRequest["steps"]),
    wrong: [...question.wrong],
    wrong_by_model: question.wrong_by_model,
    examples: [...question.examples],
    samples: question.samples,
    temperature: question.temperature,
    top_p: question.top_p,
    max_tokens: question.max_tokens,
    answer: { marker, pattern },
    delta: question.delta,
    seed: question.seed,
    budget: { calls, tokens },
    prices: question.prices,
    ledger: question.ledger,
    preview,
    job: null,
  };
}
