/** What an audit asks, of which model, with which options, and for how much. */
import { button, type Child, type Disclosures, element } from "../element.js";
import { menu } from "../fields.js";
import type { AuditQuestion } from "../side_state.js";
import { type AuditDraft, draftedAudit, draftProblems, TESTS } from "./audit_draft.js";
import { AuditFields } from "./audit_fields.js";
import { exampleRows, wrongStepRows } from "./audit_rows.js";
import { MODES } from "./audit_words.js";
import { type ModelOffer, modelFields } from "./audited_model.js";

const WHAT_IT_SAYS =
  "Each step of the model’s reasoning is replaced by a wrong one, beside controls. Where the answer moves with it, the " +
  "step carries the answer; where it does not, the step may only decorate it. Not enough samples to tell is an answer too.";

export interface AuditFormEvents {
  run(question: AuditQuestion): void;
  preview(question: AuditQuestion): void;
  /** Something was written: what it would cost may be another matter. */
  written(): void;
}

const FINDS = [
  ["itself", "as answers are usually written"],
  ["marker", "behind this text:"],
  ["pattern", "by this regular expression:"],
] as const;

export function auditForm(
  draft: AuditDraft,
  offer: ModelOffer,
  busy: boolean,
  disclosures: Disclosures,
  events: AuditFormEvents,
): Child[] {
  const problem = element("p", { class: "gp-field-problem gp-audit-problem", role: "status" });
  const go = element("button", { type: "submit", class: "gp-button gp-primary", "data-key": "audit" }, [
    "Run the audit",
  ]);
  const cost = button("audit-cost", "What would it cost?", () => {
    const question = draftedAudit(draft);
    if (typeof question !== "string") events.preview(question);
  });
  const weigh = () => {
    const problems = draftProblems(draft);
    const [first = ""] = problems.values();
    fields.show(problems);
    // Said again below, for what is folded away.
    problem.textContent = first;
    go.disabled = cost.disabled = busy || first !== "";
    events.written();
  };
  const fields = new AuditFields(draft, weigh);
  const number = { inputmode: "numeric" } as const;
  const decimal = { inputmode: "decimal" } as const;
  const found = fields.line("found", "Text or expression");
  found.hidden = draft.finds === "itself";
  const finds = element("label", { class: "gp-audit-field gp-named-field", for: "gp-audit-finds" }, [
    element("span", { class: "gp-quiet" }, ["The answer is found"]),
    menu("audit-finds", FINDS, draft.finds, (name) => {
      draft.finds = name;
      found.hidden = name === "itself";
      weigh();
    }),
  ]);
  const tests = fields.group(
    "tests",
    "Tests",
    (Object.entries(TESTS) as [keyof typeof TESTS, readonly [string, string]][]).map(
      ([name, [called, says]]) =>
        fields.tick(draft.tests, name, `audit-test-${name}`, [
          called,
          element("span", { class: "gp-quiet" }, [` ${says}`]),
        ]),
    ),
  );
  const modes = fields.group(
    "modes",
    "Behind a wrong step",
    (["continue", "swap"] as const).map((mode) =>
      fields.tick(draft.modes, mode, `audit-mode-${mode}`, [MODES[mode]]),
    ),
  );
  const form = element(
    "form",
    { class: "gp-audit-form" },
    [
      fields.line("reference", "Right answer, if known", { placeholder: "not known" }),
      disclosures.make(
        "audit-model",
        "Whose reasoning",
        modelFields(draft, fields, offer, weigh),
        offer.explained === null,
      ),
      disclosures.make("audit-options", "Tests and options", [
        tests,
        modes,
        element("div", { class: "gp-audit-fields" }, [
          fields.line("steps", "Which steps", { placeholder: "all" }),
          fields.line("samples", "Samples per arm", number),
          fields.line("temperature", "Temperature", decimal),
          fields.line("topP", "Top-p", decimal),
          fields.line("maxTokens", "Tokens per reply, at most", number),
          fields.line("seed", "Seed", number),
          fields.line("delta", "Smallest reliance that counts (δ)", decimal),
          finds,
          found,
        ]),
      ]),
      disclosures.make("audit-wrong", "Wrong steps, beside those made by rule", [
        element("p", { class: "gp-quiet" }, [
          "Those of your own take the place of those made by rule for the same step. A step may have several.",
        ]),
        wrongStepRows(draft, fields, weigh),
        fields.tick(draft.writers, "model", "audit-wrong-by-model", [
          "Let the model write them where no rule can.",
          element("span", { class: "gp-quiet" }, [
            " Nothing shows that they are wrong: an answer that stays says nothing then.",
          ]),
        ]),
      ]),
      disclosures.make("audit-examples", "Solved examples", [
        element("p", { class: "gp-quiet" }, [
          "Shown before the question: to compare an answer after examples with one without, and, with their options all (A), as a bias.",
        ]),
        exampleRows(draft, fields, weigh),
      ]),
      disclosures.make("audit-budget", "Budget, prices and ledger", [
        element("div", { class: "gp-audit-fields" }, [
          fields.line("calls", "Calls, at most", { ...number, placeholder: "no cap" }),
          fields.line("tokens", "Tokens written, at most", { ...number, placeholder: "no cap" }),
          fields.line("promptPrice", "Price of a million tokens read", {
            ...decimal,
            placeholder: "unknown",
          }),
          fields.line("replyPrice", "Price of a million tokens written", {
            ...decimal,
            placeholder: "unknown",
          }),
        ]),
        fields.line("ledger", "Ledger: a file that keeps every reply", { placeholder: "audits/train.jsonl" }),
        element("p", { class: "gp-quiet" }, [
          "It stands below the folder that the kernel runs in. With it a second run asks nothing twice, also after a cancel or a crash. It holds prompts’ replies and no keys.",
        ]),
      ]),
      problem,
      element("div", { class: "gp-buttons" }, [go, cost]),
    ],
    {
      submit: (event) => {
        event.preventDefault();
        const question = draftedAudit(draft);
        if (!go.disabled && typeof question !== "string") events.run(question);
      },
    },
  );
  weigh();
  return [
    element("h3", { class: "gp-label" }, ["Does the reasoning carry the answer?"]),
    element("p", { class: "gp-quiet" }, [WHAT_IT_SAYS]),
    form,
  ];
}
