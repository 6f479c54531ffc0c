/** The strongest tokens as signed bars around zero. */
import type { TokenRow } from "../heat.js";
import { fitted } from "./fitting.js";
import { chart, type SvgChild, svg } from "./svg.js";

/** One bar; `rest`: the sum of all that have none of their own. */
export interface Bar {
  readonly label: string;
  readonly score: number;
  /** As in `TokenRow`; 0 for the rest. */
  readonly level: number;
  readonly rest: boolean;
}

/** Bars drawn before the rest is summed up in one. */
const TOP = 12;

/** The strongest rows, the largest first, and what all others add up to, special tokens included. */
export function barsOf(rows: readonly TokenRow[], name: string, top = TOP): Bar[] {
  const written = rows.filter((row) => !row.special);
  const strongest = [...written]
    .sort((one, other) => Math.abs(other.score) - Math.abs(one.score) || one.index - other.index)
    .slice(0, top);
  const shown = new Set(strongest);
  const others = rows.filter((row) => !shown.has(row));
  const bars = strongest.map(({ shown: label, score, level }) => ({ label, score, level, rest: false }));
  if (others.length === 0) return bars;
  const score = others.reduce((sum, row) => sum + row.score, 0);
  return [...bars, { label: `${others.length} other ${name}`, score, level: 0, rest: true }];
}

const ROW = 20;
const LABEL = 130;
const BARS = 220;
const VALUE = 60;
const HEAD = 24;
const FOOT = 20;
const WIDTH = LABEL + BARS + VALUE;

/** `title`: what was explained; `written`: a score as people read it. */
export function barChart(
  bars: readonly Bar[],
  {
    title,
    signed,
    written,
    legend = signed ? "+ pushes for it · − pushes against it" : "strength, without direction",
  }: { title: string; signed: boolean; written: (score: number) => string; legend?: string },
): SVGSVGElement {
  const largest = Math.max(...bars.map((bar) => Math.abs(bar.score)), 0);
  const twoSided = bars.some((bar) => bar.score < 0);
  const zero = LABEL + (twoSided ? BARS / 2 : 0);
  const scale = largest > 0 ? (twoSided ? BARS / 2 : BARS) / largest : 0;
  const height = HEAD + bars.length * ROW + FOOT;
  return chart({ width: WIDTH, height, name: title }, [
    svg("text", { x: 0, y: 13, class: "gp-chart-title" }, [fitted(title, 70)]),
    svg("line", { class: "gp-chart-axis", x1: zero, x2: zero, y1: HEAD - 4, y2: height - FOOT + 2 }),
    ...bars.flatMap((bar, at) => drawn(bar, HEAD + at * ROW, zero, scale, signed, written)),
    svg("text", { x: 0, y: height - 5, class: "gp-chart-quiet" }, [legend]),
  ]);
}

function drawn(
  bar: Bar,
  y: number,
  zero: number,
  scale: number,
  signed: boolean,
  written: (score: number) => string,
): SvgChild[] {
  const width = Math.abs(bar.score) * scale;
  const side = bar.rest ? "rest" : !signed ? "unsigned" : bar.score < 0 ? "against" : "for";
  return [
    svg(
      "text",
      {
        x: LABEL - 6,
        y: y + 13,
        "text-anchor": "end",
        class: bar.rest ? "gp-chart-quiet" : "gp-chart-code",
        "xml:space": "preserve",
      },
      [fitted(bar.label, 17)],
    ),
    svg("rect", {
      x: bar.score < 0 ? zero - width : zero,
      y: y + 2,
      width,
      height: ROW - 6,
      class: `gp-chart-bar gp-chart-${side}`,
    }),
    svg("text", { x: LABEL + BARS + 6, y: y + 13, class: "gp-chart-number" }, [written(bar.score)]),
  ];
}
