/** The residual stream as a drawing: tokens side by side, layers from the bottom up, lines where attention carries. */
import { fitted } from "../../charts/fitting.js";
import { chart, fitBetween, svg } from "../../charts/svg.js";
import { visibleToken } from "../../heat.js";
import type { Contribution, ResidualStream, Token } from "../../protocol.js";
import type { TokenWindow } from "../token_window.js";
import { contributionSentence, dotSentence, radiusOf, type StreamSizes } from "./residual_words.js";

export interface ResidualChart {
  readonly chart: SVGSVGElement;
  /** The layer that is bright; those below stay faint, those above are not there yet. */
  step(layer: number): void;
  /** Everything of one token lit up. */
  point(token: number | null): void;
}

const LEFT = 52;
const RIGHT = 10;
const TOP = 12;
const NAMES = 74;

export function residualChart(
  answer: ResidualStream,
  sizes: StreamSizes,
  tokens: readonly Token[],
  window: TokenWindow,
  still: boolean,
): ResidualChart {
  const count = window.to - window.from;
  const gap = Math.max(14, Math.min(56, 460 / count));
  const rise = Math.max(16, Math.min(44, 420 / answer.layers));
  const [width, height] = [LEFT + count * gap + RIGHT, TOP + answer.layers * rise + NAMES + 10];
  const x = (token: number) => LEFT + (token - window.from + 0.5) * gap;
  const y = (layer: number) => TOP + (answer.layers - layer) * rise;
  const [smallest, largest] = extent(sizes, window);

  /** What is not on view comes from beyond the edge. */
  const from = (token: number) =>
    token < window.from ? LEFT - 3 : token >= window.to ? width - RIGHT + 3 : x(token);
  const strand = (line: Contribution, strength: number) => {
    const [x1, y1, x2, y2] = [from(line.source), y(line.layer), x(line.target), y(line.layer + 1)];
    const bend = (y1 - y2) / 2;
    const outside = line.source < window.from || line.source >= window.to;
    const path = svg(
      "path",
      {
        d: `M ${x1} ${y1} C ${x1} ${y1 - bend}, ${x2} ${y2 + bend}, ${x2} ${y2}`,
        class: outside ? "gp-strand gp-strand-outside" : "gp-strand",
        "stroke-opacity": (0.08 + 0.92 * strength).toFixed(3),
        "stroke-width": (0.6 + 3 * strength).toFixed(2),
      },
      [svg("title", {}, [`Layer ${line.layer}: ${contributionSentence(line, tokens)}`])],
    );
    path.dataset.ends = `${line.source} ${line.target}`;
    return path;
  };
  const rows = Array.from({ length: answer.layers }, (_, layer) => {
    const shown = inWindow(answer, layer, window);
    const most = largestShare(shown);
    const lines = shown.map((line) => strand(line, Math.sqrt(Math.min(1, line.share / most))));
    return svg("g", { class: still ? "gp-strands" : "gp-strands gp-moving" }, lines);
  });
  const dots = Array.from({ length: answer.layers + 1 }, (_, layer) =>
    Array.from({ length: count }, (_, index) => {
      const token = window.from + index;
      const dot = svg(
        "circle",
        {
          cx: x(token),
          cy: y(layer),
          r: radiusOf(sizes.stream.at(layer, token), smallest, largest).toFixed(2),
          class: "gp-dot",
        },
        [svg("title", {}, [dotSentence(sizes, layer, token, tokens)])],
      );
      dot.dataset.token = String(token);
      return dot;
    }),
  );
  const names = Array.from({ length: count }, (_, index) => {
    const token = window.from + index;
    const name = svg(
      "text",
      {
        x: 0,
        y: 0,
        transform: `translate(${x(token)} ${y(0) + 13}) rotate(${gap < 20 ? -90 : -60})`,
        "text-anchor": "end",
        "dominant-baseline": "central",
        class: "gp-chart-code",
      },
      [fitted(visibleToken(tokens[token]?.text ?? ""), 10)],
    );
    name.dataset.token = String(token);
    return name;
  });
  const every = Math.max(1, Math.ceil(13 / rise));
  const labels = Array.from({ length: answer.layers }, (_, layer) =>
    layer % every === 0
      ? svg(
          "text",
          {
            x: LEFT - 6,
            y: y(layer + 0.5),
            "text-anchor": "end",
            "dominant-baseline": "central",
            class: "gp-chart-quiet",
          },
          [`layer ${layer}`],
        )
      : null,
  );
  const streams = Array.from({ length: count }, (_, index) =>
    svg("line", {
      x1: x(window.from + index),
      x2: x(window.from + index),
      y1: y(0),
      y2: y(answer.layers),
      class: "gp-chart-axis",
    }),
  );
  const made = chart({ width, height, name: "The residual stream, layer by layer" }, [
    ...streams,
    ...labels,
    ...rows,
    ...dots.flat(),
    ...names,
  ]);
  made.classList.add("gp-residual");
  // A few tokens shrink where there is no room; many are scrolled, for their names are to be read.
  fitBetween(made, count > 12 ? { least: width, most: width } : { most: width });
  return {
    chart: made,
    step(layer) {
      rows.forEach((row, index) => {
        row.classList.toggle("gp-strands-now", index === layer);
        row.classList.toggle("gp-strands-past", index < layer);
      });
      dots.forEach((row, index) => {
        for (const dot of row) dot.classList.toggle("gp-dot-ahead", index > layer + 1);
      });
    },
    point(token) {
      made.classList.toggle("gp-pointing", token !== null);
      for (const each of made.querySelectorAll<SVGElement>("[data-token]")) {
        each.classList.toggle("gp-lit", each.dataset.token === String(token));
      }
      for (const each of made.querySelectorAll<SVGElement>("[data-ends]")) {
        each.classList.toggle("gp-lit", each.dataset.ends?.split(" ").includes(String(token)) ?? false);
      }
    },
  };
}

/** More lines than this in one layer are a tangle. */
const DRAWN_AT_MOST = 300;

/** The strongest lines of a layer into tokens on view, weakest first, so that the strongest lies on top. */
export function inWindow(
  { lines }: ResidualStream,
  layer: number,
  { from, to }: TokenWindow,
): Contribution[] {
  return lines
    .filter((line) => line.layer === layer && line.target >= from && line.target < to)
    .slice(0, DRAWN_AT_MOST)
    .sort((one, other) => one.share - other.share);
}

/** Of what goes from one token to another: that the first token reads itself is no measure. */
function largestShare(lines: readonly Contribution[]): number {
  const between = lines.filter(({ source, target }) => source !== target);
  return Math.max(1e-9, ...between.map(({ share }) => share));
}

function extent({ stream }: StreamSizes, { from, to }: TokenWindow): [smallest: number, largest: number] {
  let [smallest, largest] = [Number.POSITIVE_INFINITY, 0];
  for (let layer = 0; layer < stream.rows; layer += 1) {
    for (let token = from; token < to; token += 1) {
      const size = stream.at(layer, token);
      if (size > 0) smallest = Math.min(smallest, size);
      largest = Math.max(largest, size);
    }
  }
  return [smallest, largest];
}
