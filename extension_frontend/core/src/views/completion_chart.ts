/** A completion token by token: a row for each, a column for every token it could read. */
import { fitted } from "../charts/fitting.js";
import { heatFill } from "../charts/heat_cell.js";
import { chart, type SvgChild, svg } from "../charts/svg.js";
import { visibleToken } from "../heat.js";
import type { AttributionResult } from "../protocol.js";
import { firstOwnToken } from "./completion_shares.js";
import { percent } from "./figures.js";
import type { TokenWindow } from "./token_window.js";

export interface CompletionChart {
  readonly chart: SVGSVGElement;
  /** By row. */
  readonly rows: readonly SVGGElement[];
  /** Lights a column up. */
  point(token: number | null): void;
  /** The names of the rows stay on view. */
  scrolled(left: number): void;
}

const LEFT = 124;
const TALL = 20;
const WIDE = 16;
/** Between the prompt's columns and those of the completion. */
const GAP = 10;
/** What a slanted name needs beyond its column. */
const SLANT = 30;
const LONGEST = 9;

export function completionChart(
  result: AttributionResult,
  window: TokenWindow,
  ownScale: boolean,
): CompletionChart {
  const { scores, target, tokens } = result;
  const own = firstOwnToken(result);
  const gap = own > window.from && own < window.to ? GAP : 0;
  const x = (token: number) => LEFT + (token - window.from) * WIDE + (token >= own ? gap : 0);
  const width = LEFT + (window.to - window.from) * WIDE + gap + SLANT;
  const columns = Array.from({ length: window.to - window.from }, (_, index) => window.from + index);
  const letters = columns.map((token) => fitted(visibleToken(tokens[token]?.text ?? ""), LONGEST).length);
  const top = 18 + Math.max(2, ...letters) * 5.8;
  const bottom = top + scores.length * TALL;
  const largestOf = (row: readonly number[]) =>
    row.reduce((most, score, token) => (tokens[token]?.special ? most : Math.max(most, Math.abs(score))), 0);
  const largest = Math.max(0, ...scores.map(largestOf));

  const names = columns.map((token) => {
    const name = svg(
      "text",
      {
        transform: `translate(${x(token) + WIDE / 2} ${top - 6}) rotate(-60)`,
        "text-anchor": "start",
        "dominant-baseline": "central",
        class: `gp-chart-code${tokens[token]?.special ? " gp-chart-quiet" : ""}`,
      },
      [fitted(visibleToken(tokens[token]?.text ?? ""), LONGEST)],
    );
    name.dataset.token = String(token);
    return name;
  });
  const band = svg("rect", { class: "gp-column-band", y: top, width: WIDE, height: bottom - top });
  band.setAttribute("visibility", "hidden");
  const labels: SVGGElement[] = [];
  const rows = scores.map((row, index) => {
    const y = top + index * TALL;
    const piece = target.pieces[index];
    const name = piece === undefined ? `token ${index + 1}` : fitted(visibleToken(piece.text), LONGEST);
    const most = ownScale ? largestOf(row) : largest;
    const cells = columns.flatMap((token): SvgChild[] => {
      const cell = svg("rect", {
        x: x(token) + 0.5,
        y: y + 0.5,
        width: WIDE - 1,
        height: TALL - 1,
        class: "gp-row-cell",
        ...heatFill(most > 0 ? (row[token] ?? 0) / most : 0, result.method.signed),
      });
      cell.dataset.token = String(token);
      return [cell];
    });
    const label = svg("g", { class: "gp-row-label" }, [
      svg("rect", { x: 0, y, width: LEFT - 2, height: TALL, class: "gp-label-ground" }),
      svg("rect", { x: 0, y: y + 1, width: 3, height: TALL - 2, class: "gp-row-mark" }),
      svg("text", { x: 9, y: y + TALL / 2, "dominant-baseline": "central", class: "gp-chart-code" }, [name]),
      piece === undefined ? null : rightOf(LEFT - 8, y + TALL / 2, percent(piece.probability)),
    ]);
    labels.push(label);
    const group = svg("g", { class: "gp-completion-row", role: "option", tabindex: "-1" }, [
      svg("rect", { x: 0, y, width: width - SLANT, height: TALL, class: "gp-row-ground" }),
      ...cells,
      label,
    ]);
    group.dataset.row = String(index);
    group.dataset.key = `completion-row-${index}`;
    return group;
  });
  const heads = svg("g", { class: "gp-row-label" }, [
    svg("rect", { x: 0, y: 0, width: LEFT - 2, height: top, class: "gp-label-ground" }),
    svg("text", { x: 9, y: top - 8, class: "gp-chart-quiet" }, ["token"]),
    rightOf(LEFT - 8, top - 12, "likely"),
  ]);
  labels.push(heads);
  const made = chart(
    { width, height: bottom + 2, name: "Each token of the completion, and what pushed for it" },
    [...rows, band, ...names, heads],
  );
  made.classList.add("gp-completion-chart");
  made.style.setProperty("width", `${width}px`);
  return {
    chart: made,
    rows,
    point(token) {
      const on = token !== null && token >= window.from && token < window.to;
      band.setAttribute("visibility", on ? "visible" : "hidden");
      if (on) band.setAttribute("x", String(x(token)));
      for (const name of names) name.classList.toggle("gp-lit", on && name.dataset.token === String(token));
    },
    scrolled(left) {
      for (const label of labels) label.style.setProperty("transform", `translateX(${left}px)`);
    },
  };
}

function rightOf(x: number, y: number, words: string): SVGTextElement {
  return svg(
    "text",
    { x, y, "text-anchor": "end", "dominant-baseline": "central", class: "gp-chart-quiet" },
    [words],
  );
}
