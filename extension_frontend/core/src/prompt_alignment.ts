/** Where a result's tokens stand in the document its prompt came from. */

import type { HoleTokens } from "./grain.js";
import { CodePointIndex } from "./offsets.js";
import type { ResolvedPrompt, SourceSpan } from "./prompt_template.js";
import type { AttributionResult, HoleExpression, Token } from "./protocol.js";

/** A token that stands in the document. */
export interface Stretch {
  readonly token: number;
  readonly spans: readonly SourceSpan[];
}

/** A part of the result's text that is (a part of) one prompt. Code points. */
interface Window {
  readonly prompt: ResolvedPrompt;
  readonly length: number;
  readonly start: number;
  readonly end: number;
  /** Offset in the prompt of the window's first character; null: the texts differ, only the whole prompt is known. */
  readonly shift: number | null;
}

/** The places of every token that is not special and lies in one of the prompts. */
export function stretchesOf(result: AttributionResult, prompts: readonly ResolvedPrompt[]): Stretch[] {
  const windows = windowsOf(result, prompts);
  const stretches: Stretch[] = [];
  for (const token of result.tokens) {
    const spans = token.special ? [] : windows.flatMap((window) => placeIn(window, token, result));
    if (spans.length > 0) stretches.push({ token: token.index, spans });
  }
  return stretches;
}

/**
 * The tokens that touch each hole, a token of two holes with the first; no holes where the prompt is one hole and
 * nothing else.
 */
export function holeTokens(result: AttributionResult, prompts: readonly ResolvedPrompt[]): HoleTokens[] {
  const stretches = stretchesOf(result, prompts);
  const taken = new Set<number>();
  // A named character is asked of the kernel as a literal, but is no hole to its reader.
  const holes = prompts
    .flatMap((prompt) => prompt.holes)
    .filter(({ expression }) => !/^["']/.test(expression.source));
  const found = holes.flatMap(({ expression, span }) => {
    const tokens = stretches.flatMap(({ token, spans }) =>
      !taken.has(token) && spans.some((each) => each.from < span.to && each.to > span.from) ? [token] : [],
    );
    for (const token of tokens) taken.add(token);
    return tokens.length === 0 ? [] : [{ expression: written(expression), tokens }];
  });
  return taken.size === stretches.length && found.length < 2 ? [] : found;
}

function written({ source, conversion, format_spec }: HoleExpression): string {
  return `${source}${conversion && `!${conversion}`}${format_spec && `:${format_spec}`}`;
}

function placeIn(window: Window, token: Token, result: AttributionResult): SourceSpan[] {
  let [start, end] = [token.start, token.end];
  if (start === end) {
    // Written but covering nothing: it goes with its neighbour, unless it belongs to a completion.
    if (result.segments.length > 0 && token.segment === null) return [];
    if (start < window.start || start > window.end) return [];
    if (start < window.end) end = start + 1;
    else start = end - 1;
  }
  start = Math.max(start, window.start);
  end = Math.min(end, window.end);
  if (start >= end) return [];
  if (window.shift === null) return [window.prompt.span];
  let [first, last] = [start - window.start + window.shift, end - window.start + window.shift];
  // Space that the chat template trimmed away goes with the characters next to it.
  if (start === window.start) first = 0;
  if (end === window.end) last = window.length;
  return window.prompt.spansOf(first, last);
}

function windowsOf(result: AttributionResult, prompts: readonly ResolvedPrompt[]): Window[] {
  const first = prompts[0];
  if (first !== undefined && prompts.length === 1) {
    const index = new CodePointIndex(first.text);
    // The completion of a plain prompt follows it in the same text.
    if (result.text.startsWith(printable(first.text))) {
      return [{ prompt: first, length: index.length, start: 0, end: index.length, shift: 0 }];
    }
  }
  const text = new CodePointIndex(result.text);
  const written = result.segments.filter((segment) => segment.role !== "completion");
  const windows: Window[] = [];
  let next = 0;
  for (const [order, { start, end }] of written.entries()) {
    const shown = result.text.slice(text.toUtf16(start), text.toUtf16(end));
    let chosen = prompts.findIndex(
      (prompt, at) => at >= next && printable(prompt.text).trim() === shown.trim(),
    );
    if (chosen < 0) chosen = written.length === prompts.length ? order : next;
    const prompt = prompts[chosen];
    if (prompt === undefined) continue;
    next = chosen + 1;
    const found = printable(prompt.text).indexOf(shown);
    const index = new CodePointIndex(prompt.text);
    const shift = found < 0 ? null : index.toCodePoint(found);
    windows.push({ prompt, length: index.length, start, end, shift });
  }
  return windows;
}

/** As Python hands it to a tokenizer: half surrogate pairs as U+FFFD. */
function printable(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}
