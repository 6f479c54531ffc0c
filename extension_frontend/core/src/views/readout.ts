/** The line beside a chart that says what pointer or focus is on. */
import { element } from "./element.js";

/** `name`: its class, which says how many lines it keeps free, for what is below must not move under the pointer. */
export function steadyReadout(name: string, resting = ""): HTMLElement {
  return element("p", { class: `gp-readout gp-steady-readout ${name}`, role: "status" }, [resting]);
}
