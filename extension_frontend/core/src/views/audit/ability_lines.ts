/** What a source can do, and how that was seen. */
import type { AbilityFinding } from "../../protocol.js";
import { element } from "../element.js";

export function abilityLines(abilities: readonly AbilityFinding[]): HTMLElement {
  return element(
    "ul",
    { class: "gp-audit-read" },
    abilities.map(({ name, able, shown_by }) =>
      element("li", {}, [
        `${able ? "✓" : "✗"} ${name}`,
        element("span", { class: "gp-quiet" }, [` ${shown_by}`]),
      ]),
    ),
  );
}
