/** Ways to keep a lens: as Python, as data, as tables; and what it cost. */
import type { MadeFile } from "../../made_file.js";
import type { DirectAttribution, LensResult } from "../../protocol.js";
import { button, element } from "../element.js";
import { duration } from "../figures.js";
import { fileStem, quotedCell } from "../saving.js";
import { lensCells } from "./lens_cells.js";

export interface LensKeepingEvents {
  copyPython(code: string): void;
  fileMade(file: MadeFile): void;
}

/** What its files are called, without ending. */
export function lensStem(result: Pick<LensResult, "text">): string {
  return `${fileStem(result)}-lens`;
}

/** A row for every cell, with the columns that `LensReading.to_frame()` has in Python. */
export function csvOfCells(result: LensResult): string {
  const compares = result.versus !== null;
  const head = [
    ...["layer", "position", "token", "top", "top_probability", "answer_probability", "answer_rank"],
    ...(compares ? ["versus_probability", "versus_rank"] : []),
    ...["entropy", "kl", "own_rank"],
  ];
  const lines = lensCells(result)
    .flat()
    .map((cell) => {
      const [first] = cell.likely;
      return [
        cell.row,
        cell.position,
        quotedCell(result.tokens[cell.position]?.text ?? ""),
        quotedCell(first?.text ?? ""),
        first?.probability ?? "",
        cell.probability,
        cell.rank,
        ...(compares ? [cell.versus?.probability ?? "", cell.versus?.rank ?? ""] : []),
        cell.entropy,
        cell.divergence,
        cell.ownRank,
      ].join(",");
    });
  return `${[head.join(","), ...lines].join("\n")}\n`;
}

/** A row for every term, with the columns that `LensReading.contributions()` has in Python. */
export function csvOfTerms(direct: DirectAttribution): string {
  const rows: (readonly [part: string, layer: number | "", head: number | "", value: number])[] = [
    ["embedding", "", "", direct.embedding],
    ...(direct.positions === null ? [] : [["positions", "", "", direct.positions] as const]),
    ...direct.attention.flatMap((value, layer) => [
      ["attention", layer, "", value] as const,
      ["mlp", layer, "", direct.mlp[layer] ?? 0] as const,
    ]),
    ["bias", "", "", direct.bias],
    ...direct.heads.flatMap((heads, layer) => [
      ...heads.map((value, head) => ["head", layer, head, value] as const),
      ["attention_bias", layer, "", direct.attention_bias[layer] ?? 0] as const,
    ]),
  ];
  return `${["part,layer,head,contribution", ...rows.map((row) => row.join(","))].join("\n")}\n`;
}

export function lensKeeping(result: LensResult, events: LensKeepingEvents): HTMLElement {
  const { cost, direct } = result;
  const stem = lensStem(result);
  const keep = (name: string, type: MadeFile["type"], content: string) =>
    events.fileMade({ name, type, content });
  const spent = cost.cached
    ? "Known from before."
    : `${duration(cost.seconds)} · ${cost.forwards} forward pass${cost.forwards === 1 ? "" : "es"}`;
  return element("div", { class: "gp-buttons" }, [
    button("copy-lens", "Copy as Python", () => events.copyPython(result.code)),
    button(
      "save-lens-json",
      "Data",
      () => keep(`${stem}.json`, "application/json", `${JSON.stringify(result)}\n`),
      { title: "All of it as JSON; gp.load reads it back" },
    ),
    button("save-lens-csv", "Table", () => keep(`${stem}.csv`, "text/csv", csvOfCells(result)), {
      title: "A row for every layer and token, as CSV",
    }),
    direct !== null &&
      button(
        "save-lens-parts-csv",
        "Table of parts",
        () => keep(`${stem}-parts.csv`, "text/csv", csvOfTerms(direct)),
        { title: "A row for every part that adds to the logit, as CSV" },
      ),
    element("span", { class: "gp-quiet" }, [spent]),
  ]);
}
