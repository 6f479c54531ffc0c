import type { HeatMark } from "../heat.js";
import type { AttributionResult } from "../protocol.js";
import type { StaleReason } from "../stale.js";

/** What the hover over a mark says, as lines of plain text (for hosts whose hovers are not DOM). */
export function hoverLines(
  mark: HeatMark,
  result: AttributionResult,
  stale: StaleReason | null = null,
): string[] {
  throw new Error(`not yet ${mark} ${result} ${stale}`);
}

/** The same as an element. */
export function hoverContent(
  mark: HeatMark,
  result: AttributionResult,
  stale: StaleReason | null = null,
): HTMLElement {
  throw new Error(`not yet ${mark} ${result} ${stale}`);
}
