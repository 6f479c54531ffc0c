/** What every layer would say as a drawing: layers up the page, tokens as columns, in each cell the likeliest token. */
import { fittedColumns, columns as lettersOf } from "../../charts/fitting.js";
import { heatFill } from "../../charts/heat_cell.js";
import { chart, fitBetween, type SvgChild, svg } from "../../charts/svg.js";
import { visibleToken } from "../../heat.js";
import type { LensResult } from "../../protocol.js";
import type { TokenWindow } from "../token_window.js";
import { gridSteps, type WalkEvents, walkedShapes } from "../walked_shapes.js";
import { cellSentence, type LensCell, rowName } from "./lens_cells.js";
import type { Shade } from "./lens_shades.js";

export interface LensTable {
  readonly chart: SVGSVGElement;
  /** The cell that is opened. */
  choose(index: number | null): void;
}

const NAMES = 74;
const WIDE = 58;
const TALL = 21;
const TOP = 18;
/** Letters of the chart's code font that a cell has room for. */
const LETTERS = 7;
/** Letters of a token below its column, and what each of them takes of the height there, slanted. */
const TOKEN_LETTERS = 13;
const LETTER_TALL = 5.2;
/** Columns from which the table may be scrolled: its rows are named on both sides. */
const SCROLLED = 5;
/** Below this depth a cell speaks for the other answer: its border is dashed, for colour is not all that says it. */
const AGAINST = -0.1;

/** `rows`: of all positions, the embedding first; `window`: the columns that are drawn. */
export function lensTable(
  result: LensResult,
  rows: readonly (readonly LensCell[])[],
  shade: Shade,
  window: TokenWindow,
  events: WalkEvents<LensCell>,
): LensTable {
  const drawn = rows.map((cells) => cells.slice(window.from, window.to));
  const columns = window.to - window.from;
  const right = columns > SCROLLED ? NAMES : 6;
  const bottom = TOP + drawn.length * TALL;
  const names = (drawn[0] ?? []).map(({ position }) => tokenName(result, position));
  const longest = names.reduce((most, name) => Math.max(most, lettersOf(name)), 0);
  const [width, height] = [NAMES + columns * WIDE + right, bottom + 20 + LETTER_TALL * longest];
  const shapes = new Map<LensCell, SVGRectElement>();
  const cellAt = (cell: LensCell, column: number): SvgChild[] => {
    const [x, y] = [NAMES + column * WIDE, bottom - (cell.row + 1) * TALL];
    const depth = shade.depth(cell);
    const shape = svg("rect", {
      x: x + 1,
      y: y + 1,
      width: WIDE - 2,
      height: TALL - 2,
      rx: 2,
      class: `gp-lens-cell${shade.signed && depth < AGAINST ? " gp-patch-away" : ""}`,
      role: "button",
      tabindex: -1,
      "aria-label": cellSentence(cell, result),
      ...heatFill(depth, shade.signed),
    });
    shape.dataset.key = `lens-${cell.index}`;
    shapes.set(cell, shape);
    return [
      shape,
      cell.appears && appearsMark(x, y, WIDE, TALL),
      cell.settles && settlesMark(x, y),
      svg(
        "text",
        {
          x: x + 7,
          y: y + TALL / 2 + 1,
          "dominant-baseline": "central",
          "xml:space": "preserve",
          class: `gp-chart-code gp-lens-word${cell.saysAnswer ? " gp-lens-answer" : ""}`,
        },
        [fittedColumns(visibleToken(cell.likely[0]?.text ?? ""), LETTERS)],
      ),
    ];
  };
  const made = chart({ width, height, name: tableName(result) }, [
    ...drawn.flatMap((cells) => cells.flatMap(cellAt)),
    ...rowNames(result, bottom, right === NAMES ? width : null),
    ...(drawn[0] ?? []).flatMap(({ position }, column) =>
      tokenBelow(names[column] ?? "", position === result.position, column, bottom),
    ),
  ]);
  made.classList.add("gp-lens-table");
  fitBetween(made, { least: 0.9 * width, most: 1.1 * width });
  const all = drawn.flat();
  const first = all.find(({ appears }) => appears) ?? all.at(-1) ?? null;
  const walk = walkedShapes(made, { shapes, leadsTo: gridSteps(drawn), first }, events);
  return {
    chart: made,
    choose: (index) => walk.choose([...shapes.keys()].find((cell) => cell.index === index) ?? null),
  };
}

/** E.g. "“ Paris” after each layer of demo-lm" */
export function tableName({ answer, versus, subject }: LensResult): string {
  const against = versus === null ? "" : ` rather than ${visibleToken(versus.text)}`;
  return `${visibleToken(answer.text)}${against} after each layer of ${subject.name}`;
}

/** A frame: from this cell on the answer stays first. */
export function appearsMark(x: number, y: number, wide: number, tall: number): SVGElement {
  return svg("rect", {
    x: x + 2,
    y: y + 2,
    width: wide - 4,
    height: tall - 4,
    rx: 1,
    class: "gp-lens-appears",
  });
}

/** A corner: from this cell on the model's own word stays first. */
export function settlesMark(x: number, y: number): SVGElement {
  return svg("path", { d: `M${x + 2},${y + 2}h7l-7,7z`, class: "gp-lens-settles" });
}

/** `width`: of the drawing, where the names stand on its right side too. */
function rowNames(result: LensResult, bottom: number, width: number | null): SvgChild[] {
  const named = (place: Readonly<Record<string, string | number>>): SvgChild[] => [
    svg("text", { class: "gp-chart-quiet", ...place, y: TOP - 6 }, ["layers"]),
    ...Array.from({ length: result.layers + 1 }, (_, row) =>
      svg(
        "text",
        {
          class: "gp-chart-quiet",
          ...place,
          y: bottom - (row + 0.5) * TALL,
          "dominant-baseline": "central",
        },
        [rowName(row, result)],
      ),
    ),
  ];
  return [
    ...named({ x: NAMES - 6, "text-anchor": "end" }),
    ...(width === null ? [] : named({ x: width - NAMES + 6 })),
  ];
}

const tokenName = ({ tokens }: LensResult, position: number) =>
  fittedColumns(visibleToken(tokens[position]?.text ?? ""), TOKEN_LETTERS);

/** `isRead`: the answer is read after it, so that it has a mark above its column too. */
function tokenBelow(name: string, isRead: boolean, column: number, bottom: number): SvgChild[] {
  const middle = NAMES + (column + 0.5) * WIDE;
  return [
    isRead && svg("path", { d: `M${middle - 5},${TOP - 11}h10l-5,8z`, class: "gp-lens-read" }),
    svg(
      "text",
      {
        x: 0,
        y: 0,
        transform: `translate(${middle} ${bottom + 7}) rotate(-50)`,
        "text-anchor": "end",
        "dominant-baseline": "central",
        "xml:space": "preserve",
        class: isRead ? "gp-chart-code gp-patch-swapped" : "gp-chart-code",
      },
      [name],
    ),
  ];
}
