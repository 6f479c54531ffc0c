/** One cell opened: what it says, and what can be asked next about its head or place. */
import type { PatchMap, PatchResult } from "../../protocol.js";
import type { HeadPlace } from "../attention/head_grid.js";
import { button, type Child, element } from "../element.js";
import { upperFirst } from "../figures.js";
import type { PatchQuestion } from "../side_state.js";
import type { PartEvents } from "./part.js";
import { cellName, cellSentence, type PatchCell } from "./patch_cells.js";
import { SITES } from "./patch_words.js";

/** A map asked for from a cell of another; the rest is as before. */
export type NextMap = Pick<PatchQuestion, "site" | "grid" | "layers" | "heads">;

export interface DetailEvents {
  /** `at`: the position that the cell is about, to be found again in the next map. */
  readonly ask: ((next: NextMap, at: number | null) => void) | null;
  openHead(place: HeadPlace): void;
  readonly goOn: PartEvents["goOn"];
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

function ways(cell: PatchCell, result: PatchResult, events: DetailEvents): Child[] {
  const { layer, head } = cell;
  const [map] = result.maps;
  if (map === undefined) return [];
  const place = { layer, head, position: cell.position };
  return [
    head !== null &&
      SITES[map.site].attends &&
      button("patch-open-head", `Open head ${layer}.${head} in Attention`, () =>
        events.openHead({ layer, head }),
      ),
    ...(events.ask === null ? [] : nextMaps(cell, map, result, events.ask)),
    button("go-on-circuit", "Which circuit carries it?", () => events.goOn("circuit", place)),
    button("go-on-lens", "What does the stream say here?", () => events.goOn("lens", place)),
    button("go-on-probe", "Probe it here", () => events.goOn("probe", place)),
  ];
}

function nextMaps(
  { layer, head, position }: PatchCell,
  { site, grid }: PatchMap,
  { request: { layers, heads } }: PatchResult,
  ask: NonNullable<DetailEvents["ask"]>,
): Child[] {
  const way = (key: string, label: string, next: NextMap) => button(key, label, () => ask(next, position));
  if (head === null) {
    const next: NextMap = { site: "z", grid: "head_position", layers: [layer], heads: null };
    return [way("patch-heads-here", `Patch the heads of layer ${layer} at this position`, next)];
  }
  const only = (chosen: readonly number[] | null, one: number) => chosen?.length === 1 && chosen[0] === one;
  const inLayer = grid === "head_position" && only(layers, layer);
  const byPosition = { site, grid: "head_position", layers: [layer] } as const;
  return [
    !(inLayer && only(heads, head)) &&
      way("patch-this-head", `Patch head ${layer}.${head} by position`, { ...byPosition, heads: [head] }),
    !(inLayer && heads === null) &&
      way("patch-this-layer", `Patch the heads of layer ${layer} by position`, {
        ...byPosition,
        heads: null,
      }),
  ];
}
