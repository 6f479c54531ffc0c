/** Several methods on one prompt, side by side; two prompts as a difference. */
import { type Disclosures, element } from "./element.js";
import { methodComparison } from "./method_comparison.js";
import type { PaneEvents } from "./pane_state.js";
import { promptComparison } from "./prompt_comparison.js";
import type { Leaf } from "./tabs.js";

export function compareLeaf(disclosures: Disclosures, events: PaneEvents): Leaf {
  const parts = [methodComparison(disclosures, events), promptComparison(events)];
  return {
    element: element(
      "div",
      {},
      parts.map((part) => part.element),
    ),
    update: (state) => {
      for (const part of parts) part.update(state);
    },
  };
}
