/** Ways to keep a lens: its cells and the parts of the logit are a table each. */
import type { DirectAttribution, LensResult } from "../../protocol.js";
import { type CsvColumn, csvTable } from "../csv.js";
import { type KeepingEvents, keepingWays } from "../keeping.js";
import { fileStem } from "../saving.js";
import { type LensCell, lensCells } from "./lens_cells.js";

/** What its files are called, without ending. */
export function lensStem(result: Pick<LensResult, "text">): string {
  return `${fileStem(result)}-lens`;
}

/** A row for every cell, with the columns that `LensReading.to_frame()` has in Python. */
export function csvOfCells(result: LensResult): string {
  const versus: readonly CsvColumn<LensCell>[] = [
    ["versus_probability", (cell) => cell.versus?.probability ?? null],
    ["versus_rank", (cell) => cell.versus?.rank ?? null],
  ];
  const columns: readonly CsvColumn<LensCell>[] = [
    ["layer", ({ row }) => row],
    ["position", ({ position }) => position],
    ["token", ({ position }) => result.tokens[position]?.text ?? ""],
    ["top", ({ likely: [first] }) => first?.text ?? ""],
    ["top_probability", ({ likely: [first] }) => first?.probability ?? null],
    ["answer_probability", ({ probability }) => probability],
    ["answer_rank", ({ rank }) => rank],
    ...(result.versus === null ? [] : versus),
    ["entropy", ({ entropy }) => entropy],
    ["kl", ({ divergence }) => divergence],
    ["own_rank", ({ ownRank }) => ownRank],
  ];
  return csvTable(columns, lensCells(result).flat());
}

interface Term {
  readonly part: string;
  readonly layer: number | null;
  readonly head: number | null;
  readonly value: number;
}

/** As `LensReading.contributions()` has them in Python. */
const TERM_COLUMNS: readonly CsvColumn<Term>[] = [
  ["part", ({ part }) => part],
  ["layer", ({ layer }) => layer],
  ["head", ({ head }) => head],
  ["contribution", ({ value }) => value],
];

/** What adds up to the logit, then how each layer's attention splits up. */
export function termsOf(direct: DirectAttribution): Term[] {
  const term = (
    part: string,
    value: number,
    layer: number | null = null,
    head: number | null = null,
  ): Term => ({
    part,
    layer,
    head,
    value,
  });
  return [
    term("embedding", direct.embedding),
    ...(direct.positions === null ? [] : [term("positions", direct.positions)]),
    ...direct.attention.flatMap((value, layer) => [
      term("attention", value, layer),
      term("mlp", direct.mlp[layer] ?? 0, layer),
    ]),
    term("bias", direct.bias),
    ...direct.heads.flatMap((heads, layer) => [
      ...heads.map((value, head) => term("head", value, layer, head)),
      term("attention_bias", direct.attention_bias[layer] ?? 0, layer),
    ]),
  ];
}

export function lensKeeping(result: LensResult, events: KeepingEvents): HTMLElement {
  const { direct } = result;
  const cells = {
    name: "",
    label: "Table",
    title: "A row for every layer and token, as CSV",
    content: () => csvOfCells(result),
  };
  const parts = direct !== null && {
    name: "parts",
    label: "Table of parts",
    title: "A row for every part that adds to the logit, as CSV",
    content: () => csvTable(TERM_COLUMNS, termsOf(direct)),
  };
  const tables = parts === false ? [cells] : [cells, parts];
  return keepingWays(result, { key: "lens", stem: lensStem(result), tables }, events);
}
