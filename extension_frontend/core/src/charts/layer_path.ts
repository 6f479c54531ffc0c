/** How a figure goes up through the layers: a line for each thing that is followed. */
import { fitted } from "./fitting.js";
import { chart, type SvgChild, svg } from "./svg.js";

export interface LayerLine {
  readonly label: string;
  /** By row, the embedding first; where a number is not finite the line has a gap. */
  readonly values: readonly number[];
}

export interface LayerPath {
  readonly title: string;
  /** For who cannot see it. */
  readonly name: string;
  /** At most two: the second one is dashed. */
  readonly lines: readonly LayerLine[];
  /** What each row is called. */
  readonly rows: readonly string[];
  /** The row that is looked at. */
  readonly marked: number;
  /** A value as people read it. */
  readonly written: (value: number) => string;
  /** The ends of the scale, where they do not follow from the values. */
  readonly ends: readonly [least: number, most: number] | null;
}

const WIDTH = 330;
const HEAD = 40;
const PLOT = { left: 62, width: 252, height: 100 };
const FOOT = 22;
const HEIGHT = HEAD + PLOT.height + FOOT;
const BOTTOM = HEAD + PLOT.height;
/** Rows that are named: of more, every second, third, … */
const NAMED = 7;

export function layerPath({ title, name, lines, rows, marked, written, ends }: LayerPath): SVGSVGElement {
  const [least, most] = ends ?? extent(lines.flatMap(({ values }) => values));
  const x = (row: number) => PLOT.left + (rows.length > 1 ? row / (rows.length - 1) : 0.5) * PLOT.width;
  const y = (value: number) => BOTTOM - ((value - least) / (most - least)) * PLOT.height;
  const every = Math.ceil((rows.length - 1) / NAMED);
  return chart({ width: WIDTH, height: HEIGHT, name }, [
    svg("text", { x: 0, y: 13, class: "gp-chart-title" }, [fitted(title, 50)]),
    ...lines.flatMap(({ label }, at): SvgChild[] => [
      svg("line", {
        class: lineClass(at),
        x1: PLOT.left + 130 * at,
        x2: PLOT.left + 22 + 130 * at,
        y1: 26,
        y2: 26,
      }),
      svg("text", { x: PLOT.left + 28 + 130 * at, y: 30, class: "gp-chart-code" }, [fitted(label, 14)]),
    ]),
    ...[least, (least + most) / 2, most].flatMap((value): SvgChild[] => [
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
    svg("line", { class: "gp-path-marked", x1: x(marked), x2: x(marked), y1: HEAD - 4, y2: BOTTOM }),
    ...rows.map((row, at) =>
      at % every === 0 || at === rows.length - 1
        ? svg(
            "text",
            {
              class: "gp-chart-quiet",
              x: x(at),
              y: BOTTOM + 15,
              "text-anchor": at > 0 && at === rows.length - 1 ? "end" : "middle",
            },
            [
              // The last but one would run into it.
              at !== rows.length - 1 && rows.length - 1 - at < every ? "" : row,
            ],
          )
        : null,
    ),
    ...lines.flatMap(({ values }, at) => [
      ...stretches(values).map((stretch) =>
        svg("polyline", {
          class: lineClass(at),
          points: stretch.map(([row, value]) => `${round(x(row))},${round(y(value))}`).join(" "),
        }),
      ),
      ...values.map((value, row) =>
        Number.isFinite(value)
          ? svg("circle", { class: "gp-curve-dot", cx: round(x(row)), cy: round(y(value)), r: 2.2 }, [
              svg("title", {}, [`${rows[row] ?? ""}: ${written(value)}`]),
            ])
          : null,
      ),
    ]),
  ]);
}

const lineClass = (at: number) => (at === 0 ? "gp-curve-value" : "gp-curve-random");

function extent(values: readonly number[]): [least: number, most: number] {
  const known = values.filter(Number.isFinite);
  const least = known.reduce((low, value) => Math.min(low, value), Infinity);
  const most = known.reduce((high, value) => Math.max(high, value), -Infinity);
  if (known.length === 0) return [0, 1];
  return most > least ? [least, most] : [least - 1, most + 1];
}

/** Runs of numbers between gaps, each with its row. */
function stretches(values: readonly number[]): [row: number, value: number][][] {
  const found: [number, number][][] = [[]];
  values.forEach((value, row) => {
    if (Number.isFinite(value)) found.at(-1)?.push([row, value]);
    else found.push([]);
  });
  return found.filter((stretch) => stretch.length > 0);
}

const round = (value: number): number => Math.round(10 * value) / 10;
