/**
 * Tokens joined into words, sentences, lines, holes or messages by signed sums: a coarser view that loses no score.
 * Python joins by the same rules (`python_backend/glasspane/grain.py`), but knows no holes; `tests/grain_cases.json`
 * holds both to them.
 */
import { shade, type TokenRow, visibleToken } from "./heat.js";
import type { AttributionResult, Token } from "./protocol.js";

export type Grain = "token" | "word" | "sentence" | "line" | "hole" | "message";

/** A hole of the prompt and the tokens that touch it. */
export interface HoleTokens {
  /** What is written between the braces. */
  readonly expression: string;
  readonly tokens: readonly number[];
}

/** The grains that show a result differently from the next finer one. */
export function grainsOf(result: AttributionResult, holes: readonly HoleTokens[] = []): Grain[] {
  const written = result.tokens.filter((token) => !token.special);
  const roles = new Set(written.map((token) => token.segment));
  return [
    "token",
    ...(written.some((token, index) => index > 0 && !startsWord(written[index - 1], token))
      ? (["word"] as const)
      : []),
    ...(written.some((token, index) => index > 0 && endsSentenceOnly(written[index - 1], token))
      ? (["sentence"] as const)
      : []),
    ...(written.slice(0, -1).some((token) => token.text.includes("\n")) ? (["line"] as const) : []),
    ...(holes.length > 0 ? (["hole"] as const) : []),
    ...(roles.size > 1 ? (["message"] as const) : []),
  ];
}

/**
 * `rows` (one per token) joined; special tokens stay alone, and no group reaches across two messages.
 *
 * Of a prompt with holes, each hole is one group that bears its expression's name, and so is the text between two.
 */
export function joinRows(
  result: AttributionResult,
  rows: readonly TokenRow[],
  grain: Grain,
  holes: readonly HoleTokens[] = [],
): TokenRow[] {
  if (grain === "token") return [...rows];
  const holeOf = new Map(holes.flatMap((hole) => hole.tokens.map((token) => [token, hole] as const)));
  const groups: TokenRow[][] = [];
  let open: TokenRow[] | null = null;
  for (const row of rows) {
    const previous = open?.[open.length - 1];
    const sameHole = previous !== undefined && holeOf.get(previous.index) === holeOf.get(row.index);
    if (
      open !== null &&
      previous !== undefined &&
      (grain === "hole" ? sameHole && sameMessage(previous, row) : belongTogether(previous, row, grain))
    )
      open.push(row);
    else {
      open = [row];
      groups.push(open);
    }
  }
  const total = rows.reduce((sum, row) => (row.special ? sum : sum + Math.abs(row.score)), 0);
  const sums = groups.map((group) => group.reduce((sum, row) => sum + row.score, 0));
  const strongest = groups.reduce(
    (most, group, index) => (group[0]?.special ? most : Math.max(most, Math.abs(sums[index] ?? 0))),
    0,
  );
  return groups.flatMap((group, index) => {
    const score = sums[index] ?? 0;
    const [first] = group;
    if (first === undefined) return [];
    const text = group.map((row) => (row.piece !== null && row.piece.at > 1 ? "" : row.token.text)).join("");
    const end = group[group.length - 1]?.token.end ?? first.token.end;
    const hole = grain === "hole" ? holeOf.get(first.index) : undefined;
    const name = hole === undefined ? {} : { name: `{${hole.expression}}` };
    return {
      ...first,
      ...name,
      shown: name.name ?? visibleToken(text),
      piece: group.length === 1 ? first.piece : null,
      score,
      share: first.special || total === 0 ? 0 : Math.abs(score) / total,
      ...shade(score, strongest, result.method.signed),
      tokens: group.flatMap((row) => row.tokens),
      token: { ...first.token, text, end },
    };
  });
}

function sameMessage(one: TokenRow, next: TokenRow): boolean {
  return !one.special && !next.special && one.token.segment === next.token.segment;
}

function belongTogether(one: TokenRow, next: TokenRow, grain: Exclude<Grain, "token" | "hole">): boolean {
  if (!sameMessage(one, next)) return false;
  // Pieces of one character are never torn apart.
  if (next.piece !== null && next.piece.at > 1) return true;
  if (grain === "message") return true;
  if (grain === "line") return !one.token.text.includes("\n");
  if (grain === "sentence") return !endsSentence(one.token, next.token);
  return !startsWord(one.token, next.token);
}

/** At . ! or ? before white space, or at a line end, which belongs to the sentence that it closes. */
function endsSentence(one: Token, next: Token): boolean {
  if (one.text.includes("\n") || /[.!?]\s/.test(one.text)) return true;
  return /[.!?]$/.test(one.text) && /^\s/.test(next.text) && !/^\s*\n\s*$/.test(next.text);
}

/** A sentence that ends within its line. */
function endsSentenceOnly(one: Token | undefined, next: Token): boolean {
  return one !== undefined && !one.text.includes("\n") && endsSentence(one, next);
}

function startsWord(before: Token | undefined, token: Token): boolean {
  return before === undefined || /\s$/.test(before.text) || /^\s/.test(token.text);
}
