/** A sum by layer: what attention and what the MLP of each adds, beside each other, and the terms of no layer. */
import { fitted } from "./fitting.js";
import { chart, type SvgChild, svg } from "./svg.js";

export interface LayerTerms {
  /** [layer] */
  readonly attention: readonly number[];
  readonly mlp: readonly number[];
  /** Below the layers, in this order from above. */
  readonly others: readonly (readonly [label: string, value: number])[];
  readonly total: readonly [label: string, value: number];
}

const ROW = 19;
const LABEL = 72;
const BARS = 84;
const VALUE = 44;
const GAP = 8;
const HEAD = 40;
const WIDTH = LABEL + 2 * (BARS + VALUE) + GAP;
const COLUMNS = [LABEL, LABEL + BARS + VALUE + GAP] as const;

/** `written`: a term as people read it. */
export function layerTermsChart(
  { attention, mlp, others, total }: LayerTerms,
  { title, written }: { title: string; written: (value: number) => string },
): SVGSVGElement {
  const largest = Math.max(0, ...[...attention, ...mlp, ...others.map(([, value]) => value)].map(Math.abs));
  const scale = largest > 0 ? BARS / 2 / largest : 0;
  const layers = attention.length;
  const below = HEAD + layers * ROW + GAP;
  const height = below + (others.length + 1) * ROW + 6;
  const label = (words: string, y: number) =>
    svg("text", { x: LABEL - 8, y: y + 13, "text-anchor": "end", class: "gp-chart-quiet" }, [words]);
  const zero = (column: 0 | 1, from: number, to: number) => {
    const x = COLUMNS[column] + BARS / 2;
    return svg("line", { class: "gp-chart-axis", x1: x, x2: x, y1: from, y2: to });
  };
  const bar = (value: number, column: 0 | 1, y: number, name: string, rest = false): SvgChild[] => {
    const [middle, width] = [COLUMNS[column] + BARS / 2, Math.abs(value) * scale];
    return [
      svg(
        "rect",
        {
          x: value < 0 ? middle - width : middle,
          y: y + 3,
          width,
          height: ROW - 6,
          class: `gp-chart-bar gp-chart-${rest ? "rest" : value < 0 ? "against" : "for"}`,
        },
        [svg("title", {}, [`${name}: ${written(value)}`])],
      ),
      svg("text", { x: COLUMNS[column] + BARS + 6, y: y + 13, class: "gp-chart-number" }, [written(value)]),
    ];
  };
  const sum = below + others.length * ROW;
  return chart({ width: WIDTH, height, name: title }, [
    svg("text", { x: 0, y: 13, class: "gp-chart-title" }, [fitted(title, 54)]),
    label("layer", HEAD - 20),
    ...["attention", "MLP"].map((words, column) =>
      svg(
        "text",
        {
          x: (COLUMNS[column] ?? 0) + BARS / 2,
          y: HEAD - 7,
          "text-anchor": "middle",
          class: "gp-chart-quiet",
        },
        [words],
      ),
    ),
    zero(0, HEAD - 2, sum),
    zero(1, HEAD - 2, HEAD + layers * ROW),
    ...attention.flatMap((value, layer) => {
      const y = HEAD + (layers - 1 - layer) * ROW;
      return [
        label(String(layer), y),
        ...bar(value, 0, y, `attention ${layer}`),
        ...bar(mlp[layer] ?? 0, 1, y, `MLP ${layer}`),
      ];
    }),
    ...others.flatMap(([words, value], at) => [
      label(words, below + at * ROW),
      ...bar(value, 0, below + at * ROW, words, true),
    ]),
    svg("line", { class: "gp-chart-axis", x1: 0, x2: COLUMNS[0] + BARS + VALUE, y1: sum + 2, y2: sum + 2 }),
    label("sum", sum + 2),
    svg("text", { x: COLUMNS[0] + BARS + 6, y: sum + 15, class: "gp-chart-title" }, [written(total[1])]),
    svg("text", { x: COLUMNS[1] + 8, y: sum + 15, class: "gp-chart-quiet" }, [total[0]]),
  ]);
}
