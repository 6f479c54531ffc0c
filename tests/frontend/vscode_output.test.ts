// @vitest-environment jsdom
/** Truth: what a person reads in a notebook, whatever stands in its file. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { OutputItem, RendererApi, RendererContext } from "vscode-notebook-renderer";
import { activate } from "../../extension_frontend/vscode/src/renderer/output.js";
import { sampleResult } from "./sample_result.js";

let renderer: RendererApi;

/** Without messaging: the extension may be missing or not yet started. */
async function started(isTrusted: boolean): Promise<RendererApi> {
  return (await activate({ workspace: { isTrusted } } as RendererContext<unknown>)) as RendererApi;
}

beforeEach(async () => {
  renderer = await started(true);
});
afterEach(() => {
  vi.restoreAllMocks();
  document.body.replaceChildren();
});

function item(id: string, text: string): OutputItem {
  return { id, json: () => JSON.parse(text), text: () => text } as OutputItem;
}

function place(): HTMLElement {
  const element = document.createElement("div");
  document.body.append(element);
  return element;
}

const show = (element: HTMLElement, id: string, text: string) =>
  renderer.renderOutputItem(item(id, text), element, new AbortController().signal);

test("a stored result is read and pointed at without a kernel", () => {
  const element = place();
  show(element, "one", JSON.stringify(sampleResult()));
  expect(element.textContent).toContain("Why “ Paris”?");
  const france = [...element.querySelectorAll(".gp-token")].find((each) => each.textContent === " France");
  france?.dispatchEvent(new Event("pointerover", { bubbles: true }));
  expect(element.querySelector(".gp-readout")?.textContent).toContain("France");
});

test.each([
  "{",
  "null",
  "7",
  '"text"',
  "[]",
  "{}",
  '{"kind":"catalogue"}',
  '{"kind":"attribution"}',
  '{"kind":"attribution","tokens":7,"scores":{}}',
  JSON.stringify({ ...sampleResult(), tokens: null }),
  JSON.stringify({ ...sampleResult(), method: null }),
])("%.60s gives a sentence, never an exception", (text) => {
  const warned = vi.spyOn(console, "warn").mockImplementation(() => {});
  const element = place();
  show(element, "bad", text);
  expect(element.textContent).toBe(
    "This stored explanation cannot be read. Run the cell again to make it anew.",
  );
  expect(warned).toHaveBeenCalledOnce();
});

test("markup in a result stays text", () => {
  const element = place();
  const text = '<img src=x onerror="alert(1)">';
  const result = sampleResult();
  show(
    element,
    "one",
    JSON.stringify({ ...result, warnings: [text], predictions: [{ ...result.predictions[0], text }] }),
  );
  expect(element.querySelector("img")).toBeNull();
  expect(element.textContent).toContain("onerror");
});

test("an output drawn again replaces the one before; disposing empties one, or all", () => {
  const [one, two] = [place(), place()];
  show(one, "one", JSON.stringify(sampleResult()));
  show(one, "one", JSON.stringify(sampleResult({ scores: [[1, 2, 3, 4, 5]] })));
  expect(one.querySelectorAll(".gp-output")).toHaveLength(1);
  show(two, "two", JSON.stringify(sampleResult()));
  renderer.disposeOutputItem?.("one");
  expect(one.childElementCount).toBe(0);
  expect(two.childElementCount).toBe(1);
  renderer.disposeOutputItem?.();
  expect(two.childElementCount).toBe(0);
});

test("the style comes once", () => {
  for (const id of ["one", "two"]) show(place(), id, JSON.stringify(sampleResult()));
  expect(document.head.querySelectorAll("style[data-glasspane]")).toHaveLength(1);
});

test("in a folder that is not trusted all is open to be read and nothing reacts", async () => {
  renderer = await started(false);
  const element = document.createElement("div");
  document.body.append(element);
  show(element, "one", JSON.stringify(sampleResult()));
  expect(element.querySelector(".gp-output")?.classList).toContain("gp-static");
  expect([...element.querySelectorAll("button")].every((button) => button.disabled)).toBe(true);
  expect(element.querySelector("[tabindex]")).toBeNull();
  expect([...element.querySelectorAll("details")].every((details) => details.open)).toBe(true);
  expect(element.textContent).toContain("explanations do not react");
});
