/** What a probe reaches at every layer: bars with intervals, the control task beside each, selectivity below. */
import { chart, fitBetween, type SvgChild, svg } from "../../charts/svg.js";
import type { ProbeLayer, ProbeResult } from "../../protocol.js";
import { percent } from "../figures.js";
import { gridSteps, type WalkEvents, walkedShapes } from "../walked_shapes.js";
import { layerSentence } from "./probe_words.js";

export interface ProbeChart {
  readonly chart: SVGSVGElement;
  /** The layer that is opened. */
  choose(layer: number | null): void;
}

const LEFT = 44;
const RIGHT = 8;
const TOP = 26;
const PLOT = 150;
const NAMES = 20;
const GAP = 20;
const BELOW = 60;
const NARROWEST = 24;
const WIDEST = 44;
/** Room for as many layers at their widest. */
const ROOM = 330;
const BASE = TOP + PLOT;
const LOWER = BASE + NAMES + GAP;

const height = (share: number) => TOP + (1 - share) * PLOT;

export function probeChart(result: ProbeResult, events: WalkEvents<ProbeLayer>): ProbeChart {
  const { layers, majority } = result;
  const planned = Math.max(result.asked ?? 0, layers.length);
  const step = Math.max(NARROWEST, Math.min(WIDEST, Math.floor(ROOM / planned)));
  const right = LEFT + planned * step;
  const selectivity = selectivityScale(layers);
  const shapes = new Map<ProbeLayer, SVGGElement>();
  const column = (layer: ProbeLayer, place: number): SVGElement => {
    const made = svg(
      "g",
      {
        class: layer.layer === result.best ? "gp-probe-layer gp-probe-best" : "gp-probe-layer",
        role: "button",
        tabindex: -1,
        "aria-label": layerSentence(layer, result),
      },
      [
        svg("rect", {
          class: "gp-probe-hit",
          x: LEFT + place * step + 1,
          y: TOP - 16,
          width: step - 2,
          height: LOWER + BELOW - TOP + 18,
          rx: 2,
        }),
        ...marks(layer, LEFT + place * step, step, layer.layer === result.best),
        ...difference(layer, LEFT + (place + 0.5) * step, selectivity.at),
      ],
    );
    made.dataset.key = `probe-layer-${layer.layer}`;
    shapes.set(layer, made);
    return made;
  };
  const made = chart({ width: right + RIGHT, height: LOWER + BELOW + 6, name: result.sentence }, [
    ...ticks(right),
    ...layers.map(column),
    svg("line", {
      class: "gp-probe-majority",
      x1: LEFT,
      x2: right,
      y1: height(majority),
      y2: height(majority),
    }),
    svg("text", { class: "gp-chart-quiet", x: LEFT - 6, y: BASE + 14, "text-anchor": "end" }, ["layer"]),
    svg("text", { class: "gp-chart-quiet", x: 0, y: LOWER - 8 }, ["selectivity, points"]),
    svg("line", {
      class: "gp-chart-axis",
      x1: LEFT,
      x2: right,
      y1: selectivity.at(0),
      y2: selectivity.at(0),
    }),
    ...[0, ...[selectivity.least, selectivity.most].filter(selectivity.hasRoom)].map((share) =>
      svg(
        "text",
        { class: "gp-chart-quiet", x: LEFT - 6, y: selectivity.at(share) + 4, "text-anchor": "end" },
        [share === 0 ? "0" : `${share < 0 ? "−" : "+"}${Math.round(Math.abs(100 * share))}`],
      ),
    ),
  ]);
  made.classList.add("gp-probe-chart");
  fitBetween(made, { least: 0.85 * (right + RIGHT), most: 1.35 * (right + RIGHT) });
  const best = layers.find(({ layer }) => layer === result.best) ?? null;
  const walk = walkedShapes(made, { shapes, leadsTo: gridSteps([layers]), first: best }, events);
  return {
    chart: made,
    choose: (layer) => walk.choose(layers.find((each) => each.layer === layer) ?? null),
  };
}

/** A full bar can be read, a hollow one with a dashed border cannot; the hollow dot is the control task. */
function marks(layer: ProbeLayer, left: number, step: number, isBest: boolean): SvgChild[] {
  const bar = Math.round(step * 0.46);
  const [x, dot] = [left + Math.round(step * 0.12), left + Math.round(step * 0.8)];
  const top = height(layer.accuracy);
  return [
    svg("rect", {
      class: layer.decodable ? "gp-probe-bar gp-probe-readable" : "gp-probe-bar gp-probe-unreadable",
      x,
      y: top,
      width: bar,
      height: BASE - top,
    }),
    whisker(x + bar / 2, height(layer.low), height(layer.high), "gp-probe-whisker"),
    whisker(dot, height(layer.control_low), height(layer.control_high), "gp-probe-whisker gp-probe-quiet"),
    svg("circle", { class: "gp-probe-control", cx: dot, cy: height(layer.control_accuracy), r: 3 }),
    isBest
      ? svg(
          "text",
          { class: "gp-probe-star", x: x + bar / 2, y: height(layer.high) - 5, "text-anchor": "middle" },
          ["★"],
        )
      : null,
    svg(
      "text",
      {
        class: isBest ? "gp-chart-title" : "gp-chart-quiet",
        x: left + step / 2,
        y: BASE + 14,
        "text-anchor": "middle",
      },
      [String(layer.layer)],
    ),
  ];
}

/** The layer's selectivity: a full dot where its interval lies off zero. */
function difference(layer: ProbeLayer, x: number, scale: (share: number) => number): SvgChild[] {
  const sure = layer.selectivity_low > 0 || layer.selectivity_high < 0;
  return [
    whisker(x, scale(layer.selectivity_low), scale(layer.selectivity_high), "gp-probe-whisker"),
    svg("circle", {
      class: sure ? "gp-probe-selective" : "gp-probe-control",
      cx: x,
      cy: scale(layer.selectivity),
      r: 3,
    }),
  ];
}

function whisker(x: number, low: number, high: number, name: string): SVGElement {
  return svg("path", { class: name, d: `M${x - 3} ${high}h6M${x} ${high}V${low}M${x - 3} ${low}h6` });
}

/** Between two numbers beside an axis. */
const APART = 14;

/** `least` and `most`: between which shares there is room; `hasRoom`: a number there does not run into the zero's. */
function selectivityScale(layers: readonly ProbeLayer[]): {
  readonly least: number;
  readonly most: number;
  readonly at: (share: number) => number;
  readonly hasRoom: (share: number) => boolean;
} {
  const least = Math.min(0, ...layers.map((layer) => layer.selectivity_low));
  const most = Math.max(0.05, ...layers.map((layer) => layer.selectivity_high));
  const at = (share: number) => LOWER + ((most - share) / (most - least)) * BELOW;
  const hasRoom = (share: number) => Math.abs(at(share) - at(0)) >= APART;
  return { least, most, at, hasRoom };
}

function ticks(right: number): SvgChild[] {
  return [0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
    svg("line", { class: "gp-chart-axis", x1: LEFT, x2: right, y1: height(share), y2: height(share) }),
    svg("text", { class: "gp-chart-quiet", x: LEFT - 6, y: height(share) + 4, "text-anchor": "end" }, [
      percent(share),
    ]),
  ]);
}
