/** The numbers of a lens as cells: what each layer would say after each token, and how the answer stands there. */
import { visibleToken } from "../../heat.js";
import type { LensResult } from "../../protocol.js";
import { figure, percent, quoted, upperFirst } from "../figures.js";

export interface LikelyToken {
  readonly text: string;
  readonly probability: number;
}

export interface LensCell {
  /** Its place in the table's numbers. */
  readonly index: number;
  /** Layers below it: 0 is the embedding, the last one what the model says. */
  readonly row: number;
  /** The token's index in the prompt. */
  readonly position: number;
  /** The likeliest first. */
  readonly likely: readonly LikelyToken[];
  /** Of the answer. */
  readonly probability: number;
  readonly rank: number;
  /** Of the answer that it is compared with. */
  readonly versus: { readonly probability: number; readonly rank: number } | null;
  readonly entropy: number;
  readonly divergence: number;
  readonly ownRank: number;
  /** The likeliest token is the answer. */
  readonly saysAnswer: boolean;
  /** From here to the end the answer comes first: at the position where it is read. */
  readonly appears: boolean;
  /** From here to the end what the model itself says after this token comes first. */
  readonly settles: boolean;
}

/** [row][column], the embedding first. */
export function lensCells(result: LensResult): LensCell[][] {
  const { table, positions, top } = result;
  const texts = new Map(result.texts.map(({ id, text }) => [id, text]));
  return Array.from({ length: result.layers + 1 }, (_, row) =>
    positions.map((position, column): LensCell => {
      const index = row * positions.length + column;
      const ids = table.top_ids.slice(index * top, (index + 1) * top);
      const [probability, rank] = [table.versus_probability?.[index], table.versus_rank?.[index]];
      return {
        index,
        row,
        position,
        likely: ids.map((id, at) => ({
          text: texts.get(id) ?? "",
          probability: table.top_probabilities[index * top + at] ?? 0,
        })),
        probability: table.answer_probability[index] ?? 0,
        rank: table.answer_rank[index] ?? 0,
        versus: probability === undefined || rank === undefined ? null : { probability, rank },
        entropy: table.entropy[index] ?? 0,
        divergence: table.divergence[index] ?? 0,
        ownRank: table.own_rank[index] ?? 0,
        saysAnswer: ids[0] === result.answer.id,
        appears: position === result.position && row === result.answer_layer,
        settles: row === result.own_layers[column],
      };
    }),
  );
}

/** The answer's part of what it and the other answer have together; null where neither has anything. */
export function shareOf({ probability, versus }: LensCell): number | null {
  const both = probability + (versus?.probability ?? 0);
  return versus === null || both === 0 ? null : probability / both;
}

/** "embedding", "3", "end": as Python names a table's rows. */
export function rowName(row: number, { layers }: LensResult): string {
  return row === 0 ? "embedding" : row === layers ? "end" : String(row);
}

/** "after 3 layers", "in the embedding", "in the end, after 4 layers". */
export function rowPhrase(row: number, { layers }: LensResult): string {
  if (row === 0) return "in the embedding";
  const after = `after ${row} layer${row === 1 ? "" : "s"}`;
  return row === layers ? `in the end, ${after}` : after;
}

/** "after 3 layers at 13 ·to" */
export function cellName({ row, position }: LensCell, result: LensResult): string {
  return `${rowPhrase(row, result)} at ${position} ${visibleToken(result.tokens[position]?.text ?? "")}`;
}

/** Everything about one cell but its other likely tokens. */
export function cellSentence(cell: LensCell, result: LensResult): string {
  const [first] = cell.likely;
  const answers = [
    `answer ${quoted(result.answer.text)} ${percent(cell.probability)}, rank ${cell.rank.toLocaleString("en")}`,
    result.versus === null || cell.versus === null
      ? null
      : `${quoted(result.versus.text)} ${percent(cell.versus.probability)}, rank ${cell.versus.rank.toLocaleString("en")}`,
  ];
  return [
    `${upperFirst(cellName(cell, result))}: ${quoted(first?.text ?? "")} ${percent(first?.probability ?? 0)}`,
    ...answers.filter((part) => part !== null),
    `divergence ${figure(cell.divergence)} nats`,
    `entropy ${figure(cell.entropy)} nats`,
    ...marksOf(cell),
  ].join(" · ");
}

/** The marks of a cell in words. */
function marksOf({ appears, settles }: LensCell): string[] {
  return [
    ...(appears ? ["from here on the answer stays first"] : []),
    ...(settles ? ["from here on the model’s own word stays first"] : []),
  ];
}
