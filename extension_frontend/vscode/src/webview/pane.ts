import {
  EMPTY_PANE,
  eventsSending,
  type FromPane,
  type KeptPane,
  keptPane,
  type Mounted,
  mountPane,
  type PaneState,
  type ToPane,
  withChange,
} from "@glasspane/core";
import { drawnAgain, Keeper } from "./keeping";

/** The part of VS Code that a frame sees. */
interface FrameApi {
  postMessage(message: FromPane): void;
  getState(): unknown;
  setState(state: KeptPane): void;
}
declare function acquireVsCodeApi(): FrameApi;

const api = acquireVsCodeApi();
const container = document.getElementById("pane");
if (container === null) throw new Error("the page has no place for the pane");

const events = eventsSending((action) => api.postMessage({ type: "action", action }));
const before = keptPane(api.getState());
let state = before === null ? EMPTY_PANE : drawnAgain(before.state);
const pane = mounted(container);
const keeper = new Keeper({ state, saved: before?.saved ?? null }, (kept) => api.setState(kept));

/** What another version kept may not be drawable: the pane begins empty then, not broken. */
function mounted(place: HTMLElement): Mounted<PaneState> {
  try {
    return mountPane(place, state, events);
  } catch (failure) {
    console.warn("Glasspane", failure);
    state = EMPTY_PANE;
    return mountPane(place, state, events);
  }
}

window.addEventListener("message", ({ data }: MessageEvent<ToPane>) => {
  if (data.type === "state") {
    state = withChange(state, data);
    pane.update(state);
    keeper.keep({ state });
  } else if (data.type === "saved") keeper.keep({ saved: data.saved });
});
api.postMessage({ type: "ready" });
