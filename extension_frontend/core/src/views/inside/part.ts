/** What the parts of the leaf Inside have in common: one prompt, one other prompt, one place that is looked at. */
import type { HeadPlace } from "../attention/head_grid.js";
import type { PaneEvents, PaneState } from "../pane_state.js";
import type { PatchDraft } from "./patch_draft.js";

export type PartName = "patching" | "circuit" | "lens" | "probe";

/** A place in the model: what was pointed out in one part is where another begins. */
export interface Place {
  readonly layer: number;
  readonly head: number | null;
  /** The token's index; null: no token is meant. */
  readonly position: number | null;
}

/** What is carried from part to part, so that nothing is written twice. */
export interface Thread {
  readonly draft: PatchDraft;
  /** Grows with every change of the draft that a form has to show. */
  drafts: number;
  place: Place | null;
}

export interface PartEvents {
  readonly pane: PaneEvents;
  /** Shows a head's attention, in its own leaf. */
  openHead(place: HeadPlace): void;
  /** Goes on in another part, from a place that was pointed out here. */
  goOn(part: PartName, place: Place | null): void;
  /** The draft was changed. */
  drafted(): void;
}

/** One of the leaf's parts; updated only while it is the open one. */
export interface InsidePart {
  readonly element: HTMLElement;
  update(state: PaneState): void;
  /** Another explanation is shown: what was asked about the last one is forgotten. */
  begin(): void;
  /** It was opened from another part, maybe at a place. */
  arrive?(place: Place | null): void;
  rest?(): void;
  dispose?(): void;
}
