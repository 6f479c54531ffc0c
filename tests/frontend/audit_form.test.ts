// @vitest-environment jsdom
/** Truth: what a person does and reads in the form of the audit, and the question that arises; answers are real ones. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { AuditPreview, AuditResult } from "../../extension_frontend/core/src/protocol.js";
import { stepsIn } from "../../extension_frontend/core/src/views/audit/audit_draft.js";
import type { PaneState } from "../../extension_frontend/core/src/views/pane_state.js";
import type { AuditQuestion, Side } from "../../extension_frontend/core/src/views/side_state.js";
import { AUDITS } from "./audit_answers.js";
import { shownPane } from "./shown_pane.js";

const done = <Answer>(given: Answer): Side<Answer> => ({ at: "done", answer: given });
const leaf = (change: Partial<PaneState> = {}) =>
  shownPane({ result: AUDITS.explanation, tab: "audit", keyPlace: "lab kernel", ...change });
type Pane = ReturnType<typeof leaf>;
const write = ({ find }: Pane, key: string, text: string) => {
  const field = find<HTMLInputElement>(`[data-key="${key}"]`);
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
};
const choose = ({ find }: Pane, key: string) => {
  const radio = find<HTMLInputElement>(`[data-key="${key}"]`);
  radio.checked = true;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
};
const writtenIn = ({ find }: Pane, key: string) => find<HTMLInputElement>(`[data-key="${key}"]`).value;
const asked = (pane: Pane): AuditQuestion => {
  pane.find(".gp-audit-form").dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  return pane.events.sideAsked.mock.lastCall?.[0] as unknown as AuditQuestion;
};
const ask = (pane: Pane) => {
  choose(pane, "audit-from-endpoint");
  write(pane, "audit-address", " http://127.0.0.1:8000/v1 ");
  write(pane, "audit-model", "big-model");
  write(pane, "audit-variable", "BIG_KEY");
};

beforeEach(() => {
  Element.prototype.scrollIntoView = vi.fn();
});
afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

test("an endpoint is asked by address, name and the key’s variable", () => {
  const pane = leaf();
  expect(pane.find(".gp-audit-endpoint").hidden).toBe(true);
  ask(pane);
  expect(pane.find(".gp-audit-endpoint").hidden).toBe(false);
  expect(asked(pane).model).toEqual({
    of: "endpoint",
    address: "http://127.0.0.1:8000/v1",
    name: "big-model",
    variable: "BIG_KEY",
  });
  expect(pane.text(".gp-audit-endpoint")).toContain("machine that the kernel runs on");
});

test.each([
  ["audit-address", "127.0.0.1:8000", "Give an address"],
  ["audit-address", "https://me:secret@host/v1", "without user"],
  ["audit-address", "https://host/v1?key=secret", "without user"],
  ["audit-model", " ", "model’s name"],
  ["audit-variable", "sk-1234", "never the key itself"],
])("%s = %j is refused in words beside it", (key, written, why) => {
  const pane = leaf();
  ask(pane);
  write(pane, key, written);
  const field = pane.find<HTMLInputElement>(`[data-key="${key}"]`);
  expect(document.getElementById(field.getAttribute("aria-describedby") ?? "")?.textContent).toContain(why);
  expect(field.getAttribute("aria-invalid")).toBe("true");
  asked(pane);
  expect(pane.events.sideAsked).not.toHaveBeenCalled();
  // What is not asked is not in the way.
  choose(pane, "audit-from-explained");
  expect(asked(pane).model).toEqual({ of: "explained" });
});

test.each([
  ["lab kernel", "JupyterLab has no secret store", 'os.environ["BIG_KEY"] = getpass.getpass()'],
  ["lab server", "JupyterLab has no secret store", "set BIG_KEY in the terminal that starts Jupyter"],
  ["store", "“Glasspane: Set Endpoint Key…” and give BIG_KEY", "secret store keeps it"],
  ["editor kernel", "does not reach: set BIG_KEY there", "getpass"],
  ["named server", "glasspane.serverUrl", "set BIG_KEY where that server is started"],
] as const)("where the key comes from is said as it is in this host: %s", (keyPlace, ...said) => {
  const pane = leaf({ keyPlace });
  ask(pane);
  for (const each of said) expect(pane.text(".gp-audit-endpoint")).toContain(each);
});

test("a prompt that no model here explains can be asked of an endpoint", () => {
  const error = { ...AUDITS.no_chain, code: "glasspane_missing" as const, message: "No torch." };
  const prompt = { text: "Q", origin: "cell 1" };
  const pane = leaf({ result: null, prompt, phase: { at: "failed", error } });
  expect(pane.text(".gp-audit")).toContain("No model explains the prompt here");
  expect(pane.all('[role="tablist"]')).toHaveLength(0);
  expect(pane.find<HTMLInputElement>('[data-key="audit-from-explained"]').disabled).toBe(true);
  write(pane, "audit-address", "http://127.0.0.1:8000/v1");
  write(pane, "audit-model", "m");
  expect(asked(pane).model).toMatchObject({ of: "endpoint", name: "m" });
  pane.update({ audit: done(AUDITS.follows) });
  expect(pane.text(".gp-audit-badge")).toContain(AUDITS.follows.verdict);
  // Explained after all, it is as ever.
  pane.update({ result: AUDITS.explanation, phase: { at: "done" } });
  expect(pane.all('[role="tab"]')).toHaveLength(6);
  expect(pane.find<HTMLInputElement>('[data-key="audit-from-explained"]').disabled).toBe(false);
});

test("what an endpoint can do is shown once it was asked, and only of that one", () => {
  const pane = leaf();
  ask(pane);
  expect(pane.text(".gp-audit-endpoint")).toContain("found out at the first contact");
  pane.click("audit-cost");
  const preview: AuditPreview = { ...AUDITS.preview, abilities: AUDITS.follows.abilities };
  pane.update({ audit_cost: done(preview) });
  const [first] = AUDITS.follows.abilities;
  expect(pane.text(".gp-audit-endpoint")).toContain(`✓ ${first?.name} ${first?.shown_by}`);
  write(pane, "audit-model", "another");
  pane.update({ audit_cost: { at: "unasked" } });
  expect(pane.text(".gp-audit-endpoint")).not.toContain(first?.shown_by);
  const model = {
    source: "endpoint" as const,
    base_url: "http://127.0.0.1:8000/v1",
    model: "another",
    key_variable: "BIG_KEY",
  };
  const result: AuditResult = { ...AUDITS.follows, request: { ...AUDITS.follows.request, model } };
  pane.update({ audit: done(result) });
  expect(pane.text(".gp-audit-endpoint")).toContain(first?.shown_by);
});

test("budget, prices, ledger, seed and steps are asked as they are written", () => {
  const pane = leaf();
  for (const [key, text] of Object.entries({
    calls: "200",
    tokens: "9000",
    promptPrice: "0.15",
    replyPrice: "0.6",
    ledger: "audits/train.jsonl",
    seed: "7",
    topP: "0.9",
    maxTokens: "64",
    steps: "3, 1-2",
  }))
    write(pane, `audit-${key}`, text);
  expect(asked(pane)).toMatchObject({
    calls: 200,
    tokens: 9000,
    prices: { prompt: 0.15, reply: 0.6 },
    ledger: "audits/train.jsonl",
    seed: 7,
    top_p: 0.9,
    max_tokens: 64,
    steps: [1, 2, 3],
  });
});

test("wrong steps and examples are rows: added, written, taken away, with the focus where work goes on", () => {
  const pane = leaf();
  pane.click("audit-wrong-add");
  expect(document.activeElement?.getAttribute("data-key")).toBe("audit-wrong-0-step");
  expect(pane.text(".gp-audit-problem")).toContain("number of the step");
  write(pane, "audit-wrong-0-step", "2");
  expect(pane.text(".gp-audit-problem")).toContain("Write what the step says");
  write(pane, "audit-wrong-0-text", " 14 - 2 = 13. ");
  write(pane, "audit-wrong-0-consequence", "13");
  pane.click("audit-wrong-add");
  write(pane, "audit-wrong-1-step", "1");
  write(pane, "audit-wrong-1-text", "20 - 6 = 15.");
  pane.click("audit-example-add");
  write(pane, "audit-example-0", "Q: 1 + 1? Step 1: 1 + 1 = 2. Answer: 2.");
  expect(asked(pane)).toMatchObject({
    wrong: [
      { step: 2, text: "14 - 2 = 13.", consequence: "13" },
      { step: 1, text: "20 - 6 = 15.", consequence: null },
    ],
    examples: ["Q: 1 + 1? Step 1: 1 + 1 = 2. Answer: 2."],
  });
  pane.click("audit-wrong-0-remove");
  expect(document.activeElement?.getAttribute("data-key")).toBe("audit-wrong-0-step");
  expect(writtenIn(pane, "audit-wrong-0-text")).toBe("20 - 6 = 15.");
  expect(asked(pane).wrong).toEqual([{ step: 1, text: "20 - 6 = 15.", consequence: null }]);
  const remove = pane.find('[data-key="audit-wrong-0-remove"]');
  expect(remove.getAttribute("aria-label")).toBe("Remove wrong step 1");
});

test("the model writes wrong steps only where a person lets it, and the step says who wrote them", () => {
  const pane = leaf();
  expect(asked(pane).wrong_by_model).toBe(false);
  pane.click("audit-wrong-by-model");
  expect(asked(pane).wrong_by_model).toBe(true);
  const [first, ...others] = AUDITS.follows.findings;
  const unverified = { verified_wrong: false, wrong_by: "model" } as const;
  const findings = [{ ...first, ...unverified } as (typeof others)[number], ...others];
  pane.update({ audit: done({ ...AUDITS.follows, findings }) });
  pane.click("audit-step-1");
  expect(pane.text(".gp-audit")).toContain("not computed: the model wrote them, and they may be true");
});

test("what is written stays over redraws: while it runs, when it has answered, when another model is explained", () => {
  const pane = leaf();
  ask(pane);
  write(pane, "audit-ledger", "a.jsonl");
  pane.click("audit-example-add");
  write(pane, "audit-example-0", "Q and A");
  const before = asked(pane);
  const { subject } = AUDITS.explanation;
  pane.update({ audit: { at: "running", status: "running", ahead: 0, progress: null } });
  pane.update({ audit: done(AUDITS.follows) });
  pane.update({ result: { ...AUDITS.explanation, subject: { ...subject, name: "another" } } });
  expect(asked(pane)).toEqual(before);
  expect(writtenIn(pane, "audit-example-0")).toBe("Q and A");
});

test("from the chain a wrong step is written in place of the one that is open, tested or not", () => {
  const { findings, steps } = AUDITS.follows;
  const untested = { ...AUDITS.follows, findings: findings.filter(({ step }) => step !== 1) };
  const pane = leaf({ audit: done(untested) });
  pane.click("audit-step-1");
  pane.click("audit-step-own");
  expect(document.activeElement?.getAttribute("data-key")).toBe("audit-wrong-0-text");
  expect(writtenIn(pane, "audit-wrong-0-step")).toBe("1");
  const [first] = steps;
  const said = AUDITS.follows.reply.slice(first?.body_start, first?.end).trim();
  expect(writtenIn(pane, "audit-wrong-0-text")).toBe(said);
  expect(pane.find('[data-key="audit-wrong-0-text"]').closest("details")?.open).toBe(true);
});

test("a preview beyond the budget is marked as one, with what must not be mixed", () => {
  const pane = leaf();
  pane.click("audit-cost");
  const preview = { ...AUDITS.preview, over_budget: true, warnings: ["Another test."] };
  pane.update({ audit_cost: done(preview) });
  expect(pane.text(".gp-audit-cost")).toContain(`! It would take at most: ${preview.sentence}`);
  expect(pane.all(".gp-caution-line").map((each) => each.textContent)).toContain("! Another test.");
});

test.each([
  ["", null],
  ["2", [2]],
  [" 4-5, 1 ,4", [1, 4, 5]],
  ["2–3", [2, 3]],
  ["0", undefined],
  ["3-2", undefined],
  ["1,", undefined],
  ["1;2", undefined],
])("steps %j are %j", (written, steps) => {
  expect(stepsIn(written)).toEqual(steps);
});
