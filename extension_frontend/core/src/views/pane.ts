import type { Mounted } from "./mounted";
import type { PaneEvents, PaneState } from "./pane_state";

/** The whole right-hand pane. */
export function mountPane(container: HTMLElement, state: PaneState, events: PaneEvents): Mounted<PaneState> {
  throw new Error(`not yet ${container} ${state} ${events}`);
}
