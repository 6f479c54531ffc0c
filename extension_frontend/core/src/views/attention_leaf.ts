/** Where the model looks: heads, rollout, the residual stream. */
import { element } from "./element.js";
import type { PaneEvents } from "./pane_state.js";
import type { Leaf } from "./tabs.js";

export function attentionLeaf(_events: PaneEvents): Leaf {
  return { element: element("div"), update: () => {} };
}
