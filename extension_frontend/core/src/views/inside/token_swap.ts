/** The explained prompt with one of its tokens replaced. */
import { writtenText } from "../../explaining/other_prompt.js";
import { CodePointIndex } from "../../offsets.js";
import type { AttributionResult, Token } from "../../protocol.js";

/** A token of the text that can be edited, and where it lies there (UTF-16). */
export interface SwappableToken {
  readonly token: Token;
  readonly from: number;
  readonly to: number;
}

/** The tokens of the prompt, or of a conversation's last message, that a person wrote. */
export function swappableTokens(result: AttributionResult): SwappableToken[] {
  const editable = writtenText(result.request.prompt);
  const points = new CodePointIndex(result.text);
  const begin = beginningOf(result, editable, points);
  if (begin === null) return [];
  return result.tokens
    .filter((token) => !token.special && token.end > token.start)
    .map((token) => ({
      token,
      from: points.toUtf16(token.start) - begin,
      to: points.toUtf16(token.end) - begin,
    }))
    .filter(({ from, to }) => from >= 0 && to <= editable.length);
}

/** Where the text that can be edited begins in the result's (UTF-16); null: it does not stand there as it was given. */
function beginningOf(
  { request: { prompt }, text, segments }: AttributionResult,
  editable: string,
  points: CodePointIndex,
): number | null {
  if (prompt.form === "text") return text.startsWith(editable) ? 0 : null;
  const last = [...segments].reverse().find(({ start, end }) => {
    const said = text.slice(points.toUtf16(start), points.toUtf16(end));
    return said === editable;
  });
  return last === undefined ? null : points.toUtf16(last.start);
}

/** The text with a word in a token's place; the space that a token begins with stays, unless the word brings its own. */
export function swapped(text: string, { from, to }: SwappableToken, word: string): string {
  const space = /^\s/.test(word) ? "" : (/^\s*/.exec(text.slice(from, to))?.[0] ?? "");
  return text.slice(0, from) + space + word + text.slice(to);
}

/** The token in which two texts begin to differ; undefined where they do not, or no token is there. */
export function firstDifferent(
  tokens: readonly SwappableToken[],
  text: string,
  other: string,
): SwappableToken | undefined {
  let at = 0;
  while (at < text.length && text[at] === other[at]) at += 1;
  return at === text.length && at === other.length ? undefined : tokens.find(({ to }) => to > at);
}
