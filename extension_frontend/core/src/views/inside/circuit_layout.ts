/** Where the nodes of a circuit stand: layers up the page, the embedding below, the logits above, MLPs beside the heads. */
import type { CircuitEdge, CircuitNode, CircuitResult } from "../../protocol.js";
import { nodeTitle } from "./circuit_words.js";

export interface PlacedNode {
  readonly name: string;
  /** What stands in it. */
  readonly label: string;
  /** What it does, as far as figures show it, a line for each word. */
  readonly does: readonly string[];
  /** Null: the embedding or the logits. */
  readonly node: CircuitNode | null;
  /** Its middle. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Inputs that an edge comes in by. */
  readonly inputs: readonly CircuitEdge["into"][];
}

export interface CircuitLayout {
  readonly width: number;
  readonly height: number;
  /** In the order in which they are read: from the embedding up. */
  readonly nodes: readonly PlacedNode[];
  /** Those between nodes that stand there, strongest first. */
  readonly edges: readonly CircuitEdge[];
  readonly layers: readonly { readonly layer: number; readonly y: number }[];
}

const LEFT = 40;
const RIGHT = 12;
const TOP = 24;
const ROW = 112;
/** How far an MLP stands above the heads of its layer, which it may read. */
const RAISED = 48;
const TALL = 26;
/** Of a line that says what a head does. */
const LINE = 9;
const NARROW = 46;
const WIDE = 60;
const ENDS = 80;
const GAP = 8;

export function circuitLayout({ nodes, edges }: CircuitResult): CircuitLayout {
  const inside = nodes.filter((node) => node.inside);
  const names = new Set(["embed", "logits", ...inside.map(({ name }) => name)]);
  const drawn = edges.filter(({ source, target }) => names.has(source) && names.has(target));
  const layers = [...new Set(inside.map(({ layer }) => layer))].sort((one, other) => one - other);
  const ofLayer = (layer: number, heads: boolean) =>
    inside.filter((node) => node.layer === layer && (node.head !== null) === heads);
  const pitch = (inside.some(({ classes }) => classes.length > 0) ? WIDE : NARROW) + GAP;
  const most = Math.max(1, ...layers.map((layer) => ofLayer(layer, true).length));
  const mlps = inside.some(({ head }) => head === null);
  const across = Math.max(most * pitch, 120);
  const width = LEFT + across + (mlps ? NARROW + 2 * GAP : 0) + RIGHT;
  const height = TOP + (layers.length + 1) * ROW + TALL;
  const base = height - TALL / 2 - 6;
  const row = (index: number) => base - index * ROW;
  const place = (name: string, node: CircuitNode | null, x: number, y: number): PlacedNode => {
    const does = classIn(node);
    return {
      name,
      label: node === null || node.head === null ? nodeTitle(name) : name,
      does,
      node,
      x,
      y,
      width: node === null ? ENDS : does.length === 0 ? NARROW : WIDE,
      height: TALL + LINE * does.length,
      inputs: ["q", "k", "v"].filter((into) =>
        drawn.some((edge) => edge.target === name && edge.into === into),
      ) as CircuitEdge["into"][],
    };
  };
  const placed = layers.flatMap((layer, index) => {
    const heads = ofLayer(layer, true);
    const begin = LEFT + (across - heads.length * pitch) / 2;
    return [
      ...heads.map((node, column) => place(node.name, node, begin + (column + 0.5) * pitch, row(index + 1))),
      ...ofLayer(layer, false).map((node) =>
        place(node.name, node, LEFT + across + GAP + NARROW / 2, row(index + 1) - RAISED),
      ),
    ];
  });
  const middle = LEFT + across / 2;
  return {
    width,
    height,
    nodes: [place("embed", null, middle, row(0)), ...placed, place("logits", null, middle, TOP)],
    edges: [...drawn].sort((one, other) => Math.abs(other.exact) - Math.abs(one.exact)),
    layers: layers.map((layer, index) => ({ layer, y: row(index + 1) })),
  };
}

function classIn(node: CircuitNode | null): string[] {
  const [first, ...rest] = node?.classes ?? [];
  if (first === undefined) return [];
  return `${first.name}${rest.length === 0 ? "" : ` +${rest.length}`}`.split(/ (?!\+)/);
}
