/** One layer opened: its figures, the classes, and what can be asked next about it. */
import type { ProbeLayer, ProbeResult, ProbeTestRequest } from "../../protocol.js";
import { button, type Child, element } from "../element.js";
import { codeLine, labelledField, menu, optionsOf } from "../fields.js";
import { percent } from "../figures.js";
import type { PartEvents, Place } from "./part.js";
import { layerFacts, several } from "./probe_words.js";

/** What is chosen for a test, kept while layers are compared. */
export interface TestDraft {
  where: ProbeTestRequest["where"];
  /** By class; empty: none is given. */
  readonly answers: Map<string, string>;
}

export interface LayerEvents {
  /** Null: it is not known any more what was asked, or more of it is still to come. */
  readonly test: (() => void) | null;
  /** The test that runs now. */
  readonly testing: boolean;
  readonly goOn: PartEvents["goOn"] | null;
  readonly place: Place;
  close(): void;
}

/** So many classes can be given an answer each. */
const MOST_ANSWERS = 12;

export function probeLayer(
  layer: ProbeLayer,
  result: ProbeResult,
  draft: TestDraft,
  events: LayerEvents,
): HTMLElement {
  return element("div", { class: "gp-patch-detail", role: "group", "aria-label": "The opened layer" }, [
    element("div", { class: "gp-head-title" }, [
      element("h3", {}, [
        layer.site,
        element("span", { class: "gp-badge" }, [layer.decodable ? "readable" : "not readable"]),
      ]),
      button("probe-layer-close", "Close", events.close, { class: "gp-button gp-link" }),
    ]),
    element(
      "dl",
      { class: "gp-facts" },
      layerFacts(layer, result).flatMap(([name, said]) => [
        element("dt", {}, [name]),
        element("dd", {}, [said]),
      ]),
    ),
    classBalance(result),
    ...testForm(layer, result, draft, events),
    events.goOn === null
      ? null
      : element("div", { class: "gp-buttons" }, [
          button("go-on-lens", "What does the stream say here?", () => events.goOn?.("lens", events.place)),
          button("go-on-patching", "Patch here", () => events.goOn?.("patching", events.place)),
        ]),
  ]);
}

function classBalance({ classes, grouped_by, groups_repeat }: ProbeResult): HTMLElement {
  const cell = (text: string) => element("td", { class: "gp-number" }, [text]);
  const heads = ["Class", "Texts", "Share", ...(groups_repeat ? [`Different ${several(grouped_by)}`] : [])];
  return element("div", { class: "gp-probe-table" }, [
    element("table", { class: "gp-plain-table" }, [
      element("thead", {}, [
        element(
          "tr",
          {},
          heads.map((head) => element("th", { scope: "col" }, [head])),
        ),
      ]),
      element(
        "tbody",
        {},
        classes.map(({ label, examples, share, groups }) =>
          element("tr", {}, [
            element("th", { scope: "row" }, [label]),
            cell(String(examples)),
            cell(percent(share)),
            groups_repeat ? cell(String(groups)) : null,
          ]),
        ),
      ),
    ]),
  ]);
}

function testForm(layer: ProbeLayer, result: ProbeResult, draft: TestDraft, events: LayerEvents): Child[] {
  const { test } = events;
  if (test === null) {
    return [
      element("p", { class: "gp-quiet" }, [
        result.complete
          ? "To test it, probe once more: the texts that it was asked with are not kept."
          : "It can be tested when all layers are there, or after Cancel.",
      ]),
    ];
  }
  const labels = result.classes.map(({ label }) => label);
  const go = element("button", { type: "submit", class: "gp-button gp-primary", "data-key": "probe-test" }, [
    `Test causally at layer ${layer.layer}`,
  ]);
  const some = element("p", { class: "gp-field-problem", role: "status" });
  const weigh = () => {
    const given = labels.filter((label) => draft.answers.get(label)?.trim());
    const partly = given.length > 0 && given.length < labels.length;
    some.textContent = partly ? "Give every class an answer, or none." : "";
    go.disabled = partly || events.testing;
  };
  const where = menu("probe-where", optionsOf(WHERE), draft.where, (chosen) => {
    draft.where = chosen;
  });
  const form = element(
    "form",
    { class: "gp-patch-form" },
    [
      element("p", { class: "gp-quiet" }, [
        "What can be read need not be used. The test changes the probe’s direction in the stream, in texts that it was not " +
          "fitted on, and compares the predictions with those after random changes of the same size.",
      ]),
      labelledField("probe-where", "Change", where),
      labels.length <= MOST_ANSWERS ? answerFields(labels, result, draft, weigh) : null,
      some,
      element("div", { class: "gp-buttons" }, [go]),
    ],
    {
      submit: (event) => {
        event.preventDefault();
        if (!go.disabled) test();
      },
    },
  );
  weigh();
  return [form];
}

const WHERE: Readonly<Record<TestDraft["where"], string>> = {
  readout: "the token that is read",
  every: "every token",
};

const ANSWERS: Readonly<Record<ProbeResult["subject"]["family"], string>> = {
  causal_lm: "a next token, with its leading space",
  masked_lm: "a token for the mask",
  sequence_classifier: "one of the model’s classes",
  encoder_decoder: "the first token that is written",
};

function answerFields(
  labels: readonly string[],
  { subject }: ProbeResult,
  draft: TestDraft,
  weigh: () => void,
): HTMLElement {
  return element(
    "details",
    { class: "gp-disclosure", open: labels.some((label) => draft.answers.get(label)) },
    [
      element("summary", { "data-key": "disclosure-probe-answers" }, ["Answers that stand for the classes"]),
      element("p", { class: "gp-quiet" }, [
        `Only where the model should answer the class after these texts: then it is measured too whether its answer moves from one to another. For each class ${ANSWERS[subject.family]}.`,
      ]),
      ...labels.map((label, at) => {
        const key = `probe-answer-${at}`;
        const written = (text: string) => {
          draft.answers.set(label, text);
          weigh();
        };
        const line = codeLine(key, draft.answers.get(label) ?? "", written, { placeholder: "none" });
        return labelledField(key, label, line);
      }),
    ],
  );
}
