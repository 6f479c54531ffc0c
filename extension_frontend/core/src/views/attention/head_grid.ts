/** All heads at a glance: a layer in each row, a head in each column, coloured by one figure. */
import { heatFill } from "../../charts/heat_cell.js";
import { chart, type SvgChild, svg } from "../../charts/svg.js";
import type { AttentionOverview, HeadFigures } from "../../protocol.js";
import { element } from "../element.js";
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
  const readout = element("p", { class: "gp-readout gp-head-readout", role: "status" }, [resting]);
  const shapes = new Map<string, SVGRectElement>();
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
      shapes.set(key(head), shape);
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
  made.setAttribute("role", "group");
  made.classList.add("gp-head-grid");
  // Shrinks where there is no room, never grows: its letters are as large as the others.
  made.style.setProperty("max-width", `${width}px`);

  const heads = new Map(overview.heads.map((head) => [key(head), head]));
  const at = (target: EventTarget | null): HeadFigures | undefined =>
    target instanceof SVGElement
      ? heads.get(target.closest<SVGElement>("[data-key]")?.dataset.key ?? "")
      : undefined;
  let opened: HeadFigures | undefined;
  const say = (head = opened) => {
    readout.textContent = head === undefined ? resting : headSentence(head);
  };
  let home: SVGRectElement | undefined = shapes.values().next().value;
  home?.setAttribute("tabindex", "0");
  const rove = (to: SVGRectElement) => {
    home?.setAttribute("tabindex", "-1");
    home = to;
    home.setAttribute("tabindex", "0");
  };
  made.addEventListener("pointerover", (event) => say(at(event.target)));
  made.addEventListener("pointerleave", () => say(at(document.activeElement)));
  made.addEventListener("focusin", (event) => say(at(event.target)));
  made.addEventListener("focusout", () => say());
  made.addEventListener("click", (event) => {
    const head = at(event.target);
    const shape = head && shapes.get(key(head));
    if (head === undefined || shape === undefined) return;
    rove(shape);
    open(head);
  });
  made.addEventListener("keydown", (event) => {
    const head = at(event.target);
    if (head === undefined) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      open(head);
      return;
    }
    const to = neighbour(layers, head, event.key);
    const shape = to && shapes.get(key(to));
    if (shape === undefined) return;
    event.preventDefault();
    rove(shape);
    shape.focus();
  });
  return {
    chart: made,
    readout,
    choose(place) {
      opened = place === null ? undefined : heads.get(key(place));
      say(at(document.activeElement));
      for (const [name, shape] of shapes) {
        const chosen = place !== null && name === key(place);
        shape.classList.toggle("gp-chosen-head", chosen);
        shape.setAttribute("aria-pressed", String(chosen));
        if (chosen) rove(shape);
      }
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

/** Where a key leads from a head; undefined where it leads nowhere. */
function neighbour(
  layers: readonly (readonly HeadFigures[])[],
  { layer, head }: HeadPlace,
  key: string,
): HeadPlace | undefined {
  const row = layers[layer] ?? [];
  const to: Readonly<Record<string, HeadPlace>> = {
    ArrowRight: { layer, head: head + 1 },
    ArrowLeft: { layer, head: head - 1 },
    ArrowDown: { layer: layer + 1, head: Math.min(head, (layers[layer + 1]?.length ?? 1) - 1) },
    ArrowUp: { layer: layer - 1, head: Math.min(head, (layers[layer - 1]?.length ?? 1) - 1) },
    Home: { layer, head: 0 },
    End: { layer, head: row.length - 1 },
  };
  return to[key];
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
