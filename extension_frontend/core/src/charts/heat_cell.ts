/** A token in a chart: its heat, its line, its number. Sign is told by line and number, not by colour alone. */
import type { HeatSign } from "../heat.js";
import { type SvgChild, svg } from "./svg.js";

export interface HeatCell {
  readonly text: string;
  readonly number: string;
  readonly level: number;
  readonly sign: HeatSign;
  readonly special: boolean;
}

/** `tall`: height of the heat; its line and its number take another 15 below it. */
export function heatCell(cell: HeatCell, x: number, y: number, width: number, tall: number): SvgChild[] {
  const { text, number, level, sign, special } = cell;
  const heat = level === 0 || special || sign === "none" ? "none" : `${sign}-${Math.abs(level)}`;
  const at = { x: x + 3, "xml:space": "preserve" };
  const ink = special ? "gp-chart-quiet" : heat === "none" ? "" : "gp-chart-on-heat";
  return [
    svg("rect", { x, y, width, height: tall, rx: 2, class: `gp-chart-heat-${heat}` }),
    svg("text", { ...at, y: y + tall - 6, class: `gp-chart-code ${ink}` }, [text]),
    svg("line", {
      x1: x + 1,
      x2: x + width - 1,
      y1: y + tall + 2,
      y2: y + tall + 2,
      class: `gp-chart-line-${special ? "none" : sign}`,
    }),
    svg("text", { ...at, y: y + tall + 13, class: "gp-chart-quiet gp-chart-small" }, [number]),
  ];
}

/** The strongest colour of a side, as opaque as `value` is large: −1 … 1, or 0 … 1 where there is no sign. */
export function heatFill(value: number, signed: boolean): { fill: string; "fill-opacity": string } {
  const side = !signed ? "unsigned" : value < 0 ? "against" : "for";
  const opacity = Number.isFinite(value) ? Math.min(1, Math.abs(value)) : 0;
  return { fill: `var(--gp-heat-${side}-5)`, "fill-opacity": opacity.toFixed(3) };
}
