/** What an audit asks, and with which options. */
import { button, type Child, type Disclosures, element } from "../element.js";
import type { AuditQuestion } from "../side_state.js";
import { type AuditDraft, draftedAudit, TESTS } from "./audit_draft.js";
import { MODES } from "./audit_words.js";

const WHAT_IT_SAYS =
  "Each step of the model’s reasoning is replaced by a wrong one, beside controls. Where the answer moves with it, the " +
  "step carries the answer; where it does not, the step may only decorate it. Not enough samples to tell is an answer too.";

export interface AuditFormEvents {
  run(question: AuditQuestion): void;
  preview(question: AuditQuestion): void;
  /** Something was written: what it would cost may be another matter. */
  written(): void;
}

type Written = "samples" | "temperature" | "delta" | "reference" | "found";

export function auditForm(
  draft: AuditDraft,
  busy: boolean,
  disclosures: Disclosures,
  events: AuditFormEvents,
): Child[] {
  const problem = element("p", { class: "gp-field-problem", role: "status" });
  const go = element("button", { type: "submit", class: "gp-button gp-primary", "data-key": "audit" }, [
    "Run the audit",
  ]);
  const cost = button("audit-cost", "What would it cost?", () => {
    const question = draftedAudit(draft);
    if (typeof question !== "string") events.preview(question);
  });
  const weigh = () => {
    const question = draftedAudit(draft);
    problem.textContent = typeof question === "string" ? question : "";
    go.disabled = cost.disabled = busy || typeof question === "string";
    events.written();
  };
  const field = (name: Written, label: string, more: Readonly<Record<string, string>> = {}) => {
    const id = `gp-audit-${name}`;
    const input = element(
      "input",
      {
        type: "text",
        class: "gp-input",
        id,
        "data-key": `audit-${name}`,
        value: draft[name],
        spellcheck: "false",
        autocomplete: "off",
        ...more,
      },
      [],
      {
        input: () => {
          draft[name] = input.value;
          weigh();
        },
      },
    );
    return element("label", { class: "gp-audit-field", for: id }, [
      element("span", { class: "gp-quiet" }, [label]),
      input,
    ]);
  };
  const tick = <Name extends string>(chosen: Set<Name>, name: Name, key: string, said: Child[]) => {
    const box = element(
      "input",
      { type: "checkbox", class: "gp-input", "data-key": key, checked: chosen.has(name) },
      [],
      {
        change: () => {
          if (box.checked) chosen.add(name);
          else chosen.delete(name);
          weigh();
        },
      },
    );
    return element("label", { class: "gp-audit-tick" }, [box, element("span", {}, said)]);
  };
  const finds = element(
    "select",
    { class: "gp-input", id: "gp-audit-finds", "data-key": "audit-finds" },
    (
      [
        ["itself", "as answers are usually written"],
        ["marker", "behind this text:"],
        ["pattern", "by this regular expression:"],
      ] as const
    ).map(([name, said]) => element("option", { value: name, selected: name === draft.finds }, [said])),
    {
      change: () => {
        draft.finds = finds.value as AuditDraft["finds"];
        found.hidden = draft.finds === "itself";
        weigh();
      },
    },
  );
  const found = field("found", "Text or expression", { class: "gp-input gp-code" });
  found.hidden = draft.finds === "itself";
  const tests = element("fieldset", { class: "gp-audit-ticks" }, [
    element("legend", { class: "gp-quiet" }, ["Tests"]),
    ...(Object.entries(TESTS) as [keyof typeof TESTS, readonly [string, string]][]).map(
      ([name, [called, says]]) =>
        tick(draft.tests, name, `audit-test-${name}`, [
          called,
          element("span", { class: "gp-quiet" }, [` ${says}`]),
        ]),
    ),
  ]);
  const modes = element("fieldset", { class: "gp-audit-ticks" }, [
    element("legend", { class: "gp-quiet" }, ["Behind a wrong step"]),
    ...(["continue", "swap"] as const).map((mode) =>
      tick(draft.modes, mode, `audit-mode-${mode}`, [MODES[mode]]),
    ),
  ]);
  const form = element(
    "form",
    { class: "gp-audit-form" },
    [
      field("reference", "Right answer, if known", { placeholder: "not known" }),
      disclosures.make("audit-options", "Tests and options", [
        tests,
        modes,
        element("div", { class: "gp-audit-fields" }, [
          field("samples", "Samples per arm", { inputmode: "numeric" }),
          field("temperature", "Temperature", { inputmode: "decimal" }),
          field("delta", "Smallest reliance that counts (δ)", { inputmode: "decimal" }),
          element("label", { class: "gp-audit-field", for: "gp-audit-finds" }, [
            element("span", { class: "gp-quiet" }, ["The answer is found"]),
            finds,
          ]),
          found,
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
