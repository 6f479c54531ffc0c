import { element } from "../element.js";
import type { InsidePart, PartEvents, Thread } from "./part.js";

export function probePart(_thread: Thread, _events: PartEvents): InsidePart {
  return { element: element("div", { class: "gp-inside-part gp-probe" }), update() {}, begin() {} };
}
