// @vitest-environment jsdom
/** Truth: what the kernel's rules answer, and what the page shows of it. */
import { expect, test } from "vitest";
import { answer, done } from "./answers.js";
import { shownPane } from "./shown_pane.js";

const ADVICE = '[data-key="disclosure-advice"]';

test("opened it asks, and again whenever something else is wanted", async () => {
  const pane = shownPane();
  const details = pane.find(ADVICE).closest("details") as HTMLDetailsElement;
  details.open = true;
  details.dispatchEvent(new Event("toggle"));
  const first = {
    side: "advice",
    ask: "advise",
    goal: "why_this_answer",
    access: "weights",
    audience: "data_scientist",
    seconds: 30,
  };
  expect(pane.events.sideAsked).toHaveBeenLastCalledWith(first);
  pane.choose("gp-advice-goal", "report");
  pane.choose("gp-advice-audience", "regulator");
  pane.choose("gp-advice-time", "300");
  expect(pane.events.sideAsked).toHaveBeenLastCalledWith({
    ...first,
    goal: "report",
    audience: "regulator",
    seconds: 300,
  });
});

test("each recommendation says why and what belongs beside it, and can be used", () => {
  const pane = shownPane({ advice: done("advice_report") });
  for (const { label, why, with_it } of answer("advice_report").advice) {
    for (const part of [label, why, ...with_it]) expect(pane.text(".gp-advice")).toContain(part);
  }
  // The third is in use.
  expect(pane.all(".gp-advice button")).toHaveLength(2);
  pane.click("advice-0");
  expect(pane.events.methodChosen).toHaveBeenCalledExactlyOnceWith("kernel_shap");
});

test("what is not here is said to be not here, and cannot be used", () => {
  const pane = shownPane({ advice: done("advice_api_cause") });
  const items = pane.all(".gp-advice li");
  expect(items[0]?.textContent).toMatch(/^Not here: .*needs the weights, which no API gives\./);
  expect(items[0]?.querySelector("button, code")).toBeNull();
  expect(items[1]?.querySelector("code")?.textContent).toContain("gp.explain_black_box(");
});

test("what no attribution answers, but a call does, is named with that call", () => {
  const pane = shownPane({ advice: done("advice_represented") });
  const [item] = pane.all(".gp-advice li");
  expect(item?.textContent).not.toContain("Not here");
  expect(item?.querySelector("code")?.textContent).toBe('gp.probe(model, tokenizer, "part_of_speech")');
  expect(item?.querySelector("button")).toBeNull();
});
