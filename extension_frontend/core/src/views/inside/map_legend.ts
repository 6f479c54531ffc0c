/** What the colours and marks of a map mean, and its strongest cells by name. */
import type { PatchMap, PatchResult } from "../../protocol.js";
import { button, element } from "../element.js";
import { figure } from "../figures.js";
import { cellName, type PatchCell, type PatchRows, strongestCells } from "./patch_cells.js";
import { towards, unit } from "./patch_words.js";

const LISTED = 8;

export function mapLegend(
  result: PatchResult,
  { hidden, rows, largest }: PatchRows,
  map: PatchMap,
): HTMLElement {
  const guesses = map.estimated.length > 0;
  return element("div", { class: "gp-patch-legend gp-quiet" }, [
    element("span", { class: "gp-scale" }, [
      `−${figure(largest)}`,
      element("span", { class: "gp-scale-bar gp-scale-signed", "aria-hidden": "true" }),
      `+${figure(largest)}`,
    ]),
    element("span", {}, [
      `${unit(result)}. `,
      result.refused === null
        ? `Orange: towards the ${towards(result)} run. Blue with a dashed border: away from it.`
        : "Orange: more. Blue with a dashed border: less.",
    ]),
    element("span", {}, [
      guesses
        ? "A dot: estimated from gradients (first order). No dot: computed exactly."
        : "Every cell is computed exactly.",
    ]),
    hidden > 0
      ? element("span", {}, [
          `The ${rows.length} heads with the strongest cells; ${hidden} more are not shown.`,
        ])
      : null,
  ]);
}

/** `look`: whether the list is open, kept while the map is refined. */
export function strongestList(
  rows: PatchRows,
  result: PatchResult,
  look: { listed: boolean },
  open: (cell: PatchCell) => void,
): HTMLElement | null {
  const cells = strongestCells(rows, LISTED);
  if (cells.length === 0) return null;
  const list = element("details", { class: "gp-disclosure", open: look.listed }, [
    element("summary", { "data-key": "disclosure-strongest" }, ["Strongest cells"]),
    element(
      "ol",
      { class: "gp-patch-strongest" },
      cells.map((cell) =>
        element("li", {}, [
          button(`strongest-${cell.index}`, cellName(cell, result), () => open(cell), {
            class: "gp-button gp-link gp-code",
          }),
          ` ${figure(cell.effect, true)}${cell.estimated ? ", estimated" : ""}`,
        ]),
      ),
    ),
  ]);
  list.addEventListener("toggle", () => {
    look.listed = list.open;
  });
  return list;
}
