/** What the model would say next, as buttons: click = why this one, shift = rather than that one. */

import type { AttributionResult, Family, Prediction, Target } from "../protocol.js";
import { button, type Child, element } from "./element.js";
import { percent, quoted } from "./figures.js";
import { tokenText } from "./token_text.js";

/** What a model of a family predicts. */
export const ANSWER_NAMES: Readonly<Record<Family, string>> = {
  causal_lm: "Next token",
  encoder_decoder: "Next token",
  masked_lm: "At the mask",
  sequence_classifier: "Answer",
};

/** Less likely ones wait behind a button, but for the first three. */
const WORTH_SHOWING = 0.001;
const SHOWN_AT_LEAST = 3;

/** Lasts as long as the pane. */
export interface ChipsState {
  all: boolean;
}

/** The chips of a result; `choose` gets the target a chip stands for. */
export function predictionChips(
  result: AttributionResult,
  state: ChipsState,
  choose: (target: Target) => void,
): Child[] {
  const { family } = result.subject;
  const classifier = family === "sequence_classifier";
  const named = new Set([...result.target.ids, ...result.target.versus_ids]);
  const chips = result.predictions.map((prediction) => chip(result, prediction, classifier, choose));
  const unlikely = chips.filter((_, index) => {
    const { id, probability } = result.predictions[index] ?? { id: -1, probability: 1 };
    return index >= SHOWN_AT_LEAST && probability < WORTH_SHOWING && !named.has(id);
  });
  const more = button("more-chips", "", () => {
    state.all = !state.all;
    show();
  });
  more.classList.add("gp-link");
  const show = () => {
    for (const each of unlikely) each.hidden = !state.all;
    more.textContent = state.all ? "Fewer" : `${unlikely.length} less likely`;
    more.setAttribute("aria-expanded", String(state.all));
  };
  show();
  return [
    element("h3", { class: "gp-label", id: "gp-next" }, [ANSWER_NAMES[family]]),
    element("div", { class: "gp-chips", role: "group", "aria-labelledby": "gp-next" }, [
      ...chips,
      unlikely.length > 0 && more,
    ]),
  ];
}

function chip(
  result: AttributionResult,
  prediction: Prediction,
  classifier: boolean,
  choose: (target: Target) => void,
): HTMLElement {
  const explained = result.target.ids.length === 1 && result.target.ids[0] === prediction.id;
  const versus = result.target.versus_ids.length === 1 && result.target.versus_ids[0] === prediction.id;
  const shown = classifier ? [prediction.text] : tokenText(prediction.text);
  const why = () =>
    choose(classifier ? { kind: "class", label: prediction.id } : { kind: "token", token: prediction.id });
  const against = contrastWith(result, prediction);
  const ratherThan = () => (against === null ? why() : choose(against));

  const likelihood = element("span", { class: "gp-chip-share" }, [percent(prediction.probability)]);
  const main = element(
    "button",
    {
      type: "button",
      class: "gp-chip",
      "data-key": `chip-${prediction.id}`,
      "aria-pressed": explained ? "true" : "false",
      title: against === null ? "Why this one?" : "Why this one? With Shift: why not this one?",
    },
    [element("span", { class: "gp-chip-text" }, shown), likelihood],
    {
      click: (event) => (event.shiftKey ? ratherThan() : why()),
      keydown: (event) => {
        if (event.key !== "Enter" || !event.shiftKey) return;
        event.preventDefault();
        ratherThan();
      },
    },
  );
  const answer = result.predictions.find((one) => one.id === targetId(result))?.text;
  const label = `Explain ${answer === undefined ? "the answer" : quoted(answer)} rather than ${quoted(prediction.text)}`;
  const other =
    against &&
    element(
      "button",
      {
        type: "button",
        class: "gp-chip-versus",
        "data-key": `versus-${prediction.id}`,
        "aria-label": label,
        "aria-pressed": versus ? "true" : "false",
        title: label,
      },
      ["vs"],
      { click: ratherThan },
    );
  return element(
    "span",
    { class: `gp-chip-pair${explained ? " gp-chosen" : ""}${versus ? " gp-versus" : ""}` },
    [main, other],
  );
}

/** "The explained token rather than this one"; null where this is the explained one. */
function contrastWith(result: AttributionResult, prediction: Prediction): Target | null {
  const token = targetId(result);
  return token === undefined || token === prediction.id
    ? null
    : { kind: "contrast", token, versus: prediction.id };
}

/** The token or class under explanation; the likeliest where a whole completion is. */
function targetId(result: AttributionResult): number | undefined {
  return result.target.kind === "completion" ? result.predictions[0]?.id : result.target.ids[0];
}
