/** Truth: VS Code's contract for panels, played by a stand-in; the real workbench is met in tests/hosts/vscode. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  EMPTY_PANE,
  type PaneEvents,
  type PaneState,
} from "../../extension_frontend/core/src/views/pane_state.js";
import {
  PANE_EVENT_NAMES,
  type ToPane,
  withChange,
} from "../../extension_frontend/core/src/views/pane_wire.js";
import { sampleResult } from "./sample_result.js";

type Listener<Value> = (value: Value) => void;

class Emitter<Value> {
  readonly listeners = new Set<Listener<Value>>();
  readonly event = (listener: Listener<Value>, _this?: unknown, disposables?: { dispose(): void }[]) => {
    this.listeners.add(listener);
    const disposable = { dispose: () => void this.listeners.delete(listener) };
    disposables?.push(disposable);
    return disposable;
  };
  fire(value: Value): void {
    for (const listener of this.listeners) listener(value);
  }
  dispose(): void {
    this.listeners.clear();
  }
}

vi.mock("vscode", () => ({
  EventEmitter: Emitter,
  ViewColumn: { Beside: -2 },
  Uri: { joinPath: (base: string, ...parts: string[]) => [base, ...parts].join("/") },
  window: { createWebviewPanel: (...given: unknown[]) => panelFor(...given) },
}));
let panelFor: (...given: unknown[]) => unknown;

const { PanePanel } = await import("../../extension_frontend/vscode/src/pane_panel.js");
type Extension = Parameters<typeof PanePanel.open>[0];
type Panel = Parameters<typeof PanePanel.revive>[0];
const EXTENSION = "ext" as unknown as Extension;

function fakePanel() {
  const messages = new Emitter<unknown>();
  const disposed = new Emitter<void>();
  const viewState = new Emitter<unknown>();
  const posted: ToPane[] = [];
  const webview = {
    cspSource: "https://frames.example",
    asWebviewUri: (uri: string) => `https://frames.example/${uri}`,
    options: {} as unknown,
    html: "",
    onDidReceiveMessage: messages.event,
    postMessage: vi.fn(async (message: ToPane) => {
      if (panel.arrives) posted.push(JSON.parse(JSON.stringify(message)));
      return panel.arrives;
    }),
  };
  const panel = {
    arrives: true,
    webview,
    visible: true,
    iconPath: null as unknown,
    onDidChangeViewState: viewState.event,
    onDidDispose: disposed.event,
    reveal: vi.fn(),
    dispose: () => disposed.fire(),
  };
  return { panel: panel as unknown as Panel, fake: panel, messages, posted, viewState };
}

let state: PaneState;
let saved: unknown;
let changed: Emitter<void>;
let events: { [Name in keyof PaneEvents]: ReturnType<typeof vi.fn<PaneEvents[Name]>> };
const source = () => ({
  state: () => state,
  saved: () => saved,
  onDidChange: changed.event as never,
  events,
});
const shows = (posted: readonly ToPane[]) =>
  posted.reduce((now, message) => (message.type === "state" ? withChange(now, message) : now), EMPTY_PANE);

beforeEach(() => {
  vi.useFakeTimers();
  state = { ...EMPTY_PANE, phase: { at: "done" }, result: sampleResult() };
  saved = { site: "notes.py" };
  changed = new Emitter();
  events = Object.fromEntries(PANE_EVENT_NAMES.map((name) => [name, vi.fn()])) as unknown as typeof events;
});
afterEach(() => vi.useRealTimers());

test("nothing is sent before the pane is ready, then all of it", () => {
  const { panel, messages, posted } = fakePanel();
  PanePanel.revive(panel, EXTENSION, source());
  changed.fire();
  vi.runAllTimers();
  expect(posted).toEqual([]);
  messages.fire({ type: "ready" });
  expect(shows(posted)).toEqual(state);
  expect(posted.at(-1)).toEqual({ type: "saved", saved });
});

test("changes within a frame travel together, and only what changed", () => {
  const { panel, messages, posted } = fakePanel();
  PanePanel.revive(panel, EXTENSION, source());
  messages.fire({ type: "ready" });
  posted.length = 0;
  for (let token = 0; token < 5; token += 1) {
    state = { ...state, focusedToken: token };
    changed.fire();
  }
  vi.runAllTimers();
  expect(posted).toEqual([{ type: "state", fields: { focusedToken: 4 }, resultIsPartial: false }]);
  changed.fire();
  vi.runAllTimers();
  expect(posted).toHaveLength(1);
  saved = { site: "other.py" };
  changed.fire();
  vi.runAllTimers();
  expect(posted.at(-1)).toEqual({ type: "saved", saved });
});

test("a pointer that moves over tokens does not make what is kept be worked out again", () => {
  const { panel, messages, posted } = fakePanel();
  const working = vi.fn(() => saved);
  PanePanel.revive(panel, EXTENSION, { ...source(), saved: working });
  messages.fire({ type: "ready" });
  expect(working).toHaveBeenCalledTimes(1);
  for (let token = 0; token < 5; token += 1) {
    state = { ...state, focusedToken: token };
    changed.fire();
    vi.runAllTimers();
  }
  expect(posted.at(-1)).toMatchObject({ fields: { focusedToken: 4 } });
  expect(working).toHaveBeenCalledTimes(1);
  state = { ...state, method: "attention" };
  changed.fire();
  vi.runAllTimers();
  expect(working).toHaveBeenCalledTimes(2);
});

test("a frame made anew gets all again; so does one that missed a message, once it is shown", async () => {
  const { panel, fake, messages, posted, viewState } = fakePanel();
  PanePanel.revive(panel, EXTENSION, source());
  messages.fire({ type: "ready" });
  posted.length = 0;
  messages.fire({ type: "ready" });
  expect(shows(posted)).toEqual(state);

  fake.arrives = false;
  state = { ...state, heatShown: true };
  changed.fire();
  await vi.runAllTimersAsync();
  posted.length = 0;
  fake.arrives = true;
  viewState.fire({});
  await vi.runAllTimersAsync();
  expect(shows(posted)).toEqual(state);
});

test("actions reach the events; anything else does nothing", () => {
  const { panel, messages } = fakePanel();
  PanePanel.revive(panel, EXTENSION, source());
  messages.fire({ type: "action", action: { event: "methodChosen", args: ["attention"] } });
  expect(events.methodChosen).toHaveBeenCalledExactlyOnceWith("attention");
  for (const message of [
    null,
    3,
    "ready",
    {},
    { type: "other" },
    { type: "action" },
    { type: "action", action: { event: "valueOf", args: [] } },
  ]) {
    messages.fire(message);
  }
  for (const name of PANE_EVENT_NAMES)
    if (name !== "methodChosen") expect(events[name]).not.toHaveBeenCalled();
});

test("opens beside without taking the focus; only its own bundle may run or style", () => {
  const { panel, fake } = fakePanel();
  panelFor = vi.fn(() => panel);
  PanePanel.open(EXTENSION, source());
  expect(panelFor).toHaveBeenCalledExactlyOnceWith(
    "glasspane.pane",
    "Glasspane",
    { viewColumn: -2, preserveFocus: true },
    { retainContextWhenHidden: true },
  );
  expect(fake.webview.options).toEqual({ enableScripts: true, localResourceRoots: ["ext/dist"] });
  const { html } = fake.webview;
  const nonce = /script-src 'nonce-([\w-]{22})';/.exec(html)?.[1];
  expect(html).toContain("default-src 'none'");
  expect(html).toContain("base-uri 'none'");
  expect(html).toContain("form-action 'none'");
  expect(html).not.toContain("unsafe");
  expect(html).not.toMatch(/<style|\s(style|on\w+)="/);
  expect([...html.matchAll(/<script[^>]*>/g)].map(([tag]) => tag)).toEqual([
    `<script nonce="${nonce}" src="https://frames.example/ext/dist/pane.js">`,
  ]);
});

test("after closing it hears and sends no more", () => {
  const { panel, messages, posted } = fakePanel();
  const pane = PanePanel.revive(panel, EXTENSION, source());
  const closed = vi.fn();
  pane.onDidDispose(closed);
  messages.fire({ type: "ready" });
  changed.fire();
  pane.dispose();
  posted.length = 0;
  vi.runAllTimers();
  changed.fire();
  vi.runAllTimers();
  expect(posted).toEqual([]);
  expect(closed).toHaveBeenCalledOnce();
  expect(changed.listeners.size).toBe(0);
});
