/** The answer as tokens are left out or put in, beside the same for random rankings. */
import type { FaithfulnessCurve } from "../protocol.js";
import { fitted } from "./fitting.js";
import { chart, type SvgChild, svg } from "./svg.js";

const WIDTH = 420;
const HEAD = 62;
const PLOT = { left: 44, width: 354, height: 150 };
const FOOT = 38;
const HEIGHT = HEAD + PLOT.height + FOOT;

const SAID = {
  deletion: {
    title: "Deletion: the strongest tokens are left out first",
    better: "The faster it falls, the better.",
    across: "share of the tokens left out",
  },
  insertion: {
    title: "Insertion: the strongest tokens are put in first",
    better: "The faster it rises, the better.",
    across: "share of the tokens put in",
  },
} as const;

/** `measured`: what falls and rises, as a phrase; `written`: a value of it as people read it. */
export function curveChart(
  curve: FaithfulnessCurve,
  { measured, written }: { measured: string; written: (value: number) => string },
): SVGSVGElement {
  const { title, better, across } = SAID[curve.name];
  const [least, most] = extent([...curve.values, ...curve.random_low, ...curve.random_high]);
  const x = (fraction: number) => PLOT.left + fraction * PLOT.width;
  const y = (value: number) => HEAD + PLOT.height - ((value - least) / (most - least)) * PLOT.height;
  const points = (values: readonly number[]) =>
    values.map((value, index) => `${round(x(curve.fractions[index] ?? 0))},${round(y(value))}`);
  const band = [...points(curve.random_high), ...points(curve.random_low).reverse()];
  const bottom = HEAD + PLOT.height;
  return chart({ width: WIDTH, height: HEIGHT, name: `${title}. ${better}` }, [
    svg("text", { x: 0, y: 13, class: "gp-chart-title" }, [title]),
    svg("text", { x: 0, y: 28, class: "gp-chart-quiet" }, [fitted(`${measured} · ${better}`, 76)]),
    ...legend(45),
    ...ticks(least, most).flatMap((value): SvgChild[] => [
      svg("line", {
        class: "gp-chart-axis",
        x1: PLOT.left,
        x2: PLOT.left + PLOT.width,
        y1: y(value),
        y2: y(value),
      }),
      svg("text", { class: "gp-chart-quiet", x: PLOT.left - 6, y: y(value) + 4, "text-anchor": "end" }, [
        written(value),
      ]),
    ]),
    ...[0, 0.25, 0.5, 0.75, 1].map((share) =>
      svg("text", { class: "gp-chart-quiet", x: x(share), y: bottom + 15, "text-anchor": "middle" }, [
        `${100 * share} %`,
      ]),
    ),
    svg("text", { class: "gp-chart-quiet", x: x(0.5), y: bottom + 31, "text-anchor": "middle" }, [across]),
    svg("polygon", { class: "gp-range-band", points: band.join(" ") }),
    svg("polyline", { class: "gp-curve-random", points: points(curve.random_mean).join(" ") }),
    svg("polyline", { class: "gp-curve-value", points: points(curve.values).join(" ") }),
    ...points(curve.values).map((point) => {
      const [cx, cy] = point.split(",");
      return svg("circle", { class: "gp-curve-dot", cx: cx ?? 0, cy: cy ?? 0, r: 2 });
    }),
  ]);
}

function legend(y: number): SvgChild[] {
  const line = (from: number, name: string) =>
    svg("line", { class: name, x1: from, x2: from + 22, y1: y - 4, y2: y - 4 });
  const text = (x: number, said: string) => svg("text", { x, y, class: "gp-chart-quiet" }, [said]);
  return [
    line(PLOT.left, "gp-curve-value"),
    text(PLOT.left + 28, "this explanation"),
    line(PLOT.left + 124, "gp-curve-random"),
    text(PLOT.left + 152, "random, mean"),
    svg("rect", { class: "gp-range-band", x: PLOT.left + 238, y: y - 10, width: 22, height: 11 }),
    text(PLOT.left + 266, "95 % of random"),
  ];
}

/** Probabilities on their whole scale; other numbers on the one they need. */
function extent(values: readonly number[]): [least: number, most: number] {
  const least = values.reduce((low, value) => Math.min(low, value), Infinity);
  const most = values.reduce((high, value) => Math.max(high, value), -Infinity);
  if (least >= 0 && most <= 1) return [0, 1];
  return most > least ? [least, most] : [least - 1, most + 1];
}

function ticks(least: number, most: number): number[] {
  return [0, 0.25, 0.5, 0.75, 1].map((share) => least + share * (most - least));
}

const round = (value: number): number => Math.round(10 * value) / 10;
