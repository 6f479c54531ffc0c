import type { AttributionResult, Progress } from "./protocol.js";

/** The explanation so far that a running job sent, if it is an explanation that it computes. */
export function partialAttribution(progress: Progress | null | undefined): AttributionResult | null {
  const partial = progress?.partial;
  return partial?.kind === "attribution" ? partial : null;
}
