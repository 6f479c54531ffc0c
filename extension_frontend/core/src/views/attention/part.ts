/** What the parts of the attention leaf have in common. */
import type { PaneState } from "../pane_state.js";

/** A part of the leaf: asks for what it shows, once for each explanation. */
export interface AttentionPart {
  readonly element: HTMLElement;
  update(state: PaneState): void;
  /** Another theme: what is no stylesheet's matter is drawn again. */
  redraw(): void;
  /** Not looked at any more: nothing is asked or moves. */
  rest(): void;
}
