/** The heat strip as a chart: wraps, and carries the sign by line and number, not by colour alone. */
import type { TokenRow } from "../heat.js";
import { cellWidth } from "./fitting.js";
import { heatCell } from "./heat_cell.js";
import { chart, type SvgChild, svg } from "./svg.js";

const WIDTH = 410;
const HEAD = 28;
const LINE = 44;
const TALL = 20;

export function stripChart(
  rows: readonly TokenRow[],
  { title, signed, written }: { title: string; signed: boolean; written: (score: number) => string },
): SVGSVGElement {
  const marks: SvgChild[] = [];
  let [x, y] = [0, HEAD];
  for (const row of rows) {
    const number = row.special ? "" : written(row.score);
    const width = cellWidth(row.shown, number);
    if (x + width > WIDTH && x > 0) [x, y] = [0, y + LINE];
    marks.push(...heatCell({ ...row, text: row.shown, number }, x, y, width, TALL));
    x += width + 3;
    if (row.token.text.includes("\n")) [x, y] = [0, y + LINE];
  }
  const height = y + LINE + 16;
  const legend = signed
    ? "solid line, +: pushes for it · dashed line, −: against it"
    : "strength, without direction";
  return chart({ width: WIDTH, height, name: title }, [
    svg("text", { x: 0, y: 14, class: "gp-chart-title" }, [title]),
    ...marks,
    svg("text", { x: 0, y: height - 5, class: "gp-chart-quiet" }, [legend]),
  ]);
}
