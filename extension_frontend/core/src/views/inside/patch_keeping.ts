/** Ways to keep an answer: as Python, as data, as a table; and what it cost. */
import type { MadeFile } from "../../made_file.js";
import type { PatchMap, PatchResult } from "../../protocol.js";
import { button, element } from "../element.js";
import { duration } from "../figures.js";
import { fileStem } from "../saving.js";
import { csvOfMaps } from "./patch_cells.js";

export interface KeepingEvents {
  copyPython(code: string): void;
  fileMade(file: MadeFile): void;
}

/** What a map's files are called, without ending. */
export function mapStem(result: PatchResult, map: PatchMap): string {
  return `${fileStem(result.clean)}-${map.site}-${map.grid}`.replace(/_/g, "-");
}

/** `refining`: the job still runs. */
export function patchKeeping(result: PatchResult, refining: boolean, events: KeepingEvents): HTMLElement {
  const [map] = result.maps;
  const stem = map === undefined ? "glasspane-patching" : mapStem(result, map);
  const { cost } = result;
  const passes = [
    cost.forwards > 0 ? `${cost.forwards} forward` : null,
    cost.backwards > 0 ? `${cost.backwards} backward` : null,
  ].filter((part) => part !== null);
  const spent = cost.cached
    ? "Known from before."
    : [duration(cost.seconds), passes.length === 0 ? null : `${passes.join(" and ")} passes`]
        .filter((part) => part !== null)
        .join(" · ");
  return element("div", { class: "gp-buttons" }, [
    button("copy-patching", "Copy as Python", () => events.copyPython(result.code)),
    button(
      "save-patching-json",
      "Data",
      () =>
        events.fileMade({
          name: `${stem}.json`,
          type: "application/json",
          content: `${JSON.stringify(result)}\n`,
        }),
      { title: "All of it as JSON; gp.load reads it back", disabled: refining },
    ),
    button(
      "save-patching-csv",
      "Table",
      () => events.fileMade({ name: `${stem}.csv`, type: "text/csv", content: csvOfMaps(result) }),
      { title: "A row for every cell, as CSV", disabled: refining },
    ),
    element("span", { class: "gp-quiet" }, [spent]),
  ]);
}
