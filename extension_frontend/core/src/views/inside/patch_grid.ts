/** A map as a drawing: layers up the page, tokens or heads as columns, coloured by what each cell moved. */
import { fitted } from "../../charts/fitting.js";
import { heatFill } from "../../charts/heat_cell.js";
import { chart, fitBetween, type SvgChild, svg } from "../../charts/svg.js";
import { visibleToken } from "../../heat.js";
import type { PatchMap, PatchResult } from "../../protocol.js";
import type { TokenWindow } from "../token_window.js";
import { gridSteps, type WalkEvents, walkedShapes } from "../walked_shapes.js";
import { cellSentence, differsAt, type PatchCell, type PatchRow, type PatchRows } from "./patch_cells.js";
import { headline } from "./patch_words.js";

export interface PatchGrid {
  readonly chart: SVGSVGElement;
  /** The cell that is opened. */
  choose(index: number | null): void;
}

export type PatchGridEvents = WalkEvents<PatchCell>;

const LEFT = 46;
const RIGHT = 14;
/** Columns from which a map may be scrolled: its rows are named on both sides. */
const WIDE = 16;
const TOP = 18;
const NAMES = 82;
const NUMBERS = 16;
/** A cell that moves the answer away by this share of the largest has a dashed border: colour is not all that says it. */
const AWAY = -0.1;

export function patchGrid(
  result: PatchResult,
  map: PatchMap,
  { rows, largest }: PatchRows,
  window: TokenWindow,
  events: PatchGridEvents,
): PatchGrid {
  const byPosition = map.axes.at(-1)?.name === "position";
  const places = (map.axes.at(-1)?.places ?? []).slice(window.from, window.to);
  const wide = Math.max(18, Math.min(34, Math.floor(270 / places.length)));
  const tall = Math.max(13, Math.min(24, Math.floor(420 / rows.length)));
  const right = places.length > WIDE ? LEFT : RIGHT;
  const bottom = TOP + rows.length * tall;
  const [width, height] = [LEFT + places.length * wide + right, bottom + (byPosition ? NAMES : NUMBERS) + 4];
  const drawn = rows.map(({ cells }) => cells.slice(window.from, window.to));
  const y = (row: number) => bottom - (row + 1) * tall;
  const shapes = new Map<PatchCell, SVGRectElement>();
  const square = (cell: PatchCell, row: number, column: number): SVGElement[] => {
    const [x, top] = [LEFT + column * wide, y(row)];
    const strength = largest > 0 ? cell.effect / largest : 0;
    const shape = svg("rect", {
      x: x + 0.75,
      y: top + 0.75,
      width: wide - 1.5,
      height: tall - 1.5,
      rx: 2,
      class: strength < AWAY ? "gp-patch-cell gp-patch-away" : "gp-patch-cell",
      role: "button",
      tabindex: -1,
      "aria-label": cellSentence(cell, result),
      ...heatFill(strength, true),
    });
    shape.dataset.key = `patch-${cell.index}`;
    shapes.set(cell, shape);
    return cell.estimated
      ? [shape, svg("circle", { cx: x + wide / 2, cy: top + tall / 2, r: 1.7, class: "gp-patch-estimated" })]
      : [shape];
  };
  const made = chart({ width, height, name: headline(result) }, [
    ...drawn.flatMap((cells, row) => cells.flatMap((cell, column) => square(cell, row, column))),
    ...rowNames(rows, map, y, tall, right === LEFT ? width : null),
    ...(byPosition ? tokenNames(result, places, wide, bottom) : headNumbers(places, wide, bottom)),
  ]);
  made.classList.add("gp-patch-grid");
  fitBetween(made, { least: 0.85 * width, most: 1.3 * width });

  const strongest = drawn
    .flat()
    .reduce<PatchCell | null>(
      (best, cell) => (best === null || Math.abs(cell.effect) > Math.abs(best.effect) ? cell : best),
      null,
    );
  const walk = walkedShapes(made, { shapes, leadsTo: gridSteps(drawn), first: strongest }, events);
  return {
    chart: made,
    choose: (index) => walk.choose([...shapes.keys()].find((cell) => cell.index === index) ?? null),
  };
}

/** `width`: of the drawing, where the names stand on its right side too. */
function rowNames(
  rows: readonly PatchRow[],
  map: PatchMap,
  y: (row: number) => number,
  tall: number,
  width: number | null,
): SvgChild[] {
  const label = (words: string, place: Record<string, string | number>) =>
    svg("text", { class: "gp-chart-quiet", ...place }, [words]);
  const named = (place: Record<string, string | number>) => [
    label(map.axes.length === 3 ? "head" : "layer", { ...place, y: TOP - 6 }),
    ...rows.map(({ name }, row) =>
      label(name, { ...place, y: y(row) + tall / 2, "dominant-baseline": "central" }),
    ),
  ];
  return [
    ...named({ x: LEFT - 6, "text-anchor": "end" }),
    ...(width === null ? [] : named({ x: width - LEFT + 6 })),
  ];
}

function tokenNames(
  result: PatchResult,
  places: readonly number[],
  wide: number,
  bottom: number,
): SvgChild[] {
  return places.map((place, column) => {
    const [own, other] = [result.clean, result.corrupted].map(({ tokens }) =>
      visibleToken(tokens[place]?.text ?? ""),
    );
    const differs = differsAt(result, place);
    return svg(
      "text",
      {
        x: 0,
        y: 0,
        transform: `translate(${LEFT + (column + 0.5) * wide} ${bottom + 6}) rotate(${wide < 20 ? -90 : -60})`,
        "text-anchor": "end",
        "dominant-baseline": "central",
        class: differs ? "gp-chart-code gp-patch-swapped" : "gp-chart-code",
      },
      [
        differs ? svg("title", {}, [`${own} here, ${other} in the other prompt`]) : null,
        fitted(differs ? `${own}→${other}` : (own ?? ""), 12),
      ],
    );
  });
}

function headNumbers(places: readonly number[], wide: number, bottom: number): SvgChild[] {
  const every = Math.max(1, Math.ceil(16 / wide));
  return [
    svg("text", { class: "gp-chart-quiet", x: LEFT - 6, y: bottom + 12, "text-anchor": "end" }, ["head"]),
    ...places.map((place, column) =>
      column % every === 0
        ? svg(
            "text",
            {
              class: "gp-chart-quiet",
              x: LEFT + (column + 0.5) * wide,
              y: bottom + 12,
              "text-anchor": "middle",
            },
            [String(place)],
          )
        : null,
    ),
  ];
}
