/** Rows of scores over the same columns: they scroll together, and a column pointed at lights up in all of them. */
import { columns } from "../charts/fitting.js";
import type { HeatSign } from "../heat.js";
import { heatClass } from "../palette.js";
import { type Child, element, numberAt } from "./element.js";

export interface AlignedCell {
  /** The token, or the sign of what happened to it. */
  readonly text: string;
  /** The number below it. */
  readonly number: string;
  readonly level: number;
  readonly sign: HeatSign;
  readonly special: boolean;
  /** What an edit did to it, said by decoration and not by colour alone. */
  readonly edit?: "added" | "removed" | "replaced" | null;
  /** All of it in words. */
  readonly said: string;
}

export interface AlignedRow {
  /** Stands above the cells and does not scroll with them. */
  readonly head: readonly Child[];
  /** Null where this row has nothing in a column; no cells at all: the head says why. */
  readonly cells: readonly (AlignedCell | null)[];
}

export interface AlignedRows {
  readonly element: HTMLElement;
  /** Lights up a column (null: none) without being pointed at. */
  point(column: number | null): void;
}

/** Room around a cell's text, in characters. */
const ROOM = 1;
/** A number's characters in those of the text above it. */
const NUMBER = 0.8;

/** `reading`: what is said about a column pointed at; `onPoint` hears which it is (null: none). */
export function alignedRows(
  rows: readonly AlignedRow[],
  name: string,
  reading: (column: number) => string,
  onPoint: (column: number | null) => void,
): AlignedRows {
  const widths = widthsOf(rows);
  const cells: (HTMLElement | null)[][] = rows.map((row) =>
    row.cells.map((cell, column) => (cell === null ? null : drawn(cell, column, widths[column] ?? 1))),
  );
  const readout = element("p", { class: "gp-aligned-reading gp-quiet", role: "status" });
  const box = element(
    "div",
    { class: "gp-aligned", role: "group", "aria-label": name, "data-scroll": "aligned" },
    rows.map(({ head }, row) =>
      element("div", { class: "gp-aligned-row" }, [
        element("div", { class: "gp-aligned-head" }, [element("div", {}, head)]),
        element(
          "div",
          { class: "gp-aligned-cells" },
          (cells[row] ?? []).map((cell, column) => cell ?? gap(widths[column] ?? 1)),
        ),
      ]),
    ),
  );
  cells
    .flat()
    .find((cell) => cell !== null)
    ?.setAttribute("tabindex", "0");
  const point = (column: number | null) => {
    for (const lit of box.querySelectorAll(".gp-lit")) lit.classList.remove("gp-lit");
    readout.textContent = column === null ? "" : reading(column);
    if (column !== null) for (const row of cells) row[column]?.classList.add("gp-lit");
  };
  const hear = (target: EventTarget | null) => {
    const column = numberAt(target, "column");
    point(column);
    onPoint(column);
  };
  box.addEventListener("pointerover", (event) => hear(event.target));
  box.addEventListener("pointerleave", () => hear(null));
  box.addEventListener("focusin", (event) => hear(event.target));
  box.addEventListener("focusout", () => hear(null));
  box.addEventListener("keydown", (event) => {
    const to = neighbour(cells, event);
    if (to === null) return;
    event.preventDefault();
    for (const cell of cells.flat()) cell?.setAttribute("tabindex", "-1");
    to.setAttribute("tabindex", "0");
    to.focus();
  });
  return { element: element("div", {}, [box, readout]), point };
}

function drawn(cell: AlignedCell, column: number, width: number): HTMLElement {
  const heat = cell.special ? "gp-special" : heatClass(cell);
  return element(
    "div",
    {
      class: "gp-cell",
      "data-column": column,
      role: "note",
      tabindex: -1,
      "aria-label": cell.said,
      "--gp-columns": width.toFixed(1),
    },
    [
      element("span", { class: `gp-cell-text ${heat}${cell.edit ? ` gp-edit-${cell.edit}` : ""}` }, [
        cell.text,
      ]),
      element("span", { class: "gp-cell-number" }, [cell.number]),
    ],
  );
}

const gap = (width: number): HTMLElement =>
  element("div", { class: "gp-cell", "aria-hidden": "true", "--gp-columns": width.toFixed(1) });

/** Of each column, in characters. */
function widthsOf(rows: readonly AlignedRow[]): number[] {
  const widths: number[] = [];
  for (const { cells } of rows) {
    cells.forEach((cell, column) => {
      const wanted =
        cell === null ? 0 : Math.max(columns(cell.text), NUMBER * Array.from(cell.number).length) + ROOM;
      widths[column] = Math.max(widths[column] ?? 0, wanted);
    });
  }
  return widths;
}

/** The cell that a key leads to from the one that has the focus. */
function neighbour(
  cells: readonly (readonly (HTMLElement | null)[])[],
  { key, target }: KeyboardEvent,
): HTMLElement | null {
  const row = cells.findIndex((each) => each.includes(target as HTMLElement));
  const here = cells[row];
  if (here === undefined) return null;
  const column = here.indexOf(target as HTMLElement);
  const first = (found: readonly (HTMLElement | null | undefined)[]) => found.find((cell) => cell) ?? null;
  const above = cells.slice(0, row).reverse();
  switch (key) {
    case "ArrowRight":
      return first(here.slice(column + 1));
    case "ArrowLeft":
      return first(here.slice(0, column).reverse());
    case "Home":
      return first(here);
    case "End":
      return first([...here].reverse());
    case "ArrowDown":
      return first(cells.slice(row + 1).map((each) => each[column]));
    case "ArrowUp":
      return first(above.map((each) => each[column]));
    default:
      return null;
  }
}
