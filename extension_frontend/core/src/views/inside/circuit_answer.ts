/** A circuit that was found: whether it holds, the graph, the evidence behind what is opened, and the figures. */

import type { CircuitResult } from "../../protocol.js";
import { cautionLines } from "../caution_lines.js";
import { chartFrame } from "../chart_frame.js";
import { bringIntoView, type Child, type Disclosures, element } from "../element.js";
import type { KeepingEvents } from "../keeping.js";
import { steadyReadout } from "../readout.js";
import { badge } from "../verdict.js";
import { circuitEvidence, type EvidenceEvents } from "./circuit_evidence.js";
import { type CircuitPart, circuitGraph, partKey } from "./circuit_graph.js";
import { circuitKeeping, circuitStem } from "./circuit_keeping.js";
import { edgesTable, nodesTable, setsTable, validationTable } from "./circuit_tables.js";
import { edgeSentence, nodePhrase, nodeSentence, nodeTitle, share, VERDICTS } from "./circuit_words.js";
import type { Place } from "./part.js";

/** What a person looks at in a circuit. */
export interface CircuitLook {
  /** What is opened. */
  opened: CircuitPart | null;
}

export interface CircuitAnswerEvents extends KeepingEvents, Omit<EvidenceEvents, "open" | "close"> {}

/** `place`: what was pointed out in another part. */
export function circuitAnswer(
  result: CircuitResult,
  place: Place | null,
  look: CircuitLook,
  disclosures: Disclosures,
  events: CircuitAnswerEvents,
): Child[] {
  const cameFrom = place !== null && place.head !== null ? `${place.layer}.${place.head}` : null;
  const readout = steadyReadout("gp-circuit-readout");
  const evidence = element("div");
  const resting =
    "Point at a node or an edge, or open it. Arrow keys: left and right from node to node, up and down along edges.";
  const say = (part: CircuitPart | null) => {
    const shown = part ?? look.opened;
    readout.textContent =
      shown === null
        ? resting
        : shown.of === "edge"
          ? edgeSentence(shown.edge)
          : shown.node === null
            ? nodeTitle(shown.name)
            : nodeSentence(shown.node);
  };
  const graph = circuitGraph(result, cameFrom, { pointed: say, opened: (part) => open(part) });
  const draw = (part: CircuitPart | null) => {
    look.opened = part;
    graph.choose(part === null ? null : partKey(part));
    evidence.replaceChildren(
      ...(part === null
        ? []
        : [
            circuitEvidence(part, result, place?.position ?? null, {
              ...events,
              open: (next) => {
                open(next);
                evidence.querySelector<HTMLElement>("button")?.focus({ preventScroll: true });
              },
              close: () => {
                draw(null);
                graph.chart.querySelector<SVGElement>("[tabindex='0']")?.focus({ preventScroll: true });
              },
            }),
          ]),
    );
    say(null);
  };
  const open = (part: CircuitPart) => {
    draw(part);
    bringIntoView(evidence);
  };
  draw(look.opened);
  const box = element("div", { class: "gp-chart-box" }, [graph.chart]);
  return [
    ...verdictLine(result),
    element("p", { class: "gp-quiet" }, [result.summary.at(-1) ?? ""]),
    place === null ? null : element("p", { class: "gp-circuit-place" }, [whereYouCameFrom(result, place)]),
    readout,
    chartFrame(circuitStem(result), graph.chart, events.fileMade, box),
    element("p", { class: "gp-quiet gp-circuit-legend" }, [
      "Layers up the page. A line is as wide as its exact effect; dashed: against the answer. q, k, v: read by queries, keys or values.",
    ]),
    evidence,
    element("h3", { class: "gp-label" }, ["What was shown"]),
    element(
      "ul",
      { class: "gp-sentences" },
      result.summary.slice(0, -1).map((sentence) => element("li", {}, [sentence])),
    ),
    element("h3", { class: "gp-label" }, ["Validation"]),
    validationTable(result),
    setsTable(result),
    disclosures.make("circuit-nodes", "All nodes with an effect", [
      nodesTable(result, (node) => open({ of: "node", name: node.name, node })),
    ]),
    disclosures.make("circuit-edges", "All edges", [edgesTable(result)]),
    ...cautionLines(result.warnings),
    circuitKeeping(result, events),
  ];
}

function verdictLine({ verdict }: CircuitResult): Child[] {
  const { sign, name, standing, means } = VERDICTS[verdict];
  return [
    element("p", { class: "gp-circuit-verdict" }, [badge(standing, sign, name)]),
    element("p", {}, [means]),
  ];
}

/** Whether what was pointed out is in the circuit, and what else of its layer is. */
function whereYouCameFrom({ nodes }: CircuitResult, { layer, head }: Place): string {
  if (head !== null) {
    const name = `${layer}.${head}`;
    const node = nodes.find((each) => each.name === name);
    if (node?.inside) return `▸ Head ${name}, where you came from, is in the circuit.`;
    return node === undefined
      ? `Head ${name}, where you came from, is not in the circuit, and has next to no effect alone.`
      : `Head ${name}, where you came from, is not in the circuit: alone it loses ${share(node.lost)} and restores ${share(node.restores)}.`;
  }
  const own = nodes.filter((node) => node.inside && node.layer === layer).map(({ name }) => nodePhrase(name));
  return own.length === 0
    ? `Of layer ${layer}, where you came from, nothing is in the circuit.`
    : `Of layer ${layer}, where you came from, the circuit has ${own.join(", ")}.`;
}
