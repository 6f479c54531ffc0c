/** The heat strip as a chart: wraps, and carries the sign by line and number, not by colour alone. */
import type { TokenRow } from "../heat.js";
import { chart, type SvgChild, svg } from "./svg.js";

const WIDTH = 410;
const CHARACTER = 7.4;
const DIGIT = 5.4;
const HEAD = 28;
const LINE = 44;

export function stripChart(
  rows: readonly TokenRow[],
  { title, signed, written }: { title: string; signed: boolean; written: (score: number) => string },
): SVGSVGElement {
  const marks: SvgChild[] = [];
  let [x, y] = [0, HEAD];
  for (const row of rows) {
    const number = row.special ? "" : written(row.score);
    const width = Math.max(columns(row.shown) * CHARACTER, number.length * DIGIT) + 6;
    if (x + width > WIDTH && x > 0) [x, y] = [0, y + LINE];
    marks.push(...mark(row, number, x, y, width));
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

function mark(row: TokenRow, number: string, x: number, y: number, width: number): SvgChild[] {
  const heat = row.level === 0 || row.special ? "none" : `${row.sign}-${Math.abs(row.level)}`;
  const at = { x: x + 3, "xml:space": "preserve" };
  return [
    svg("rect", { x, y, width, height: 20, rx: 2, class: `gp-chart-heat-${heat}` }),
    svg(
      "text",
      {
        ...at,
        y: y + 14,
        class: `gp-chart-code ${row.special ? "gp-chart-quiet" : heat === "none" ? "" : "gp-chart-on-heat"}`,
      },
      [row.shown],
    ),
    svg("line", { x1: x + 1, x2: x + width - 1, y1: y + 22, y2: y + 22, class: `gp-chart-line-${row.sign}` }),
    svg("text", { ...at, y: y + 33, class: "gp-chart-quiet gp-chart-small" }, [number]),
  ];
}

/** Width in characters of a fixed-width font: East Asian ones and signs of the higher planes take two. */
export function columns(text: string): number {
  return Array.from(text).reduce(
    (sum, character) =>
      sum +
      (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/.test(character) ||
      (character.codePointAt(0) ?? 0) > 0xffff
        ? 2
        : 1),
    0,
  );
}
