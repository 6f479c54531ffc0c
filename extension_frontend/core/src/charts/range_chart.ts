/** One figure as a dot beside the band that holds 95 % of its random values. */
import { svg } from "./svg.js";

/** What is drawn, all in one unit. */
export interface Range {
  readonly value: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** Which end is the better one; null: neither. */
  readonly direction: "higher" | "lower" | null;
  /** The dot's shape says it too: full, hollow or crossed. */
  readonly standing: "better" | "same" | "worse";
  /** For who cannot see it. */
  readonly name: string;
}

const WIDTH = 200;
const HEIGHT = 30;
const EDGE = 8;
const LINE = 10;

/** Unlabelled but for its better end, if one is: the numbers stand beside it in words. */
export function rangeChart(range: Range): SVGSVGElement {
  const { value, mean, low, high } = range;
  const least = Math.min(value, low, mean);
  const most = Math.max(value, high, mean);
  const at = (number: number) =>
    most > least ? EDGE + ((number - least) / (most - least)) * (WIDTH - 2 * EDGE) : WIDTH / 2;
  return svg(
    "svg",
    { class: "gp-range", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": range.name },
    [
      svg("title", {}, [range.name]),
      svg("line", { class: "gp-chart-axis", x1: 0, x2: WIDTH, y1: LINE, y2: LINE }),
      svg("rect", {
        class: "gp-range-band",
        x: at(low) - 1,
        width: Math.max(2, at(high) - at(low) + 2),
        y: LINE - 5,
        height: 10,
        rx: 1,
      }),
      svg("line", { class: "gp-range-mean", x1: at(mean), x2: at(mean), y1: LINE - 6, y2: LINE + 6 }),
      ...dot(range.standing, at(value)),
      ...betterEnd(range.direction),
    ],
  );
}

function betterEnd(direction: Range["direction"]): SVGElement[] {
  if (direction === null) return [];
  const higher = direction === "higher";
  return [
    svg(
      "text",
      {
        class: "gp-chart-quiet gp-chart-small",
        x: higher ? WIDTH : 0,
        y: HEIGHT - 2,
        "text-anchor": higher ? "end" : "start",
      },
      [higher ? "better →" : "← better"],
    ),
  ];
}

function dot(standing: Range["standing"], x: number): SVGElement[] {
  if (standing === "worse") {
    const cross = `M${x - 4.5},${LINE - 4.5}l9,9m0,-9l-9,9`;
    return [svg("path", { class: "gp-range-worse", d: cross })];
  }
  return [svg("circle", { class: `gp-range-${standing}`, cx: x, cy: LINE, r: 4.5 })];
}
