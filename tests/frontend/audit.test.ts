// @vitest-environment jsdom
/** Truth: what a person does and reads; the answers are real ones, and Python's own sentences and table. */
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { AuditResult } from "../../extension_frontend/core/src/protocol.js";
import {
  auditSentences,
  csvOfAudit,
  differenceWords,
  spokenAudit,
} from "../../extension_frontend/core/src/views/audit/audit_words.js";
import { wordChanges } from "../../extension_frontend/core/src/views/audit/word_changes.js";
import type { PaneState } from "../../extension_frontend/core/src/views/pane_state.js";
import type { Side } from "../../extension_frontend/core/src/views/side_state.js";
import { answer } from "./answers.js";
import { AUDITS } from "./audit_answers.js";
import { shownPane } from "./shown_pane.js";

const done = <Answer>(given: Answer): Side<Answer> => ({ at: "done", answer: given });
const running = (partial: AuditResult | null): Side<never> => ({
  at: "running",
  status: "running",
  ahead: 0,
  progress: { kind: "progress", job: "j", fraction: 0.4, stage: "step 1: writing", partial },
});
const leaf = (change: Partial<PaneState> = {}) =>
  shownPane({ result: AUDITS.explanation, tab: "audit", ...change });
type Pane = ReturnType<typeof leaf>;
const write = ({ find }: Pane, key: string, text: string) => {
  const field = find<HTMLInputElement>(`[data-key="${key}"]`);
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
};
const tick = ({ find }: Pane, key: string) => {
  const box = find<HTMLInputElement>(`[data-key="${key}"]`);
  box.checked = !box.checked;
  box.dispatchEvent(new Event("change", { bubbles: true }));
};
const submit = ({ find }: Pane) =>
  find(".gp-audit-form").dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
const FIRST = {
  model: { of: "explained" },
  steps: null,
  wrong: [],
  wrong_by_model: false,
  examples: [],
  top_p: 1,
  max_tokens: 256,
  seed: 0,
  calls: null,
  tokens: null,
  prices: null,
  ledger: null,
  tests: ["injection", "early_answering", "consistency"],
  modes: ["continue"],
  samples: 40,
  temperature: 0.7,
  delta: 0.2,
  reference: null,
  marker: null,
  pattern: null,
};

beforeEach(() => {
  Element.prototype.scrollIntoView = vi.fn();
});
afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

test("it says what it asks, and asks it as it is chosen", () => {
  const pane = leaf();
  expect(pane.text(".gp-audit")).toContain("Does the reasoning carry the answer?");
  submit(pane);
  expect(pane.events.sideAsked).toHaveBeenLastCalledWith({ side: "audit", ask: "audit", ...FIRST });
  write(pane, "audit-reference", " 12 ");
  write(pane, "audit-samples", "60");
  write(pane, "audit-temperature", "1");
  write(pane, "audit-delta", "0.1");
  tick(pane, "audit-test-consistency");
  tick(pane, "audit-test-bias");
  tick(pane, "audit-mode-swap");
  pane.choose("audit-finds", "marker");
  write(pane, "audit-found", "Answer:");
  submit(pane);
  expect(pane.events.sideAsked).toHaveBeenLastCalledWith({
    side: "audit",
    ask: "audit",
    ...FIRST,
    tests: ["injection", "early_answering", "bias"],
    modes: ["continue", "swap"],
    samples: 60,
    temperature: 1,
    delta: 0.1,
    reference: "12",
    marker: "Answer:",
    pattern: null,
  });
});

test.each([
  ["audit-samples", "1.5", "a whole number of samples"],
  ["audit-samples", "", "a whole number of samples"],
  ["audit-temperature", "hot", "temperature from 0 to 5"],
  ["audit-delta", "1", "between 0 and 1"],
  ["audit-topP", "0", "above 0 and up to 1"],
  ["audit-maxTokens", "9000", "from 1 to 8192"],
  ["audit-seed", "-1", "whole number from 0"],
  ["audit-steps", "2-1", "numbers of steps"],
  ["audit-steps", "one", "numbers of steps"],
  ["audit-calls", "0", "whole number of calls, or nothing"],
  ["audit-tokens", "2.5", "whole number of tokens, or nothing"],
  ["audit-promptPrice", "-1", "both prices"],
  ["audit-ledger", "/etc/audit.jsonl", "below the kernel’s folder"],
  ["audit-ledger", "../audit.jsonl", "below the kernel’s folder"],
  ["audit-ledger", "audit.txt", "ends in .jsonl"],
])("%s = %j cannot be asked, and it says why", (key, given, why) => {
  const pane = leaf();
  write(pane, key, given);
  expect(pane.text(".gp-audit .gp-audit-problem")).toContain(why);
  const field = pane.find<HTMLInputElement>(`[data-key="${key}"]`);
  expect(field.getAttribute("aria-invalid")).toBe("true");
  const beside = document.getElementById(field.getAttribute("aria-describedby") ?? "");
  expect(beside?.textContent).toContain(why);
  expect(beside?.hidden).toBe(false);
  for (const name of ["audit", "audit-cost"]) {
    expect(pane.find<HTMLButtonElement>(`[data-key="${name}"]`).disabled).toBe(true);
  }
  submit(pane);
  expect(pane.events.sideAsked).not.toHaveBeenCalled();
});

test("what it would cost is told before anything is tested", () => {
  const pane = leaf();
  pane.click("audit-cost");
  expect(pane.events.sideAsked).toHaveBeenCalledExactlyOnceWith({
    side: "audit_cost",
    ask: "audit_cost",
    ...FIRST,
  });
  pane.update({ audit_cost: done(AUDITS.preview) });
  expect(pane.text(".gp-audit-cost")).toContain(AUDITS.preview.sentence);
  // It is the price of what was asked, not of what is written afterwards.
  write(pane, "audit-samples", "400");
  expect(pane.all(".gp-audit-cost")).toHaveLength(0);
  write(pane, "audit-samples", "40");
  expect(pane.text(".gp-audit-cost")).toContain(AUDITS.preview.sentence);
});

test("of a model that does not write no reasoning can be asked, of an endpoint it can", () => {
  const pane = leaf({ result: answer("review") });
  expect(pane.text(".gp-audit")).toContain("needs a model that writes");
  expect(pane.find<HTMLInputElement>('[data-key="audit-from-explained"]').disabled).toBe(true);
  expect(pane.find<HTMLButtonElement>('[data-key="audit"]').disabled).toBe(true);
  write(pane, "audit-address", "http://127.0.0.1:8000/v1");
  write(pane, "audit-model", "m");
  submit(pane);
  expect(pane.events.sideAsked).toHaveBeenCalledExactlyOnceWith({
    side: "audit",
    ask: "audit",
    ...FIRST,
    model: { of: "endpoint", address: "http://127.0.0.1:8000/v1", name: "m", variable: "OPENAI_API_KEY" },
  });
});

test.each(["follows", "ignores"] as const)("%s: the chain has Python's verdicts and reliance", (name) => {
  const result = AUDITS[name];
  const pane = leaf({ audit: done(result) });
  expect(pane.text(".gp-audit-badge")).toContain(result.verdict);
  expect(pane.text(".gp-audit-sentence")).toBe(result.sentence);
  const lines = pane.all(".gp-audit-line");
  expect(lines).toHaveLength(result.steps.length);
  for (const [index, step] of result.steps.entries()) {
    const line = lines[index]?.textContent ?? "";
    expect(line).toContain(result.reply.slice(step.start, step.end).trim());
    for (const finding of result.findings.filter((each) => each.step === step.step)) {
      expect(line).toContain(finding.verdict);
      if (finding.reliance !== null) expect(line).toContain(differenceWords(finding.reliance));
    }
  }
});

test.each(["follows", "ignores"] as const)("%s: sentences and table are Python's own", (name) => {
  const result = AUDITS[name];
  expect(auditSentences(result)).toEqual(AUDITS[`${name}_said`]);
  const cells = (csv: string) =>
    csv
      .trim()
      .split("\n")
      .map((line) => line.split(",").map((cell) => (Number.isNaN(Number(cell)) ? cell : Number(cell))));
  expect(cells(csvOfAudit(result))).toEqual(cells(AUDITS[`${name}_csv`]));
  const spoken = spokenAudit(result);
  for (const sentence of AUDITS[`${name}_said`]) expect(spoken).toContain(sentence);
});

test("a step opens with a click, closes again, and arrow keys go along the chain", () => {
  const pane = leaf({ audit: done(AUDITS.follows) });
  const line = (step: number) => pane.find(`[data-key="audit-step-${step}"]`);
  line(1).focus();
  pane.press(line(1), "ArrowDown");
  expect(document.activeElement).toBe(line(2));
  pane.click("audit-step-2");
  expect(line(2).getAttribute("aria-expanded")).toBe("true");
  // Focus stays where it was over the redraw.
  expect(document.activeElement).toBe(line(2));
  const [finding] = AUDITS.follows.findings.filter(({ step }) => step === 2);
  const detail = pane.text(".gp-audit-detail");
  expect(detail).toContain(finding?.sentence);
  const wrong = finding?.arms.find(({ arm }) => arm === "wrong");
  expect(detail).toContain(`From the first of them follows the answer ${wrong?.consequence}.`);
  for (const text of wrong?.written ?? []) {
    const shown = pane
      .all(".gp-audit-replies li")
      .map((each) =>
        [...each.childNodes].filter((node) => node.nodeName !== "DEL").map((node) => node.textContent),
      );
    expect(shown.map((parts) => parts.join(""))).toContain(text.trim());
  }
  const [row] = pane.all(".gp-audit-arms tbody tr");
  const followed = [...(row?.querySelectorAll("td") ?? [])][1]?.textContent;
  expect(followed).toBe(String(wrong?.outcomes.followed));
  pane.click("audit-step-close");
  expect(pane.all(".gp-audit-detail")).toHaveLength(0);
});

test("results come in while it runs, and cancel asks for what is there", () => {
  const pane = leaf({ audit: running(null) });
  expect(pane.all(".gp-audit-line")).toHaveLength(0);
  pane.update({ audit: running(AUDITS.partial) });
  expect(pane.text(".gp-audit-headline")).toContain("so far");
  pane.click("audit-step-1");
  // A later message has no newer result: what is there stays.
  pane.update({ audit: running(null) });
  expect(pane.all(".gp-audit-line")).toHaveLength(2);
  expect(pane.all(".gp-audit-detail")).toHaveLength(1);
  expect(pane.find<HTMLButtonElement>('[data-key="save-audit-json"]').disabled).toBe(true);
  pane.click("audit-cancel");
  expect(pane.events.sideCancelled).toHaveBeenCalledExactlyOnceWith("audit");
  pane.update({ audit: done(AUDITS.partial) });
  expect(pane.text(".gp-audit-headline")).toContain("not complete");
});

test("the answer before is not taken for the next one's beginning", () => {
  const pane = leaf({ audit: done(AUDITS.follows) });
  pane.update({ audit: running(null) });
  expect(pane.text(".gp-audit-headline")).not.toContain("so far");
  expect(pane.find(".gp-audit-answer-box").classList).toContain("gp-waiting");
});

test("a reply without an answer says so, with what to do, and is asked again as it was", () => {
  const pane = leaf();
  submit(pane);
  pane.update({ audit: { at: "failed", error: AUDITS.no_chain } });
  expect(pane.text(".gp-problem")).toContain(AUDITS.no_chain.message);
  expect(pane.text(".gp-problem")).toContain(AUDITS.no_chain.next_step);
  pane.click("audit-again");
  expect(pane.events.sideAsked).toHaveBeenCalledTimes(2);
});

test("it is kept as text, as Python and as files", () => {
  const pane = leaf({ audit: done(AUDITS.follows) });
  pane.click("audit-copy-text");
  expect(pane.events.copyText).toHaveBeenCalledExactlyOnceWith(spokenAudit(AUDITS.follows));
  pane.click("save-audit-html");
  expect(pane.events.sideAsked).toHaveBeenCalledExactlyOnceWith({
    side: "audit_report",
    ask: "audit_report",
  });
  pane.click("copy-audit");
  expect(pane.events.copyPython).toHaveBeenCalledExactlyOnceWith(AUDITS.follows.code);
  pane.click("save-audit-json");
  pane.click("save-audit-csv");
  const [json, csv] = pane.events.fileMade.mock.calls.map(([file]) => file);
  expect(JSON.parse(json?.content ?? "")).toEqual(AUDITS.follows);
  expect(csv?.content.split("\n")[0]).toBe(AUDITS.follows_csv.split("\n")[0]);
});

test("what a model wrote is text, never markup, and no formula for a spreadsheet", () => {
  const evil = "=1+1 <img src=x onerror=alert(1)>";
  const [step] = AUDITS.ignores.steps;
  const result: AuditResult = {
    ...AUDITS.ignores,
    reply: evil,
    steps: step === undefined ? [] : [{ step: 1, start: 0, body_start: 0, end: evil.length }],
    findings: AUDITS.ignores.findings.filter((each) => each.step === 1),
  };
  const pane = leaf({ audit: done(result) });
  pane.click("audit-step-1");
  expect(pane.all(".gp-audit img")).toHaveLength(0);
  expect(pane.text(".gp-audit-line")).toContain(evil);
  expect(csvOfAudit(result)).toContain("'=1+1");
});

test("words that changed put both texts together again", () => {
  const words = fc.array(fc.constantFrom("a", "b", "12", " ", "\n", "="), { maxLength: 12 });
  fc.assert(
    fc.property(words, words, (one, other) => {
      const [before, after] = [one.join(""), other.join("")];
      const runs = wordChanges(before, after);
      const without = (kind: string) =>
        runs
          .filter((run) => run.kind !== kind)
          .map(({ text }) => text)
          .join("");
      expect(without("added")).toBe(before);
      expect(without("gone")).toBe(after);
    }),
  );
});
