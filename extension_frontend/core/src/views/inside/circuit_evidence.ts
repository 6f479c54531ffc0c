/** What stands behind a node or an edge: its figures, and what can be asked next. */
import type { CircuitEdge, CircuitNode, CircuitResult } from "../../protocol.js";
import type { HeadPlace } from "../attention/head_grid.js";
import { button, type Child, element } from "../element.js";
import { type CircuitPart, edgeKey } from "./circuit_graph.js";
import {
  classEvidence,
  edgeName,
  INPUTS,
  nodePhrase,
  nodeTitle,
  onWhat,
  share,
  shareWithin,
} from "./circuit_words.js";
import type { PartEvents } from "./part.js";

export interface EvidenceEvents {
  open(part: CircuitPart): void;
  openHead(place: HeadPlace): void;
  readonly goOn: PartEvents["goOn"];
  close(): void;
}

/** `position`: the token that was looked at before, which is carried on. */
export function circuitEvidence(
  part: CircuitPart,
  result: CircuitResult,
  position: number | null,
  events: EvidenceEvents,
): HTMLElement {
  const content =
    part.of === "edge"
      ? ofEdge(part.edge, result, events)
      : [
          ...(part.node === null ? ofEnd(part.name) : ofNode(part.node, result)),
          ...wires(part.name, result, events),
          ...(part.node === null ? [] : [ways(part.node, position, events)]),
        ];
  const title = part.of === "edge" ? edgeName(part.edge) : nodeTitle(part.name);
  return element("div", { class: "gp-patch-detail", role: "group", "aria-label": `Evidence: ${title}` }, [
    element("div", { class: "gp-head-title" }, [
      element("h3", {}, [title]),
      button("circuit-evidence-close", "Close", events.close, { class: "gp-button gp-link" }),
    ]),
    ...content,
  ]);
}

function figures(rows: readonly (readonly [says: string, value: string])[]): HTMLElement {
  return element("table", { class: "gp-plain-table gp-circuit-figures" }, [
    element(
      "tbody",
      {},
      rows.map(([says, value]) =>
        element("tr", {}, [
          element("th", { scope: "row" }, [says]),
          element("td", { class: "gp-number" }, [value]),
        ]),
      ),
    ),
  ]);
}

function ofNode({ name, lost, restores, classes, inside }: CircuitNode, result: CircuitResult): Child[] {
  return [
    inside
      ? null
      : element("p", { class: "gp-quiet" }, ["It has an effect, but the circuit carries enough without it."]),
    figures([
      ["Lost when it alone is ablated", share(lost)],
      ["Back when it alone is restored", share(restores)],
      ...result.validation.flatMap((each) => {
        const found = each.minimality[name];
        return found === undefined
          ? []
          : [[`The circuit loses without it, on ${onWhat(each)}`, shareWithin(found)] as const];
      }),
    ]),
    ...classes.map((each) =>
      element("p", { class: "gp-circuit-class" }, [
        element("strong", {}, [each.name]),
        `: ${classEvidence(each)}.`,
      ]),
    ),
    classes.length === 0 && name.includes(".")
      ? element("p", { class: "gp-quiet" }, ["No known class is shown for it."])
      : null,
  ];
}

function ofEnd(name: string): Child[] {
  return [
    element("p", { class: "gp-quiet" }, [
      name === "embed"
        ? "The tokens’ embeddings: they stay the clean prompt’s whatever is ablated."
        : "The two answers’ logits, whose difference is the behaviour.",
    ]),
  ];
}

/** Its edges, each to be opened. */
function wires(name: string, { edges }: CircuitResult, { open }: EvidenceEvents): Child[] {
  const list = (title: string, some: readonly CircuitEdge[], says: (edge: CircuitEdge) => string): Child =>
    some.length === 0
      ? null
      : element("div", { class: "gp-circuit-wires" }, [
          element("h4", { class: "gp-label" }, [title]),
          element(
            "ul",
            {},
            some.map((edge) =>
              element("li", {}, [
                button(`wire-${edgeKey(edge)}`, says(edge), () => open({ of: "edge", edge }), {
                  class: "gp-button gp-link gp-code",
                }),
                ` ${share(edge.exact, true)}`,
              ]),
            ),
          ),
        ]);
  const input = ({ into }: CircuitEdge) => (into === "mlp" || into === "logits" ? "" : ` (${INPUTS[into]})`);
  return [
    list(
      "Reads",
      edges.filter(({ target }) => target === name),
      (edge) => `${edge.source}${input(edge)}`,
    ),
    list(
      "Is read by",
      edges.filter(({ source }) => source === name),
      (edge) => `${edge.target}${input(edge)}`,
    ),
  ];
}

function ways(
  { layer, head }: CircuitNode,
  position: number | null,
  { openHead, goOn }: EvidenceEvents,
): HTMLElement {
  const place = { layer, head, position };
  return element("div", { class: "gp-buttons" }, [
    head !== null &&
      button("circuit-open-head", `Open head ${layer}.${head} in Attention`, () => openHead({ layer, head })),
    head !== null &&
      button("circuit-patch-head", `Patch head ${layer}.${head} by position`, () => goOn("patching", place)),
    button("circuit-probe", `Probe layer ${layer}`, () => goOn("probe", place)),
  ]);
}

function ofEdge(edge: CircuitEdge, { nodes }: CircuitResult, { open }: EvidenceEvents): Child[] {
  const { source, target, into, exact, estimated } = edge;
  const end = (name: string) =>
    button(
      `edge-end-${name}`,
      nodeTitle(name),
      () => open({ of: "node", name, node: nodes.find((node) => node.name === name) ?? null }),
      { class: "gp-button" },
    );
  return [
    element("p", { class: "gp-quiet" }, [
      `In the corrupted run ${
        into === "mlp" || into === "logits"
          ? `${nodePhrase(target)} alone reads`
          : `the ${INPUTS[into]} of ${nodePhrase(target)} alone read`
      } what ${nodePhrase(source)} writes for the clean prompt; everything behind reacts.`,
    ]),
    figures([
      ["Exact effect, patched by itself", share(exact, true)],
      ["Estimated from gradients (EAP-IG)", share(estimated, true)],
      ["Way", exact < 0 ? "against the answer (dashed)" : "for the answer"],
    ]),
    element("div", { class: "gp-buttons" }, [end(source), end(target)]),
  ];
}
