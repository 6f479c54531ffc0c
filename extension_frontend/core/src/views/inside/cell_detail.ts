/** One cell opened: what it says, and what can be asked next about its head or place. */
import type { PatchResult } from "../../protocol.js";
import type { HeadPlace } from "../attention/head_grid.js";
import { button, type Child, element } from "../element.js";
import type { PatchQuestion } from "../side_state.js";
import { cellName, cellSentence, type PatchCell } from "./patch_cells.js";
import { SITES } from "./patch_words.js";

/** A map asked for from a cell of another; the rest is as before. */
export type NextMap = Pick<PatchQuestion, "site" | "grid" | "layers" | "heads">;

export interface DetailEvents {
  /** `at`: the position that the cell is about, to be found again in the next map. */
  ask(next: NextMap, at: number | null): void;
  openHead(place: HeadPlace): void;
  close(): void;
}

export function cellDetail(cell: PatchCell, result: PatchResult, events: DetailEvents): HTMLElement {
  return element("div", { class: "gp-patch-detail", role: "group", "aria-label": "The opened cell" }, [
    element("div", { class: "gp-head-title" }, [
      element("h3", {}, [upperFirst(cellName(cell, result))]),
      button("patch-detail-close", "Close", events.close, { class: "gp-button gp-link" }),
    ]),
    element("p", { class: "gp-quiet" }, [cellSentence(cell, result)]),
    element("div", { class: "gp-buttons" }, ways(cell, result, events)),
  ]);
}

function ways({ layer, head, position }: PatchCell, result: PatchResult, events: DetailEvents): Child[] {
  const [map] = result.maps;
  const { layers, heads } = result.request;
  const only = (chosen: number[] | null, one: number) => chosen?.length === 1 && chosen[0] === one;
  if (map === undefined) return [];
  const { site, grid } = map;
  if (head === null) {
    const next: NextMap = { site: "z", grid: "head_position", layers: [layer], heads: null };
    return [
      button("patch-heads-here", `Patch the heads of layer ${layer} at this position`, () =>
        events.ask(next, position),
      ),
    ];
  }
  const byPlace = (some: Pick<NextMap, "layers" | "heads">): NextMap => ({
    site,
    grid: "head_position",
    ...some,
  });
  const isThisHead = grid === "head_position" && only(layers, layer) && only(heads, head);
  const isThisLayer = grid === "head_position" && only(layers, layer) && heads === null;
  return [
    SITES[site].attends &&
      button("patch-open-head", `Open head ${layer}.${head} in Attention`, () =>
        events.openHead({ layer, head }),
      ),
    !isThisHead &&
      button("patch-this-head", `Patch head ${layer}.${head} by position`, () =>
        events.ask(byPlace({ layers: [layer], heads: [head] }), position),
      ),
    !isThisLayer &&
      button("patch-this-layer", `Patch the heads of layer ${layer} by position`, () =>
        events.ask(byPlace({ layers: [layer], heads: null }), position),
      ),
  ];
}

const upperFirst = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
