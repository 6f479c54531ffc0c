/** All heads at a glance: a layer in each row, a head in each column, coloured by one figure. */
import { chart, svg } from "../../charts/svg.js";
import type { AttentionOverview, HeadFigures } from "../../protocol.js";
import { element } from "../element.js";
import { percent } from "../figures.js";
import {
  correlation,
  FIGURE_NAMES,
  type FigureName,
  HEAD_FIGURES,
  headSentence,
  meanOf,
} from "./head_figures.js";

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

const LEFT = 26;
const TOP = 18;
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
  const cell = Math.max(7, Math.min(30, Math.floor(300 / (most + 1))));
  const tall = Math.max(7, Math.min(cell, 22));
  const [width, height] = [LEFT + (most + 1) * cell + GAP + 2, TOP + layers.length * tall + 2];
  const resting = `Mean over all heads: ${said(meanOf(overview.heads, figure), figure)}. Point at a head, or open one.`;
  const readout = element("p", { class: "gp-readout gp-head-readout", role: "status" }, [resting]);
  const shapes = new Map<string, SVGRectElement>();
  const every = (size: number) => Math.max(1, Math.ceil(14 / size));
  const labels = [
    ...layers.map((_, layer) =>
      layer % every(tall) === 0
        ? svg(
            "text",
            {
              x: LEFT - 5,
              y: TOP + (layer + 0.5) * tall,
              "text-anchor": "end",
              "dominant-baseline": "central",
              class: "gp-chart-quiet",
            },
            [String(layer)],
          )
        : null,
    ),
    ...Array.from({ length: most }, (_, head) =>
      head % every(cell) === 0
        ? svg(
            "text",
            { x: LEFT + (head + 0.5) * cell, y: TOP - 6, "text-anchor": "middle", class: "gp-chart-quiet" },
            [String(head)],
          )
        : null,
    ),
    svg("text", { x: width - 2, y: TOP - 6, "text-anchor": "end", class: "gp-chart-quiet" }, ["mean"]),
  ];
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
      `Mean of layer ${layer}: ${said(meanOf(heads, figure), figure)}`,
      cell,
    ),
  ]);
  const made = chart({ width, height, name: `${HEAD_FIGURES[figure].label} of every head, layer by layer` }, [
    ...labels,
    ...drawn,
  ]);
  made.setAttribute("role", "group");
  made.classList.add("gp-head-grid");
  made.style.setProperty("max-width", `${width * 1.35}px`);

  const heads = new Map(overview.heads.map((head) => [key(head), head]));
  const at = (target: EventTarget | null): HeadFigures | undefined =>
    target instanceof SVGElement
      ? heads.get(target.closest<SVGElement>("[data-key]")?.dataset.key ?? "")
      : undefined;
  const say = (head: HeadFigures | undefined) => {
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
  made.addEventListener("focusout", () => say(undefined));
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
      for (const [name, shape] of shapes) {
        const chosen = place !== null && name === key(place);
        shape.classList.toggle("gp-chosen-head", chosen);
        shape.setAttribute("aria-pressed", String(chosen));
        if (chosen) rove(shape);
      }
    },
  };
}

function key({ layer, head }: HeadPlace): string {
  return `head-${layer}-${head}`;
}

function said(value: number | null, figure: FigureName): string {
  if (value === null) return "none";
  return HEAD_FIGURES[figure].signed ? correlation(value) : percent(value);
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
  const sign = !HEAD_FIGURES[figure].signed ? "unsigned" : value < 0 ? "against" : "for";
  return {
    fill: `var(--gp-heat-${sign}-5)`,
    "fill-opacity": Math.min(1, Math.abs(value)).toFixed(3),
  };
}

/** "Colour by": which figure, and what its ends mean. */
export function figurePicker(current: FigureName, choose: (figure: FigureName) => void): HTMLElement {
  const menu = element(
    "select",
    { class: "gp-input", "data-key": "head-figure", "aria-label": "Colour heads by" },
    FIGURE_NAMES.map((name) =>
      element("option", { value: name, selected: name === current }, [HEAD_FIGURES[name].label]),
    ),
    { change: () => choose(menu.value as FigureName) },
  );
  const { low, high, signed } = HEAD_FIGURES[current];
  return element("div", { class: "gp-head-colours" }, [
    element("label", { class: "gp-inline-label" }, [
      element("span", { class: "gp-quiet" }, ["Colour by"]),
      menu,
    ]),
    element("p", { class: "gp-scale gp-quiet" }, [
      low,
      element("span", {
        class: `gp-scale-bar ${signed ? "gp-scale-signed" : "gp-scale-unsigned"}`,
        "aria-hidden": true,
      }),
      high,
    ]),
  ]);
}
