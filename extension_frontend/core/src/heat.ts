import { type Stretch, stretchesOf } from "./prompt_alignment.js";
import { joinedSpans, type ResolvedPrompt, type SourceSpan } from "./prompt_template.js";
import type { AttributionResult, Token } from "./protocol.js";

export type HeatSign = "for" | "against" | "none" | "unsigned";

/** One stretch of the document to colour, and what its hover says. */
export interface HeatMark {
  readonly from: number;
  readonly to: number;
  /** What to paint within from…to: leaves out the quotes between concatenated literals. */
  readonly spans: readonly SourceSpan[];
  /** −5…5; 0 = no colour. Never negative for an unsigned method. */
  readonly level: number;
  /** Sum of the scores of `tokens`. */
  readonly score: number;
  /** |score| over Σ|score| of all tokens that are not special. */
  readonly share: number;
  /** Indices into the result's tokens. */
  readonly tokens: readonly number[];
  readonly sign: HeatSign;
}

/** One line of the token table. */
export interface TokenRow {
  readonly index: number;
  /** The token as people read it, whitespace made visible. */
  readonly shown: string;
  /** What the document calls it where that is not its text: a hole's expression. */
  readonly name?: string;
  /** Which piece it is of characters that several tokens share, e.g. one emoji; else null. */
  readonly piece: { readonly at: number; readonly of: number } | null;
  readonly score: number;
  /** |score| over Σ|score| of the tokens that are not special; 0 for a special one. */
  readonly share: number;
  readonly level: number;
  readonly sign: HeatSign;
  /** 1-based, counting every token the model read. */
  readonly position: number;
  readonly special: boolean;
  readonly role: string | null;
  /** Indices of the tokens it stands for: one, unless joined by a coarser grain. */
  readonly tokens: readonly number[];
  readonly token: Token;
}

/** Scores of every token, summed over some of a completion's targets; over all of them where none are named. */
export function tokenScores(result: AttributionResult, rows: readonly number[] | null = null): number[] {
  const summed = rows === null ? result.scores : rows.map((row) => result.scores[row] ?? []);
  return result.tokens.map((_, token) =>
    summed.reduce((sum, scores) => {
      const score = scores[token] ?? 0;
      return sum + (Number.isFinite(score) ? score : 0);
    }, 0),
  );
}

/**
 * Colours for the document a result's prompt stands in.
 *
 * `prompt` is one resolved prompt, or for a conversation one per message in order. Tokens that share characters, and
 * all that touch one hole, become one mark with the sum of their scores, so no token's score is lost or counted twice.
 * Special tokens are neither drawn nor part of the scale; nor are a completion's own tokens, which the document
 * does not hold. `rows` picks targets of a completion, and `groups` tokens that are to be coloured as one.
 */
export function heatMarks(
  result: AttributionResult,
  prompt: ResolvedPrompt | readonly ResolvedPrompt[],
  rows: readonly number[] | null = null,
  groups: readonly (readonly number[])[] = [],
): HeatMark[] {
  const scores = tokenScores(result, rows);
  const total = totalMagnitude(result, scores);
  const stretches = joinGroups(stretchesOf(result, "spansOf" in prompt ? [prompt] : prompt), groups);
  const marks = joinOverlapping(stretches);
  const sums = marks.map((group) => group.tokens.reduce((sum, token) => sum + (scores[token] ?? 0), 0));
  const strongest = Math.max(0, ...sums.map(Math.abs));
  return marks.map(({ spans, tokens }, index) => {
    const score = sums[index] ?? 0;
    return {
      from: spans[0]?.from ?? 0,
      to: spans[spans.length - 1]?.to ?? 0,
      spans,
      score,
      share: total > 0 ? Math.abs(score) / total : 0,
      tokens,
      ...shade(score, strongest, result.method.signed),
    };
  });
}

/** Every token with its score, in the order the model read them. */
export function tokenRows(result: AttributionResult, rows: readonly number[] | null = null): TokenRow[] {
  const scores = tokenScores(result, rows);
  const total = totalMagnitude(result, scores);
  const strongest = result.tokens.reduce(
    (most, token, index) => (token.special ? most : Math.max(most, Math.abs(scores[index] ?? 0))),
    0,
  );
  const pieces = sharedPieces(result.tokens);
  return result.tokens.map((token, index) => {
    const score = scores[index] ?? 0;
    return {
      index,
      shown: visibleToken(token.text),
      piece: pieces[index] ?? null,
      score,
      share: token.special || total === 0 ? 0 : Math.abs(score) / total,
      // A special token may outweigh the scale it is no part of.
      ...shade(score, strongest, result.method.signed),
      position: index + 1,
      special: token.special,
      role: token.segment === null ? null : (result.segments[token.segment]?.role ?? null),
      tokens: [index],
      token,
    };
  });
}

/** Whitespace and invisible characters as signs; an empty token as ∅. */
export function visibleToken(text: string): string {
  if (text === "") return "∅";
  return (
    text
      .replace(/\r\n|\n/g, "↵")
      .replace(/\r/g, "␍")
      .replace(/\t/g, "⇥")
      .replace(/^ +| +$| {2,}/g, (spaces) => "·".repeat(spaces.length))
      .replace(/\u00a0/g, "⍽")
      // They take no room, and most turn around how what follows is written. The joiner of emoji stays.
      .replace(/[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g, "◌")
  );
}

function totalMagnitude(result: AttributionResult, scores: readonly number[]): number {
  return result.tokens.reduce(
    (sum, token, index) => (token.special ? sum : sum + Math.abs(scores[index] ?? 0)),
    0,
  );
}

/** Level and sign of a score on a scale that ends at `strongest`. */
export function shade(score: number, strongest: number, signed: boolean): { level: number; sign: HeatSign } {
  const magnitude = strongest > 0 ? Math.min(5, Math.round((5 * Math.abs(score)) / strongest)) : 0;
  if (!signed) return { level: magnitude, sign: "unsigned" };
  if (score === 0) return { level: 0, sign: "none" };
  return score > 0
    ? { level: magnitude, sign: "for" }
    : { level: magnitude === 0 ? 0 : -magnitude, sign: "against" };
}

interface Joined {
  readonly tokens: readonly number[];
  readonly spans: readonly SourceSpan[];
}

/** The tokens of each group over the union of their places; tokens of no group stay alone. */
function joinGroups(stretches: readonly Stretch[], groups: readonly (readonly number[])[]): Joined[] {
  const groupOf = new Map(groups.flatMap((tokens, group) => tokens.map((token) => [token, group] as const)));
  const joined = new Map<string, { tokens: number[]; spans: SourceSpan[] }>();
  for (const { token, spans } of stretches) {
    const group = groupOf.get(token);
    const key = group === undefined ? `token ${token}` : `group ${group}`;
    const together = joined.get(key) ?? { tokens: [], spans: [] };
    together.tokens.push(token);
    together.spans.push(...spans);
    joined.set(key, together);
  }
  return [...joined.values()];
}

/** Stretches whose places overlap, joined: all their tokens over the union of their places. */
function joinOverlapping(stretches: readonly Joined[]): { spans: SourceSpan[]; tokens: number[] }[] {
  const parent = stretches.map((_, index) => index);
  const root = (index: number): number => {
    let at = index;
    while (parent[at] !== at) at = parent[at] ?? at;
    return at;
  };
  const places = stretches
    .flatMap((stretch, owner) => stretch.spans.map((span) => ({ ...span, owner })))
    .sort((one, other) => one.from - other.from);
  let reached = -1;
  let holder = 0;
  for (const { from, to, owner } of places) {
    if (from < reached) parent[root(owner)] = root(holder);
    if (to > reached) {
      reached = to;
      holder = owner;
    }
  }
  const groups = new Map<number, { spans: SourceSpan[]; tokens: number[] }>();
  stretches.forEach(({ spans, tokens }, index) => {
    const key = root(index);
    const group = groups.get(key) ?? { spans: [], tokens: [] };
    group.spans.push(...spans);
    group.tokens.push(...tokens);
    groups.set(key, group);
  });
  return [...groups.values()]
    .map(({ spans, tokens }) => ({ spans: joinedSpans(spans), tokens: tokens.sort((a, b) => a - b) }))
    .sort((one, other) => (one.spans[0]?.from ?? 0) - (other.spans[0]?.from ?? 0));
}

/** For tokens that share their characters with neighbours: which piece of how many each one is. */
function sharedPieces(tokens: readonly Token[]): ({ at: number; of: number } | null)[] {
  const pieces: ({ at: number; of: number } | null)[] = tokens.map(() => null);
  const shares = (one: Token | undefined, other: Token | undefined) =>
    one !== undefined &&
    other !== undefined &&
    !one.special &&
    !other.special &&
    one.start === other.start &&
    one.end === other.end &&
    one.end > one.start;
  for (let first = 0; first < tokens.length; ) {
    let end = first + 1;
    while (shares(tokens[first], tokens[end])) end += 1;
    for (let at = first; end - first > 1 && at < end; at += 1) {
      pieces[at] = { at: at - first + 1, of: end - first };
    }
    first = end;
  }
  return pieces;
}
