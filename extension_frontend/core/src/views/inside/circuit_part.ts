import { element } from "../element.js";
import type { InsidePart, PartEvents, Thread } from "./part.js";

export function circuitPart(_thread: Thread, _events: PartEvents): InsidePart {
  return { element: element("div", { class: "gp-inside-part gp-circuit" }), update() {}, begin() {} };
}
