/** Ways to keep a circuit: its nodes and its edges are a table each. */
import { writtenText } from "../../explaining/other_prompt.js";
import type { CircuitEdge, CircuitNode, CircuitResult } from "../../protocol.js";
import { type CsvColumn, csvTable } from "../csv.js";
import { type KeepingEvents, keepingWays } from "../keeping.js";
import { fileStem } from "../saving.js";

/** What a circuit's files are called, without ending: its first clean prompt's words. */
export function circuitStem({ request }: CircuitResult): string {
  return `${fileStem({ text: writtenText(request.pairs[0].clean) })}-circuit`;
}

/** As `Circuit.to_frame()` has them in Python. */
const NODE_COLUMNS: readonly CsvColumn<CircuitNode>[] = [
  ["name", ({ name }) => name],
  ["layer", ({ layer }) => layer],
  ["head", ({ head }) => head],
  ["inside", ({ inside }) => inside],
  ["lost", ({ lost }) => lost],
  ["restores", ({ restores }) => restores],
  ["classes", ({ classes }) => classes.map((each) => each.name).join(", ")],
];

/** As `Circuit.edges()` has them in Python. */
const EDGE_COLUMNS: readonly CsvColumn<CircuitEdge>[] = [
  ["source", ({ source }) => source],
  ["target", ({ target }) => target],
  ["into", ({ into }) => into],
  ["estimated", ({ estimated }) => estimated],
  ["exact", ({ exact }) => exact],
];

export function circuitKeeping(result: CircuitResult, events: KeepingEvents): HTMLElement {
  const tables = [
    {
      name: "nodes",
      label: "Table of nodes",
      title: "A row for every node, as CSV",
      content: () => csvTable(NODE_COLUMNS, result.nodes),
    },
    {
      name: "edges",
      label: "Table of edges",
      title: "A row for every edge, as CSV",
      content: () => csvTable(EDGE_COLUMNS, result.edges),
    },
  ];
  return keepingWays(result, { key: "circuit", stem: circuitStem(result), tables }, events);
}
