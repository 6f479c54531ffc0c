import { vi } from "vitest";
import type { PaneEvents } from "../../extension_frontend/core/src/views/pane_state.js";
import { PANE_EVENT_NAMES } from "../../extension_frontend/core/src/views/pane_wire.js";

export type SpiedEvents = { [Name in keyof PaneEvents]: ReturnType<typeof vi.fn<PaneEvents[Name]>> };

/** One spy for everything that a person can do in the pane. */
export function spiedEvents(): SpiedEvents {
  return Object.fromEntries(PANE_EVENT_NAMES.map((name) => [name, vi.fn()])) as unknown as SpiedEvents;
}
