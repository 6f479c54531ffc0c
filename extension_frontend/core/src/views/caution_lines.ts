/** What has to be known about an answer before it is taken at its word. */
import { element } from "./element.js";

/** A line for each of an answer's warnings. */
export function cautionLines(warnings: readonly string[]): HTMLElement[] {
  return warnings.map((warning) => element("p", { class: "gp-caution-line" }, [`! ${warning}`]));
}
