/** Ways to keep a circuit: as Python, as data, as tables; and what it cost. */
import type { CircuitResult } from "../../protocol.js";
import { button, element } from "../element.js";
import { duration } from "../figures.js";
import { fileStem, quotedCell } from "../saving.js";
import type { KeepingEvents } from "./patch_keeping.js";

/** What a circuit's files are called, without ending: its first clean prompt's words. */
export function circuitStem({ request }: CircuitResult): string {
  const { clean } = request.pairs[0];
  const text = clean.form === "text" ? clean.text : (clean.messages.at(-1)?.content ?? "");
  return `${fileStem({ text })}-circuit`;
}

/** A row for every node, with the columns that `Circuit.to_frame()` has in Python. */
export function csvOfNodes({ nodes }: CircuitResult): string {
  const rows = nodes.map(({ name, layer, head, inside, lost, restores, classes }) => [
    quotedCell(name),
    layer,
    head ?? "",
    inside ? "True" : "False",
    lost,
    restores,
    quotedCell(classes.map((each) => each.name).join(", ")),
  ]);
  return csv(["name", "layer", "head", "inside", "lost", "restores", "classes"], rows);
}

/** A row for every edge, with the columns that `Circuit.edges()` has in Python. */
export function csvOfEdges({ edges }: CircuitResult): string {
  const rows = edges.map(({ source, target, into, estimated, exact }) => [
    quotedCell(source),
    quotedCell(target),
    into,
    estimated,
    exact,
  ]);
  return csv(["source", "target", "into", "estimated", "exact"], rows);
}

function csv(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return `${[head, ...rows].map((row) => row.join(",")).join("\n")}\n`;
}

export function circuitKeeping(result: CircuitResult, { copyPython, fileMade }: KeepingEvents): HTMLElement {
  const stem = circuitStem(result);
  const { cost } = result;
  const spent = cost.cached
    ? "Known from before."
    : [duration(cost.seconds), `${cost.forwards} forward and ${cost.backwards} backward passes`].join(" · ");
  const table = (key: string, label: string, title: string, ending: string, content: () => string) =>
    button(
      key,
      label,
      () => fileMade({ name: `${stem}-${ending}.csv`, type: "text/csv", content: content() }),
      { title },
    );
  return element("div", { class: "gp-buttons" }, [
    button("copy-circuit", "Copy as Python", () => copyPython(result.code)),
    button(
      "save-circuit-json",
      "Data",
      () =>
        fileMade({
          name: `${stem}.json`,
          type: "application/json",
          content: `${JSON.stringify(result)}\n`,
        }),
      { title: "All of it as JSON" },
    ),
    table("save-circuit-nodes", "Table of nodes", "A row for every node, as CSV", "nodes", () =>
      csvOfNodes(result),
    ),
    table("save-circuit-edges", "Table of edges", "A row for every edge, as CSV", "edges", () =>
      csvOfEdges(result),
    ),
    element("span", { class: "gp-quiet" }, [spent]),
  ]);
}
