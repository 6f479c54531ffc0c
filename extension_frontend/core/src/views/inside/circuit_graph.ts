/** A circuit as a drawing: edges as wide as their exact effect, nodes and edges to be walked and opened. */
import { chart, fitBetween, type SvgChild, svg } from "../../charts/svg.js";
import type { CircuitEdge, CircuitNode, CircuitResult } from "../../protocol.js";
import { type WalkEvents, walkedShapes } from "../walked_shapes.js";
import { type CircuitLayout, circuitLayout, type PlacedNode } from "./circuit_layout.js";
import { edgeName, edgeSentence, nodeSentence, nodeTitle } from "./circuit_words.js";

/** What is pointed at or opened. */
export type CircuitPart =
  | { readonly of: "node"; readonly name: string; readonly node: CircuitNode | null }
  | { readonly of: "edge"; readonly edge: CircuitEdge };

export interface CircuitGraph {
  readonly chart: SVGSVGElement;
  /** By {@link partKey}; null: none is opened. */
  choose(key: string | null): void;
}

export function partKey(part: CircuitPart): string {
  return part.of === "node" ? nodeKey(part.name) : edgeKey(part.edge);
}

export const nodeKey = (name: string) => `circuit-node-${name}`;
export const edgeKey = ({ source, target, into }: CircuitEdge) => `circuit-edge-${source}>${target}:${into}`;

/** `cameFrom`: the node that another part pointed out. */
export function circuitGraph(
  result: CircuitResult,
  cameFrom: string | null,
  events: WalkEvents<CircuitPart>,
): CircuitGraph {
  const layout = circuitLayout(result);
  const places = new Map(layout.nodes.map((node) => [node.name, node]));
  const largest = Math.max(1e-12, ...layout.edges.map(({ exact }) => Math.abs(exact)));
  const shapes = new Map<CircuitPart, SVGElement>();
  const parts = new Map<string, CircuitPart>();
  const shape = (part: CircuitPart, name: string, className: string, children: SvgChild[]) => {
    const key = partKey(part);
    const made = svg("g", { class: className, role: "button", tabindex: -1, "aria-label": name }, children);
    made.dataset.key = key;
    shapes.set(part, made);
    parts.set(key, part);
    return made;
  };
  const edges = [...layout.edges].reverse().flatMap((edge) => {
    const [from, to] = [places.get(edge.source), places.get(edge.target)];
    if (from === undefined || to === undefined) return [];
    const d = curve(from, to, edge);
    return [
      shape({ of: "edge", edge }, `Edge ${edgeName(edge)}: ${edgeSentence(edge)}`, "gp-circuit-edge", [
        // Wide enough to be pointed at, however thin the line.
        svg("path", { class: "gp-circuit-reach", d, fill: "none" }),
        svg("path", {
          class: edge.exact < 0 ? "gp-circuit-line gp-circuit-against" : "gp-circuit-line gp-circuit-for",
          d,
          fill: "none",
          "stroke-width": Math.max(1, (9 * Math.abs(edge.exact)) / largest).toFixed(1),
          "stroke-opacity": 0.7,
        }),
      ]),
    ];
  });
  const nodes = layout.nodes.map((placed) => {
    const { name, node } = placed;
    const said = node === null ? nodeTitle(name) : nodeSentence(node);
    const here = name === cameFrom;
    const part = { of: "node", name, node } as const;
    return shape(
      part,
      here ? `${said} · where you came from` : said,
      here ? "gp-circuit-node gp-circuit-here" : "gp-circuit-node",
      nodeMarks(placed, here),
    );
  });
  const made = chart({ width: layout.width, height: layout.height, name: graphName(result) }, [
    ...layout.layers.map(({ layer, y }) =>
      svg("text", { class: "gp-chart-quiet gp-chart-small", x: 2, y: y + 3 }, [`layer ${layer}`]),
    ),
    ...edges,
    ...nodes,
  ]);
  made.classList.add("gp-circuit-graph");
  fitBetween(made, { least: 0.85 * layout.width });
  const first = parts.get(nodeKey(cameFrom ?? "")) ?? parts.get(nodeKey("logits")) ?? null;
  const walk = walkedShapes(
    made,
    { shapes, leadsTo: (part, key) => parts.get(leadsTo(layout, part, key) ?? ""), first },
    events,
  );
  return {
    chart: made,
    choose: (key) => walk.choose(parts.get(key ?? "") ?? null),
  };
}

export function graphName({ subject, verdict, nodes }: CircuitResult): string {
  const inside = nodes.filter((node) => node.inside).map(({ name }) => name);
  return `Circuit of ${subject.name} (${verdict}): ${inside.join(", ")}`;
}

/** Where a key leads: sideways to the node or edge beside it, up and down along the strongest edge. */
function leadsTo({ nodes, edges }: CircuitLayout, part: CircuitPart, key: string): string | undefined {
  const beside = (all: readonly string[], own: string) => {
    const to = { ArrowRight: 1, ArrowLeft: -1 }[key];
    return to === undefined ? undefined : all[all.indexOf(own) + to];
  };
  if (part.of === "edge") {
    const { edge } = part;
    if (key === "ArrowUp") return nodeKey(edge.target);
    if (key === "ArrowDown") return nodeKey(edge.source);
    return beside(edges.filter(({ source }) => source === edge.source).map(edgeKey), edgeKey(edge));
  }
  const names = nodes.map(({ name }) => name);
  const wire = edges.find((edge) => (key === "ArrowUp" ? edge.source : edge.target) === part.name);
  const step = key === "ArrowUp" ? 1 : -1;
  switch (key) {
    case "Home":
      return nodeKey("embed");
    case "End":
      return nodeKey("logits");
    case "ArrowUp":
    case "ArrowDown": {
      const next = names[names.indexOf(part.name) + step];
      return wire === undefined ? next && nodeKey(next) : edgeKey(wire);
    }
    default:
      return beside(names.map(nodeKey), nodeKey(part.name));
  }
}

function nodeMarks({ x, y, width, height, label, does, inputs }: PlacedNode, here: boolean): SvgChild[] {
  const middle = { x, "text-anchor": "middle" } as const;
  return [
    svg("rect", {
      class: "gp-circuit-box",
      x: x - width / 2,
      y: y - height / 2,
      width,
      height,
      rx: 6,
    }),
    svg("text", { ...middle, y: y + 4 - does.length * 4.5, class: "gp-chart-title" }, [
      here ? `▸ ${label}` : label,
    ]),
    ...does.map((word, line) =>
      svg(
        "text",
        { ...middle, y: y + 13 + (line - does.length / 2) * 9, class: "gp-chart-quiet gp-chart-small" },
        [word],
      ),
    ),
    ...inputs.map((into) =>
      svg(
        "text",
        {
          x: x + offset(into, width),
          y: y + height / 2 + 8,
          "text-anchor": "middle",
          class: "gp-chart-quiet gp-chart-small gp-circuit-input",
        },
        [into],
      ),
    ),
  ];
}

/** Queries, keys and values come in side by side. */
function offset(into: CircuitEdge["into"], width: number): number {
  return { q: -0.3, k: 0, v: 0.3, mlp: 0, logits: 0 }[into] * width;
}

const LETTERS = 11;
const BOW = 34;

function curve(from: PlacedNode, to: PlacedNode, { into }: CircuitEdge): string {
  const isHead = into === "q" || into === "k" || into === "v";
  const [x1, y1] = [from.x, from.y - from.height / 2];
  const [x2, y2] = [to.x + offset(into, to.width), to.y + to.height / 2 + (isHead ? LETTERS : 0)];
  // A line straight up would run through what stands between: it is bent around it.
  const bow = Math.abs(x2 - x1) < 12 && y1 - y2 > 80 ? BOW : 0;
  const bend = Math.max(10, (y1 - y2) / 2);
  return `M${x1},${y1} C${x1 + bow},${y1 - bend} ${x2 + bow},${y2 + bend} ${x2},${y2}`;
}
