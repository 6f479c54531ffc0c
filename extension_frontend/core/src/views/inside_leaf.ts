/** Looking inside the model: patching, circuits, lenses and probes, about one prompt that is carried through them. */
import type { AttributionResult } from "../protocol.js";
import type { HeadPlace } from "./attention/head_grid.js";
import { cautionLines } from "./caution_lines.js";
import { element } from "./element.js";
import { circuitPart } from "./inside/circuit_part.js";
import { lensPart } from "./inside/lens_part.js";
import type { InsidePart, PartEvents, PartName, Thread } from "./inside/part.js";
import { beginDraft, emptyDraft } from "./inside/patch_draft.js";
import { patchingPart } from "./inside/patching_part.js";
import { probePart } from "./inside/probe_part.js";
import type { PaneEvents, PaneState } from "./pane_state.js";
import type { Leaf } from "./tabs.js";

interface PartRow {
  readonly title: string;
  readonly make: (thread: Thread, events: PartEvents) => InsidePart;
  /** Whether it follows a prompt from left to right, which not every model reads that way. */
  readonly leftToRight: boolean;
}

const PARTS: Readonly<Record<PartName, PartRow>> = {
  patching: { title: "Patching", make: patchingPart, leftToRight: true },
  circuit: { title: "Circuit", make: circuitPart, leftToRight: true },
  lens: { title: "Lens", make: lensPart, leftToRight: true },
  probe: { title: "Probes", make: probePart, leftToRight: false },
};

const PART_NAMES = Object.keys(PARTS) as readonly PartName[];

export interface InsideLeaf extends Leaf {
  /** A token that was chosen elsewhere: where nothing is written yet, it is the one to replace. */
  prefer(token: number): void;
}

/** `openHead`: shows a head's attention, in its own leaf. */
export function insideLeaf(events: PaneEvents, openHead: (place: HeadPlace) => void): InsideLeaf {
  const thread: Thread = { draft: emptyDraft(), drafts: 0, place: null };
  let open: PartName = "patching";
  let preferred: number | null = null;
  let isOpen = false;
  let about: AttributionResult | null = null;
  let last: PaneState | null = null;

  const choose = (name: PartName) => {
    if (name !== open) parts[open].rest?.();
    open = name;
    if (last !== null) update(last);
  };
  const partEvents: PartEvents = {
    pane: events,
    openHead,
    goOn(name, place) {
      thread.place = place;
      parts[name].arrive?.(place);
      choose(name);
      choices.get(name)?.focus();
    },
    drafted() {
      thread.drafts += 1;
      if (last !== null) update(last);
    },
  };
  const parts = Object.fromEntries(
    PART_NAMES.map((name) => [name, PARTS[name].make(thread, partEvents)]),
  ) as Record<PartName, InsidePart>;
  const choices = new Map(
    PART_NAMES.map((name) => [
      name,
      element("button", { type: "button", "data-key": `inside-${name}` }, [PARTS[name].title], {
        click: () => choose(name),
      }),
    ]),
  );
  const bar = element("section", { class: "gp-section" }, [
    element("div", { class: "gp-choices", role: "group", "aria-label": "Ways to look inside" }, [
      ...choices.values(),
    ]),
  ]);
  /** Why the open part does not apply to this model. */
  const refusal = element("div", { role: "note" });

  const update = (state: PaneState) => {
    last = state;
    const { result } = state;
    if (result !== null && (result !== about || !isOpen)) {
      beginDraft(thread.draft, result, preferred ?? state.focusedToken);
      thread.drafts += 1;
      // Another explanation has an answer of its own on show.
      if (result !== about) {
        thread.place = null;
        for (const part of Object.values(parts)) part.begin();
      }
      about = result;
      preferred = null;
    }
    isOpen = true;
    for (const [name, made] of choices) made.setAttribute("aria-pressed", String(name === open));
    const applies = result?.subject.family === "causal_lm" || !PARTS[open].leftToRight;
    refusal.hidden = applies || result === null;
    refusal.replaceChildren(
      ...cautionLines(
        refusal.hidden
          ? []
          : [`It follows a prompt from left to right, and ${result?.subject.name} reads it both ways.`],
      ),
    );
    for (const name of PART_NAMES) parts[name].element.hidden = name !== open || !applies;
    if (applies) parts[open].update(state);
  };
  return {
    element: element("div", { class: "gp-inside" }, [
      bar,
      refusal,
      ...PART_NAMES.map((name) => parts[name].element),
    ]),
    update,
    prefer(token) {
      preferred = token;
    },
    rest() {
      isOpen = false;
      parts[open].rest?.();
    },
    dispose() {
      for (const part of Object.values(parts)) part.dispose?.();
    },
  };
}
