/** Both prompts as the model continues them, side by side, with what is read of each. */
import type { PatchResult, PatchRun } from "../../protocol.js";
import { element } from "../element.js";
import { figure, percent } from "../figures.js";
import { tokenText } from "../token_text.js";

/** Next tokens listed of each. */
const LISTED = 5;

export function twoRuns(result: PatchResult): HTMLElement {
  const several = result.pairs > 1 ? `, mean of ${result.pairs}` : "";
  return element("div", { class: "gp-two-runs" }, [
    oneRun("This prompt (clean)", result.clean, result.metric + several),
    oneRun("The other (corrupted)", result.corrupted, result.metric + several),
  ]);
}

function oneRun(name: string, run: PatchRun, metric: string): HTMLElement {
  return element("table", { class: "gp-run" }, [
    element("caption", {}, [
      element("strong", {}, [name]),
      element("div", {}, [
        element("span", { class: "gp-quiet" }, [`${metric} `]),
        element("span", { class: "gp-run-value" }, [figure(run.value)]),
      ]),
    ]),
    element(
      "tbody",
      {},
      run.predictions
        .slice(0, LISTED)
        .map(({ text, probability }) =>
          element("tr", {}, [
            element("td", { class: "gp-code" }, tokenText(text)),
            element("td", { class: "gp-number" }, [percent(probability)]),
          ]),
        ),
    ),
  ]);
}
