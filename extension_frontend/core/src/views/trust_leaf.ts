/** "Check this explanation": the figures of faithfulness, each beside random rankings. */
import { button, type Disclosures, element, region } from "./element.js";
import type { PaneEvents, PaneState } from "./pane_state.js";
import { sideFrame } from "./side_frame.js";
import type { Leaf } from "./tabs.js";
import { trustBlock } from "./trust.js";

export function trustLeaf(disclosures: Disclosures, events: PaneEvents): Leaf {
  const checks = element("section", { class: "gp-section" });
  const faith = element("section", { class: "gp-section gp-check" });
  const ask = () => events.sideAsked({ side: "check", ask: "check" });
  const draws = [
    region<PaneState>(
      checks,
      (now) => [now.result],
      ({ result }) => (result === null ? [] : trustBlock(result, disclosures)),
    ),
    region<PaneState>(
      faith,
      (now) => [now.check],
      ({ check }) =>
        sideFrame(check, {
          side: "check",
          unasked: () => [
            element("p", {}, ["Is this better than a random ranking of the tokens?"]),
            button("check", "Check this explanation", ask, { class: "gp-button gp-primary" }),
          ],
          done: (answer) => [
            element("p", {}, [answer.sentence]),
            element("p", {}, [answer.confidence_sentence]),
            element(
              "ul",
              { class: "gp-trust" },
              answer.figures.map((each) => element("li", {}, [each.sentence])),
            ),
          ],
          again: ask,
          cancel: events.sideCancelled,
        }),
    ),
  ];
  return {
    element: element("div", {}, [checks, faith]),
    update: (state) => {
      for (const draw of draws) draw(state);
    },
  };
}
