/** A pane with a real explanation in it, and what a person does there. */
import { vi } from "vitest";
import { mountPane } from "../../extension_frontend/core/src/views/pane.js";
import {
  EMPTY_PANE,
  type PaneEvents,
  type PaneState,
} from "../../extension_frontend/core/src/views/pane_state.js";
import { PANE_EVENT_NAMES } from "../../extension_frontend/core/src/views/pane_wire.js";
import { answer } from "./answers.js";

type Spied = { [Name in keyof PaneEvents]: ReturnType<typeof vi.fn<PaneEvents[Name]>> };

export function shownPane(change: Partial<PaneState> = {}) {
  const container = document.createElement("div");
  document.body.replaceChildren(container);
  const result = answer("explanation");
  let now: PaneState = {
    ...EMPTY_PANE,
    phase: { at: "done" },
    catalogue: answer("catalogue"),
    method: result.method.name,
    prompt: { text: result.text, origin: "cell 3" },
    result,
    ...change,
  };
  const events = Object.fromEntries(PANE_EVENT_NAMES.map((name) => [name, vi.fn()])) as unknown as Spied;
  const view = mountPane(container, now, events);
  const update = (part: Partial<PaneState>) => {
    now = { ...now, ...part };
    view.update(now);
  };
  events.tabChosen.mockImplementation((tab) => update({ tab }));
  const all = (selector: string) => [...container.querySelectorAll<HTMLElement>(selector)];
  const find = <Kind extends Element = HTMLElement>(selector: string): Kind => {
    const found = container.querySelector<Kind>(selector);
    if (found === null) throw new Error(`nothing matches ${selector}`);
    return found;
  };
  const click = (key: string) => find(`[data-key="${key}"]`).dispatchEvent(new MouseEvent("click"));
  const choose = (key: string, value: string) => {
    const field = find<HTMLSelectElement | HTMLInputElement>(`[data-key="${key}"]`);
    field.value = value;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const press = (target: Element, key: string) =>
    target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const text = (selector: string) => find(selector).textContent ?? "";
  return { container, events, update, all, find, click, choose, press, text };
}
