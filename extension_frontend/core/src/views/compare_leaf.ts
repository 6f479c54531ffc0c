/** Several methods on one prompt, side by side; two prompts as a difference. */
import { element } from "./element.js";
import type { PaneEvents } from "./pane_state.js";
import type { Leaf } from "./tabs.js";

export function compareLeaf(_events: PaneEvents): Leaf {
  return { element: element("div"), update: () => {} };
}
