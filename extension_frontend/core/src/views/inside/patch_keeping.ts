/** Ways to keep a map of patched activations. */
import type { PatchMap, PatchResult } from "../../protocol.js";
import { type KeepingEvents, keepingWays } from "../keeping.js";
import { fileStem } from "../saving.js";
import { csvOfMaps } from "./patch_cells.js";

/** What a map's files are called, without ending. */
export function mapStem(result: PatchResult, map: PatchMap): string {
  return `${fileStem(result.clean)}-${map.site}-${map.grid}`.replace(/_/g, "-");
}

/** `refining`: the job still runs. */
export function patchKeeping(result: PatchResult, refining: boolean, events: KeepingEvents): HTMLElement {
  const [map] = result.maps;
  const stem = map === undefined ? "glasspane-patching" : mapStem(result, map);
  const cells = {
    name: "",
    label: "Table",
    title: "A row for every cell, as CSV",
    content: () => csvOfMaps(result),
  };
  return keepingWays(result, { key: "patching", stem, tables: [cells], refining }, events);
}
