/** All heads at a glance: a layer in each row, a head in each column, coloured by one figure. */

import { heatFill } from "../../charts/heat_cell.js";
import { chart, fitBetween, type SvgChild, svg } from "../../charts/svg.js";
import type { AttentionOverview, HeadFigures } from "../../protocol.js";
import { steadyReadout } from "../readout.js";
import { gridSteps, walkedShapes } from "../walked_shapes.js";
import { type FigureName, figureSaid, HEAD_FIGURES, headSentence, meanOf } from "./head_figures.js";

export interface HeadPlace {
  readonly layer: number;
  readonly head: number;
}

export interface HeadGrid {
  readonly chart: SVGSVGElement;
  /** Says what pointer or focus is on. */
  readonly readout: HTMLElement;
  /** The head whose matrix is shown. */
  choose(place: HeadPlace | null): void;
}

const LEFT = 40;
const TOP = 34;
const GAP = 8;

export function headGrid(
  overview: AttentionOverview,
  figure: FigureName,
  open: (place: HeadPlace) => void,
): HeadGrid {
  const layers = Array.from({ length: overview.layers }, (_, layer) =>
    overview.heads.filter((head) => head.layer === layer),
  );
  const most = Math.max(1, ...layers.map((heads) => heads.length));
  const cell = Math.max(7, Math.min(34, Math.floor(250 / (most + 1))));
  const tall = Math.max(7, Math.min(cell, 24));
  const [width, height] = [LEFT + (most + 1) * cell + GAP + 2, TOP + layers.length * tall + 2];
  const resting = `Mean over all heads: ${figureSaid(meanOf(overview.heads, figure), figure)}. Point at a head, or open one.`;
  const readout = steadyReadout("gp-head-readout", resting);
  const shapes = new Map<HeadFigures, SVGRectElement>();
  const square = (value: number | null, x: number, layer: number, name: string, wide: number) =>
    svg(
      "rect",
      {
        x: x + 0.75,
        y: TOP + layer * tall + 0.75,
        width: wide - 1.5,
        height: tall - 1.5,
        rx: 2,
        class: "gp-head",
        ...paint(value, figure),
      },
      [svg("title", {}, [name])],
    );
  const drawn = layers.flatMap((heads, layer) => [
    ...heads.map((head) => {
      const shape = square(head[figure], LEFT + head.head * cell, layer, headSentence(head), cell);
      shape.setAttribute("tabindex", "-1");
      shape.setAttribute("role", "button");
      shape.setAttribute("aria-label", headSentence(head));
      shape.dataset.key = key(head);
      shapes.set(head, shape);
      return shape;
    }),
    square(
      meanOf(heads, figure),
      LEFT + most * cell + GAP,
      layer,
      `Mean of layer ${layer}: ${figureSaid(meanOf(heads, figure), figure)}`,
      cell,
    ),
  ]);
  const made = chart({ width, height, name: `${HEAD_FIGURES[figure].label} of every head, layer by layer` }, [
    ...axes(layers.length, most, cell, tall, width),
    ...drawn,
    ...numbersIn(layers, figure, cell, tall),
  ]);
  made.classList.add("gp-head-grid");
  // Shrinks where there is no room, never grows: its letters are as large as the others.
  fitBetween(made, { most: width });

  let opened: HeadFigures | null = null;
  const say = (head: HeadFigures | null) => {
    const said = head ?? opened;
    readout.textContent = said === null ? resting : headSentence(said);
  };
  const [first = null] = overview.heads;
  // The first layer is the highest row.
  const leadsTo = gridSteps([...layers].reverse());
  const walk = walkedShapes(made, { shapes, leadsTo, first }, { pointed: say, opened: open });
  return {
    chart: made,
    readout,
    choose(place) {
      opened = (place && overview.heads.find((head) => key(head) === key(place))) ?? null;
      say(null);
      walk.choose(opened);
    },
  };
}

function short(value: number, signed: boolean): string {
  if (!signed) return String(Math.round(100 * value));
  return value.toFixed(1).replace("-0.0", "0.0").replace("-", "−");
}

function key({ layer, head }: HeadPlace): string {
  return `head-${layer}-${head}`;
}

function paint(value: number | null, figure: FigureName): Record<string, string | number> {
  if (value === null || !Number.isFinite(value)) return { fill: "transparent", "stroke-dasharray": "2 2" };
  return heatFill(value, HEAD_FIGURES[figure].signed);
}

function axes(layers: number, heads: number, cell: number, tall: number, width: number): SvgChild[] {
  const every = (size: number) => Math.max(1, Math.ceil(16 / size));
  const label = (words: string, place: Record<string, string | number>) =>
    svg("text", { class: "gp-chart-quiet", ...place }, [words]);
  const counted = (count: number, step: number, made: (index: number) => SvgChild) =>
    Array.from({ length: Math.ceil(count / step) }, (_, at) => made(at * step));
  return [
    label("head", { x: LEFT, y: 11 }),
    label("layer", { x: 0, y: TOP - 6 }),
    label("mean", { x: width - 2, y: 11, "text-anchor": "end" }),
    ...counted(layers, every(tall), (layer) =>
      label(String(layer), {
        x: LEFT - 6,
        y: TOP + (layer + 0.5) * tall,
        "text-anchor": "end",
        "dominant-baseline": "central",
      }),
    ),
    ...counted(heads, every(cell), (head) =>
      label(String(head), { x: LEFT + (head + 0.5) * cell, y: TOP - 6, "text-anchor": "middle" }),
    ),
  ];
}

/** Per cent, or a correlation to one place, where there is room for it. */
function numbersIn(
  layers: readonly (readonly HeadFigures[])[],
  figure: FigureName,
  cell: number,
  tall: number,
): SvgChild[] {
  if (cell < 22) return [];
  const most = Math.max(1, ...layers.map((heads) => heads.length));
  const written = (value: number | null, x: number, layer: number) =>
    value === null
      ? null
      : svg(
          "text",
          {
            x: x + cell / 2,
            y: TOP + (layer + 0.5) * tall,
            "text-anchor": "middle",
            "dominant-baseline": "central",
            class: "gp-head-number",
          },
          [short(value, HEAD_FIGURES[figure].signed)],
        );
  return layers.flatMap((heads, layer) => [
    ...heads.map((head) => written(head[figure], LEFT + head.head * cell, layer)),
    written(meanOf(heads, figure), LEFT + most * cell + GAP, layer),
  ]);
}
