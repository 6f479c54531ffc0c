/** What a circuit is asked by: a template that can be edited, words for its holes, and how it is looked for. */

import type { PairTemplateResult } from "../../protocol.js";
import { cautionLines } from "../caution_lines.js";
import { type Child, type Disclosures, element } from "../element.js";
import { codeBox, codeLine, labelledField, menu, optionsOf } from "../fields.js";
import type { CircuitQuestion } from "../side_state.js";
import {
  type CircuitDraft,
  draftedHoles,
  MOST_AND_LEAST,
  readiness,
  type TemplateDraft,
} from "./circuit_draft.js";

export interface CircuitFormEvents {
  ask(question: CircuitQuestion): void;
  /** A hole was written or taken out. */
  holesChanged(): void;
}

const ABLATIONS: Readonly<Record<CircuitDraft["ablation"], string>> = {
  resample: "the corrupted prompt’s",
  mean: "the mean of these",
};

/** `answer`: what the template was made by; `busy`: the explanation itself is under way. */
export function circuitForm(
  draft: CircuitDraft,
  template: TemplateDraft,
  answer: PairTemplateResult | null,
  busy: boolean,
  disclosures: Disclosures,
  events: CircuitFormEvents,
): HTMLElement {
  const go = element("button", { type: "submit", class: "gp-button gp-primary", "data-key": "circuit" }, [
    "Find the circuit",
  ]);
  const says = element("p", { class: "gp-quiet gp-circuit-pairs", role: "status" });
  let question: CircuitQuestion | null = null;
  let holes = draftedHoles(template).join();
  const weigh = () => {
    const { question: ready, sentence } = readiness(draft);
    question = ready;
    go.disabled = busy || ready === null;
    says.textContent = sentence;
  };
  const textWritten = () => {
    const now = draftedHoles(template).join();
    if (now !== holes) {
      holes = now;
      events.holesChanged();
    } else weigh();
  };
  const text = (key: string, label: string, value: string, write: (text: string) => void) =>
    textField(key, label, value, (written) => {
      write(written);
      textWritten();
    });
  const form = element(
    "form",
    { class: "gp-patch-form gp-circuit-form" },
    [
      ...(answer === null
        ? []
        : [element("p", { class: "gp-quiet" }, [answer.sentence]), ...cautionLines(answer.warnings)]),
      text("circuit-clean", "Clean prompt", template.clean, (written) => {
        template.clean = written;
      }),
      text("circuit-corrupted", "Corrupted prompt", template.corrupted, (written) => {
        template.corrupted = written;
      }),
      element("div", { class: "gp-patch-choices" }, [
        answerField("circuit-right", "Right answer", template.right, (written) => {
          template.right = written;
          textWritten();
        }),
        answerField("circuit-wrong", "Wrong answer", template.wrong, (written) => {
          template.wrong = written;
          textWritten();
        }),
      ]),
      element(
        "div",
        {
          class: "gp-circuit-words",
          role: "group",
          "aria-label": "Words for each hole, with commas between",
        },
        draftedHoles(template).map((hole) => wordsField(hole, template, weigh)),
      ),
      disclosures.make("held-out", "Validate on another template", heldOutFields(draft, weigh)),
      choices(draft, weigh),
      says,
      element("div", { class: "gp-buttons" }, [go]),
    ],
    {
      submit: (event) => {
        event.preventDefault();
        if (!go.disabled && question !== null) events.ask(question);
      },
    },
  );
  weigh();
  return form;
}

function heldOutFields({ heldOut }: CircuitDraft, weigh: () => void): Child[] {
  return [
    element("p", { class: "gp-quiet" }, [
      "Other texts with the same holes, words and answers: if the circuit holds there too, it is not one of the wording. Left empty, it is validated on further words in the same texts.",
    ]),
    textField("circuit-other-clean", "Clean prompt", heldOut.clean, (written) => {
      heldOut.clean = written;
      weigh();
    }),
    textField("circuit-other-corrupted", "Corrupted prompt", heldOut.corrupted, (written) => {
      heldOut.corrupted = written;
      weigh();
    }),
  ];
}

function choices(draft: CircuitDraft, weigh: () => void): HTMLElement {
  const ablation = menu("circuit-ablation", optionsOf(ABLATIONS), draft.ablation, (chosen) => {
    draft.ablation = chosen;
    weigh();
  });
  const number = (
    key: string,
    label: string,
    value: number,
    limits: { readonly min: number; readonly max: number; readonly step: number },
    write: (value: number) => void,
  ) => {
    const input = element(
      "input",
      { type: "number", class: "gp-input", id: `gp-${key}`, "data-key": key, value, ...limits },
      [],
      {
        input: () => {
          write(input.valueAsNumber);
          weigh();
        },
      },
    );
    return labelledField(key, label, input);
  };
  return element("div", { class: "gp-patch-choices" }, [
    number(
      "circuit-count",
      "Pairs",
      draft.count,
      { min: MOST_AND_LEAST.least, max: MOST_AND_LEAST.most, step: 1 },
      (value) => {
        draft.count = value;
      },
    ),
    number("circuit-enough", "Share to carry", draft.enough, { min: 0.05, max: 1, step: 0.05 }, (value) => {
      draft.enough = value;
    }),
    labelledField("circuit-ablation", "Ablated nodes write", ablation),
  ]);
}

function wordsField(hole: string, { words }: TemplateDraft, weigh: () => void): HTMLElement {
  const key = `circuit-words-${hole}`;
  const written = (text: string) => {
    words.set(hole, text);
    weigh();
  };
  const line = codeLine(key, words.get(hole) ?? "", written, { placeholder: "word, word, …" });
  return labelledField(key, `{${hole}}`, line);
}

function textField(key: string, label: string, value: string, written: (text: string) => void): HTMLElement {
  return element("div", { class: "gp-circuit-text" }, [
    element("label", { class: "gp-quiet", for: `gp-${key}` }, [label]),
    codeBox(key, value, 2, written),
  ]);
}

function answerField(
  key: string,
  label: string,
  value: string,
  written: (text: string) => void,
): HTMLElement {
  const line = codeLine(key, value, written, {
    placeholder: "empty: the model’s own",
    title: "One token, with its leading space",
  });
  return labelledField(key, label, line);
}
