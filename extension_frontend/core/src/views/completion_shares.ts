/** What the rows of a completion say together, in words. */
import type { AttributionResult } from "../protocol.js";
import { figure, percent, quoted } from "./figures.js";

/** Index of the first token that the completion itself wrote; the number of tokens where none is among the inputs. */
export function firstOwnToken({ tokens, target }: AttributionResult): number {
  const written = target.ids.slice(0, -1);
  const from = tokens.length - written.length;
  return written.length > 0 && from >= 0 && written.every((id, index) => tokens[from + index]?.id === id)
    ? from
    : tokens.length;
}

export interface RowShares {
  /** Of all magnitude in these rows; 0 where there is none. */
  readonly prompt: number;
  readonly completion: number;
}

export function rowShares(result: AttributionResult, rows: readonly number[]): RowShares {
  const own = firstOwnToken(result);
  let [prompt, completion] = [0, 0];
  for (const row of rows) {
    result.scores[row]?.forEach((score, token) => {
      if (!Number.isFinite(score)) return;
      if (token < own) prompt += Math.abs(score);
      else completion += Math.abs(score);
    });
  }
  const total = prompt + completion;
  return total === 0
    ? { prompt: 0, completion: 0 }
    : { prompt: prompt / total, completion: completion / total };
}

/** "“ Paris”, 89 % likely: its prompt share 72 %, earlier completion 28 %." */
export function rowsSentence(result: AttributionResult, rows: readonly number[]): string {
  const { prompt, completion } = rowShares(result, rows);
  const pieces = result.target.pieces;
  const first = pieces[rows[0] ?? 0];
  const all = rows.length === result.scores.length;
  const name = all
    ? "The whole completion"
    : rows.length === 1 && first !== undefined
      ? `${quoted(first.text)}, ${percent(first.probability)} likely`
      : `${rows.length} tokens`;
  const whose = rows.length === 1 && !all ? "its" : "their";
  return `${name}: ${all ? "" : `${whose} `}prompt share ${percent(prompt)}, earlier completion ${percent(completion)}.`;
}

/** "“ France” for “ Paris”: +11.0 · 57 % of its magnitude" */
export function cellSentence(result: AttributionResult, row: number, token: number): string {
  const scores = result.scores[row] ?? [];
  const total = scores.reduce((sum, score) => sum + Math.abs(score), 0);
  const score = scores[token] ?? 0;
  const share = total > 0 ? Math.abs(score) / total : 0;
  const name = quoted(result.target.pieces[row]?.text ?? `row ${row + 1}`);
  return `${quoted(result.tokens[token]?.text ?? "")} for ${name}: ${figure(score, result.method.signed)} · ${percent(share)} of its magnitude`;
}
