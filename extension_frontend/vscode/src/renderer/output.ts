/// <reference path="./css.d.ts" />
import { type AttributionResult, type Mounted, mountOutput } from "@glasspane/core";
import type { ActivationFunction } from "vscode-notebook-renderer";
import style from "./output.css";

const NOT_TRUSTED = "Shown as stored: in a folder that is not trusted, explanations do not react.";
const REACTED_TO = ["click", "pointerover", "pointermove", "mouseover", "mousemove", "focusin", "keydown"];
const UNREADABLE = "This stored explanation cannot be read. Run the cell again to make it anew.";

/** Stored explanations in notebook outputs; they need no kernel, and nothing of the extension but this file. */
export const activate: ActivationFunction = ({ workspace }) => {
  const views = new Map<string, Mounted<AttributionResult>>();
  const dispose = (id: string) => {
    views.get(id)?.dispose();
    views.delete(id);
  };
  return {
    renderOutputItem(item, element) {
      addStyle(element);
      dispose(item.id);
      try {
        views.set(item.id, mountOutput(element, resultIn(item.json())));
        if (!workspace.isTrusted) makeStatic(element);
      } catch (failure) {
        // Anything may stand in a notebook's file: one output must not hide the others.
        console.warn("Glasspane", failure);
        element.replaceChildren(sentence(UNREADABLE));
      }
    },
    disposeOutputItem(id) {
      for (const each of id === undefined ? [...views.keys()] : [id]) dispose(each);
    },
  };
};

/** All is open to be read, nothing reacts to a pointer or a key. */
function makeStatic(element: HTMLElement): void {
  for (const details of element.querySelectorAll("details")) details.open = true;
  for (const button of element.querySelectorAll("button")) button.disabled = true;
  for (const part of element.querySelectorAll("[tabindex]")) part.removeAttribute("tabindex");
  // The views hear of nothing; its text stays text, which can be read aloud, selected and copied.
  for (const event of REACTED_TO) element.addEventListener(event, (heard) => heard.stopPropagation(), true);
  for (const part of element.children) part.classList.add("gp-static");
  const note = sentence(NOT_TRUSTED);
  note.className = "gp-quiet";
  element.append(note);
}

function resultIn(json: unknown): AttributionResult {
  const { kind } = (json ?? {}) as { kind?: unknown };
  if (kind !== "attribution") throw new TypeError(`not a result but ${JSON.stringify(kind)}`);
  // Of the rest the views themselves are the judge.
  return json as AttributionResult;
}

function sentence(text: string): HTMLElement {
  const line = document.createElement("p");
  line.className = "gp-output gp-quiet";
  line.textContent = text;
  return line;
}

/** Once for each document or shadow root that outputs are drawn in. */
function addStyle(element: HTMLElement): void {
  const root = element.getRootNode();
  const place = root instanceof ShadowRoot ? root : document.head;
  if (place.querySelector("style[data-glasspane]") !== null) return;
  const made = document.createElement("style");
  made.dataset.glasspane = "";
  made.textContent = style;
  place.append(made);
}
