import type { AttributionResult } from "../protocol.js";
import type { Mounted } from "./mounted.js";

/** A stored result as a notebook output. */
export function mountOutput(container: HTMLElement, result: AttributionResult): Mounted<AttributionResult> {
  throw new Error(`not yet ${container} ${result}`);
}
