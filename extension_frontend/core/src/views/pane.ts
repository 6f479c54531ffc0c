import type { Mounted } from "./mounted.js";
import type { PaneEvents, PaneState } from "./pane_state.js";

/** The whole right-hand pane. */
export function mountPane(container: HTMLElement, state: PaneState, events: PaneEvents): Mounted<PaneState> {
  throw new Error(`not yet ${container} ${state} ${events}`);
}
