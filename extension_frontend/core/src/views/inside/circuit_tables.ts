/** A circuit's figures as tables: validation beside random sets, sets of nodes, all nodes, all edges. */
import type { CircuitNode, CircuitResult, CircuitValidation } from "../../protocol.js";
import { button, type Child, element } from "../element.js";
import { figure, percent } from "../figures.js";
import { edgeName, nodeTitle, onWhat, share, shareWithin } from "./circuit_words.js";

type Cell = string | HTMLElement;

function table(caption: string, heads: readonly string[], rows: readonly (readonly Cell[])[]): HTMLElement {
  return element("div", { class: "gp-circuit-wide" }, [
    element("table", { class: "gp-plain-table gp-circuit-table" }, [
      element("caption", {}, [caption]),
      element("thead", {}, [
        element(
          "tr",
          {},
          heads.map((head) => element("th", { scope: "col" }, [head])),
        ),
      ]),
      element(
        "tbody",
        {},
        rows.map(([first = "", ...rest]) =>
          element("tr", {}, [
            element("th", { scope: "row" }, [first]),
            ...rest.map((cell) =>
              element("td", { class: typeof cell === "string" ? "gp-number" : null }, [cell]),
            ),
          ]),
        ),
      ),
    ]),
  ]);
}

const VALIDATION: readonly (readonly [says: string, of: (found: CircuitValidation) => string])[] = [
  ["Carried by the circuit alone", ({ faithfulness }) => shareWithin(faithfulness)],
  ["Carried by random sets of as many", ({ random_sets }) => shareWithin(random_sets)],
  ["Random sets that it beats", ({ beaten }) => percent(beaten)],
  ["Left without the circuit", ({ left_without }) => shareWithin(left_without)],
  [
    "Logit difference, all at work / all ablated",
    ({ whole, empty }) => `${figure(whole, true)} / ${figure(empty, true)}`,
  ],
];

export function validationTable({ validation, ablation }: CircuitResult): HTMLElement {
  return table(
    `Shares of the behaviour, with 95 % intervals over pairs (of random sets: the range of 95 % of them). Ablated nodes write ${ablation}.`,
    ["", ...validation.map(onWhat)],
    VALIDATION.map(([says, of]) => [says, ...validation.map(of)]),
  );
}

export function setsTable({ sets }: CircuitResult): Child {
  if (sets.length === 0) return null;
  return table(
    "Nodes ablated together: more is lost than each loses alone where they stand in for one another, less where they do the same.",
    ["", "lost together", "sum of each alone"],
    sets.map(({ nodes, lost, sum_of_each }) => [nodes.join(", "), shareWithin(lost), share(sum_of_each)]),
  );
}

export function nodesTable({ nodes }: CircuitResult, open: (node: CircuitNode) => void): HTMLElement {
  return table(
    "Every node of the circuit, and others that have an effect.",
    ["", "", "lost alone", "restores alone", "class"],
    nodes.map((node) => [
      button(`circuit-row-${node.name}`, nodeTitle(node.name), () => open(node), {
        class: "gp-button gp-link",
      }),
      node.inside ? "in the circuit" : "outside",
      share(node.lost),
      share(node.restores),
      node.classes.map(({ name }) => name).join(", "),
    ]),
  );
}

export function edgesTable({ edges }: CircuitResult): HTMLElement {
  return table(
    "Edges within the circuit, strongest first; each exact effect is of the edge patched by itself.",
    ["", "exact", "estimated"],
    edges.map((edge) => [edgeName(edge), share(edge.exact, true), share(edge.estimated, true)]),
  );
}
