/** What each head adds to the answer's logit: layers up the page, heads as columns, and the strongest ones by name. */

import { heatFill } from "../../charts/heat_cell.js";
import { chart, fitBetween, type SvgChild, svg } from "../../charts/svg.js";
import type { HeadPlace } from "../attention/head_grid.js";
import { button, element } from "../element.js";
import { figure } from "../figures.js";
import { steadyReadout } from "../readout.js";
import { gridSteps, walkedShapes } from "../walked_shapes.js";

export interface HeadTerm extends HeadPlace {
  readonly value: number;
}

export interface HeadTermsGrid {
  readonly chart: SVGSVGElement;
  /** Says what pointer or focus is on. */
  readonly readout: HTMLElement;
}

const LEFT = 40;
const TOP = 18;
const FOOT = 16;
const LISTED = 6;

/** [layer][head] */
export function headTerms(heads: readonly (readonly number[])[]): HeadTerm[][] {
  return heads.map((row, layer) => row.map((value, head) => ({ layer, head, value })));
}

export function headTermsGrid(
  rows: readonly (readonly HeadTerm[])[],
  name: string,
  open: (place: HeadPlace) => void,
): HeadTermsGrid {
  const all = rows.flat();
  const [strongest = null] = strongestTerms(all, 1);
  const largest = Math.abs(strongest?.value ?? 0);
  const most = Math.max(1, ...rows.map((row) => row.length));
  const wide = Math.max(8, Math.min(34, Math.floor(260 / most)));
  const tall = Math.max(9, Math.min(24, Math.floor(300 / Math.max(1, rows.length))));
  const bottom = TOP + rows.length * tall;
  const [width, height] = [LEFT + most * wide + 6, bottom + FOOT + 4];
  const resting =
    strongest === null
      ? "There are no heads."
      : `Strongest: ${termSentence(strongest)}. Point at a head, or open it in Attention.`;
  const readout = steadyReadout("gp-lens-head-readout", resting);
  const shapes = new Map<HeadTerm, SVGRectElement>();
  const square = (term: HeadTerm): SVGRectElement => {
    const strength = largest > 0 ? term.value / largest : 0;
    const shape = svg("rect", {
      x: LEFT + term.head * wide + 0.75,
      y: bottom - (term.layer + 1) * tall + 0.75,
      width: wide - 1.5,
      height: tall - 1.5,
      rx: 2,
      class: strength < -0.1 ? "gp-lens-cell gp-patch-away" : "gp-lens-cell",
      role: "button",
      tabindex: -1,
      "aria-label": `${termSentence(term)}: open it in Attention`,
      ...heatFill(strength, true),
    });
    shape.dataset.key = `lens-head-${term.layer}-${term.head}`;
    shapes.set(term, shape);
    return shape;
  };
  const made = chart({ width, height, name }, [
    ...all.map(square),
    ...axes(rows.length, most, wide, tall, bottom),
  ]);
  fitBetween(made, { most: 1.2 * width });
  walkedShapes(
    made,
    { shapes, leadsTo: gridSteps(rows), first: strongest },
    {
      pointed(term) {
        readout.textContent = term === null ? resting : termSentence(term);
      },
      opened: open,
    },
  );
  return { chart: made, readout };
}

/** The heads that add or take most, by name: each opens in Attention. */
export function strongestHeads(
  rows: readonly (readonly HeadTerm[])[],
  open: (place: HeadPlace) => void,
): HTMLElement {
  return element(
    "ol",
    { class: "gp-patch-strongest", "aria-label": "Strongest heads" },
    strongestTerms(rows.flat(), LISTED).map((term) =>
      element("li", {}, [
        button(
          `lens-strongest-${term.layer}-${term.head}`,
          `head ${term.layer}.${term.head}`,
          () => open(term),
          {
            class: "gp-button gp-link gp-code",
            title: "Open it in Attention",
          },
        ),
        ` ${figure(term.value, true)}`,
      ]),
    ),
  );
}

function strongestTerms(terms: readonly HeadTerm[], count: number): HeadTerm[] {
  return [...terms].sort((one, other) => Math.abs(other.value) - Math.abs(one.value)).slice(0, count);
}

function termSentence({ layer, head, value }: HeadTerm): string {
  return `head ${layer}.${head} adds ${figure(value, true)}`;
}

function axes(layers: number, heads: number, wide: number, tall: number, bottom: number): SvgChild[] {
  const label = (words: string, place: Readonly<Record<string, string | number>>) =>
    svg("text", { class: "gp-chart-quiet", ...place }, [words]);
  const some = (count: number, size: number) => {
    const every = Math.max(1, Math.ceil(16 / size));
    return Array.from({ length: Math.ceil(count / every) }, (_, at) => at * every);
  };
  return [
    label("layer", { x: LEFT - 6, y: TOP - 6, "text-anchor": "end" }),
    label("head", { x: LEFT - 6, y: bottom + 12, "text-anchor": "end" }),
    ...some(layers, tall).map((layer) =>
      label(String(layer), {
        x: LEFT - 6,
        y: bottom - (layer + 0.5) * tall,
        "text-anchor": "end",
        "dominant-baseline": "central",
      }),
    ),
    ...some(heads, wide).map((head) =>
      label(String(head), { x: LEFT + (head + 0.5) * wide, y: bottom + 12, "text-anchor": "middle" }),
    ),
  ];
}
