/** The answer forced after each step of a chain: where it is the whole chain's answer by then. */
import type { EarlyAnswer } from "../protocol.js";
import { fitted } from "./fitting.js";
import { chart, type SvgChild, svg } from "./svg.js";

const WIDTH = 360;
const LEFT = 70;
const RIGHT = 24;
const SAME = 40;
const OTHER = 76;
const FOOT = 102;
const HEIGHT = 122;

export function earlyChart(points: readonly EarlyAnswer[]): SVGSVGElement {
  const step = points.length > 1 ? (WIDTH - LEFT - RIGHT) / (points.length - 1) : 0;
  const x = (index: number) => LEFT + index * step;
  const y = ({ same }: EarlyAnswer) => (same === true ? SAME : OTHER);
  const letters = Math.max(2, Math.floor(step / 7));
  const level = (at: number, name: string): SvgChild[] => [
    svg("line", { class: "gp-chart-axis", x1: LEFT - 8, x2: WIDTH - RIGHT + 8, y1: at, y2: at }),
    svg("text", { class: "gp-chart-quiet", x: LEFT - 14, y: at + 4, "text-anchor": "end" }, [name]),
  ];
  const line = points.map((point, index) => `${round(x(index))},${y(point)}`).join(" ");
  const name = "The answer after each step";
  return chart({ width: WIDTH, height: HEIGHT, name }, [
    svg("text", { x: 0, y: 13, class: "gp-chart-title" }, [name]),
    ...level(SAME, "the same"),
    ...level(OTHER, "another"),
    svg("polyline", { class: "gp-curve-value", points: line }),
    ...points.flatMap((point, index): SvgChild[] => [
      // Full where it is the chain's answer, hollow where not.
      svg("circle", {
        class: point.same === true ? "gp-range-better" : "gp-range-same",
        cx: x(index),
        cy: y(point),
        r: 4,
      }),
      svg("text", { class: "gp-chart-code", x: x(index), y: y(point) - 8, "text-anchor": "middle" }, [
        fitted(point.answer ?? "none", letters),
      ]),
      svg("text", { class: "gp-chart-quiet", x: x(index), y: FOOT, "text-anchor": "middle" }, [
        String(point.after),
      ]),
    ]),
    svg(
      "text",
      { class: "gp-chart-quiet", x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 4, "text-anchor": "middle" },
      ["steps that the model was shown"],
    ),
  ]);
}

const round = (value: number): number => Math.round(10 * value) / 10;
