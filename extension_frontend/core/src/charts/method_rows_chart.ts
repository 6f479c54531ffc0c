/** Several rows of scores over the same tokens as a chart: long prompts wrap, all rows together. */
import { cellWidth } from "./fitting.js";
import { type HeatCell, heatCell } from "./heat_cell.js";
import { chart, type SvgChild, svg } from "./svg.js";

export interface ScoredRow {
  readonly label: string;
  readonly note: string;
  /** As many as every other row has. */
  readonly cells: readonly HeatCell[];
}

const WIDTH = 720;
const HEAD = 28;
const LABEL = 16;
const ROW = 54;
const TALL = 19;
const BETWEEN = 14;

export function methodRowsChart(rows: readonly ScoredRow[], title: string): SVGSVGElement {
  const stretches = wrapped(widthsOf(rows));
  const block = rows.length * ROW + BETWEEN;
  const height = HEAD + stretches.length * block + 12;
  return chart({ width: WIDTH, height, name: title }, [
    svg("text", { x: 0, y: 14, class: "gp-chart-title" }, [title]),
    ...stretches.flatMap((stretch, at) =>
      rows.flatMap((row, index) => drawn(row, stretch, HEAD + at * block + index * ROW, at === 0)),
    ),
    svg("text", { x: 0, y: height - 5, class: "gp-chart-quiet" }, [
      "solid line, +: pushes for it · dashed line, −: against it · each row has a scale of its own",
    ]),
  ]);
}

interface Placed {
  readonly column: number;
  readonly x: number;
  readonly width: number;
}

function widthsOf(rows: readonly ScoredRow[]): number[] {
  return (rows[0]?.cells ?? []).map((_, column) =>
    Math.max(
      ...rows.map(({ cells }) => {
        const cell = cells[column];
        return cell === undefined ? 0 : cellWidth(cell.text, cell.number);
      }),
    ),
  );
}

/** As many columns to a line as fit; one that is wider than a line has its own. */
function wrapped(widths: readonly number[]): Placed[][] {
  const lines: Placed[][] = [[]];
  let x = 0;
  widths.forEach((width, column) => {
    if (x + width > WIDTH && x > 0) {
      lines.push([]);
      x = 0;
    }
    lines.at(-1)?.push({ column, x, width });
    x += width + 3;
  });
  return lines;
}

function drawn(row: ScoredRow, stretch: readonly Placed[], y: number, noted: boolean): SvgChild[] {
  return [
    svg("text", { x: 0, y: y + 11, class: "gp-chart-quiet" }, [
      noted ? `${row.label} · ${row.note}` : row.label,
    ]),
    ...stretch.flatMap(({ column, x, width }) => {
      const cell = row.cells[column];
      return cell === undefined ? [] : heatCell(cell, x, y + LABEL, width, TALL);
    }),
  ];
}
