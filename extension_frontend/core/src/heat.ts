import type { ResolvedPrompt, SourceSpan } from "./prompt_source.js";
import type { AttributionResult, Token } from "./protocol.js";

export type HeatSign = "for" | "against" | "none" | "unsigned";

/** One stretch of the document to colour, and what its hover says. */
export interface HeatMark {
  readonly from: number;
  readonly to: number;
  /** What to paint within from…to: leaves out the quotes between concatenated literals. */
  readonly spans: readonly SourceSpan[];
  /** −5…5; 0 = no colour. Always ≥ 0 for an unsigned method. */
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
  /** The token as people read it: whitespace made visible, no tokenizer markers. */
  readonly shown: string;
  readonly score: number;
  /** |score| over Σ|score| of tokens that are not special; 0 for a special one. */
  readonly share: number;
  readonly level: number;
  readonly sign: HeatSign;
  /** 1-based, counting every token the model read. */
  readonly position: number;
  readonly special: boolean;
  readonly role: string | null;
  readonly token: Token;
}

/**
 * Colours for the document a result's prompt stands in.
 *
 * `prompt` is one resolved prompt, or for a conversation one per message in order.
 * `row` picks the target of a completion; left out, the rows are summed.
 */
export function heatMarks(
  result: AttributionResult,
  prompt: ResolvedPrompt | readonly ResolvedPrompt[],
  row?: number,
): HeatMark[] {
  throw new Error(`not yet ${result} ${prompt} ${row}`);
}

/** Every token with its score, in the order the model read them. */
export function tokenRows(result: AttributionResult, row?: number): TokenRow[] {
  throw new Error(`not yet ${result} ${row}`);
}
