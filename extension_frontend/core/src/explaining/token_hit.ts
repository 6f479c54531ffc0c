import type { RangeValue } from "@codemirror/state";
import type { DrawnHeat, TokenSpec } from "./heat_field.js";

/** A heated token at a place in a document. */
export interface TokenHit<Mark extends RangeValue> extends TokenSpec {
  readonly drawn: DrawnHeat<Mark>;
  readonly from: number;
  readonly to: number;
}

/** The token whose colour lies at a position; `side` < 0: the one that ends there. */
export function tokenAt<Mark extends RangeValue>(
  heats: readonly DrawnHeat<Mark>[],
  position: number,
  side: number,
  tokenOf: (mark: Mark) => TokenSpec | null,
): TokenHit<Mark> | null {
  for (const drawn of heats) {
    let hit: TokenHit<Mark> | null = null;
    drawn.tokens.between(position, position, (from, to, value) => {
      const inside = side < 0 ? from < position && position <= to : from <= position && position < to;
      const token = tokenOf(value);
      if (!inside || token === null) return undefined;
      hit = { ...token, drawn, from, to };
      return false;
    });
    if (hit !== null) return hit;
  }
  return null;
}
