/** Why there is no map, what to do about it, and what can be taken with a click. */
import type { AttributionResult, ErrorResult } from "../../protocol.js";
import { button, type Child, element } from "../element.js";
import { quoted } from "../figures.js";
import { sideProblem } from "../side_frame.js";
import type { SideName } from "../side_state.js";

export interface ProblemEvents {
  /** A word that is one token, for the one that was not; null: no word can be taken here. */
  readonly wordTaken: ((word: string) => void) | null;
  /** What the answer is compared with; null: it is named elsewhere. */
  readonly wrongTaken: ((answer: string) => void) | null;
  again(): void;
}

/** Other answers offered. */
const OFFERED = 3;

export function patchProblem(
  side: SideName,
  error: ErrorResult,
  result: AttributionResult,
  { wordTaken, wrongTaken, again }: ProblemEvents,
): HTMLElement {
  const words =
    wordTaken === null
      ? []
      : error.suggestions.map((word) =>
          button(`suggested-${word}`, word, () => wordTaken(word), { class: "gp-button gp-code" }),
        );
  return sideProblem(error, side, again, [
    choices("Words that would fit", words),
    error.code === "unknown_target" &&
      wrongTaken !== null &&
      choices("Answers to compare with", otherAnswers(result, wrongTaken)),
  ]);
}

/** What the model also thinks of, likeliest first. */
function otherAnswers(
  { predictions, target }: AttributionResult,
  wrongTaken: (answer: string) => void,
): HTMLElement[] {
  return predictions
    .filter(({ id }) => id !== (target.ids[0] ?? predictions[0]?.id))
    .slice(0, OFFERED)
    .map(({ id, text }) =>
      button(`rather-than-${id}`, `Rather than ${quoted(text)}`, () => wrongTaken(text)),
    );
}

function choices(name: string, buttons: readonly HTMLElement[]): Child {
  return buttons.length === 0
    ? null
    : element("div", { class: "gp-buttons", role: "group", "aria-label": name }, buttons);
}
