// @vitest-environment jsdom
/** Truth: what a person does and reads in the part; the answers are real ones, as Python words them. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ProbeResult, ProbeTestResult } from "../../extension_frontend/core/src/protocol.js";
import { percent } from "../../extension_frontend/core/src/views/figures.js";
import type { PaneState } from "../../extension_frontend/core/src/views/pane_state.js";
import type { Side } from "../../extension_frontend/core/src/views/side_state.js";
import { answer } from "./answers.js";
import { PATCHING } from "./patching_answers.js";
import { PROBES } from "./probe_answers.js";
import { shownPane } from "./shown_pane.js";

const STORY = PROBES.explanation;
const done = <Answer>(given: Answer): Side<Answer> => ({ at: "done", answer: given });
const running = (partial: ProbeResult | null, stage = "resid_pre 1: probe, fold 2"): Side<never> => ({
  at: "running",
  status: "running",
  ahead: 0,
  progress: { kind: "progress", job: "j", fraction: 0.4, stage, partial },
});
const probes = (change: Partial<PaneState> = {}) => {
  const pane = shownPane({ result: STORY, tab: "inside", ...change });
  pane.click("inside-probe");
  return pane;
};
type Pane = ReturnType<typeof probes>;

const write = ({ find }: Pane, key: string, text: string) => {
  const field = find<HTMLInputElement>(`.gp-probe [data-key="${key}"]`);
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
};
const submit = ({ find }: Pane, form = ".gp-probe-form") =>
  find(form).dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
const bar = ({ find }: Pane, layer: number) => find(`[data-key="probe-layer-${layer}"]`);
const open = (pane: Pane, layer: number) =>
  bar(pane, layer).dispatchEvent(new MouseEvent("click", { bubbles: true }));
const SECOND_JOHN = 9;
const LAST = STORY.tokens.length - 1;
const swapJohn = (pane: Pane) => {
  pane.click(`probe-token-${SECOND_JOHN}`);
  write(pane, "probe-word", "Mary");
};
const OTHER = { from: "text", text: "When Mary and John went to the store, Mary gave a bottle to" } as const;

beforeEach(() => {
  Element.prototype.scrollIntoView = vi.fn();
});
afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

test("a task of the catalogue is chosen, told of, and asked for", () => {
  const pane = probes();
  pane.click("probe-of-task");
  const listed = pane.all('[data-key="probe-task"] option').map((each) => each.getAttribute("value"));
  expect(listed).toEqual(answer("catalogue").probe_tasks.map(({ name }) => name));
  pane.choose("probe-task", "sentiment");
  expect(pane.text(".gp-probe-form")).toContain("Is the review positive or negative?");
  submit(pane);
  expect(pane.events.sideAsked).toHaveBeenCalledExactlyOnceWith({
    side: "probe",
    ask: "probe",
    of: "task",
    name: "sentiment",
  });
});

test("for a pair a template is asked first, and the probe as soon as it is there", () => {
  const pane = probes();
  const go = pane.find<HTMLButtonElement>('[data-key="probe"]');
  expect(go.disabled, "no other prompt yet").toBe(true);
  swapJohn(pane);
  submit(pane);
  expect(pane.events.sideAsked).toHaveBeenCalledExactlyOnceWith({
    side: "template",
    ask: "pair_template",
    other: OTHER,
    wrong: null,
  });
  pane.update({ template: running(null, "finding words") });
  expect(pane.text(".gp-probe progress + button")).toBe("Cancel");
  pane.update({ template: done(PROBES.template) });
  expect(pane.events.sideAsked).toHaveBeenLastCalledWith({
    side: "probe",
    ask: "probe",
    of: "pairs",
    template: PROBES.template.template,
    count: 100,
    token: LAST,
  });
});

test("a template that is there already is used, one of other prompts is not", () => {
  const pane = probes({ template: done(PROBES.template) });
  swapJohn(pane);
  submit(pane);
  expect(pane.events.sideAsked.mock.lastCall?.[0]).toMatchObject({ side: "probe", of: "pairs" });
  write(pane, "probe-word", "Anna");
  submit(pane);
  expect(pane.events.sideAsked.mock.lastCall?.[0]).toMatchObject({ side: "template" });
  const asked = pane.events.sideAsked.mock.calls.length;
  pane.update({ notes: ["something else"] });
  expect(pane.events.sideAsked, "the old template is no answer to it").toHaveBeenCalledTimes(asked);
});

test("a template that cannot be made says why, and can be asked again", () => {
  const pane = probes();
  swapJohn(pane);
  submit(pane);
  pane.update({ template: { at: "failed", error: PATCHING.other_length } });
  expect(pane.text(".gp-probe .gp-problem")).toContain(PATCHING.other_length.message);
  expect(pane.text(".gp-probe .gp-problem pre, .gp-probe .gp-patch-lines")).toContain(
    "Bartholomew".slice(0, 1),
  );
  pane.click("template-again");
  expect(pane.events.sideAsked).toHaveBeenCalledTimes(2);
});

test("the other prompt written for patching stands here too, and the place that arrives is what is read", () => {
  const pane = shownPane({ result: PATCHING.explanation, tab: "inside", patching: done(PATCHING.position) });
  pane.click(`patch-token-${SECOND_JOHN}`);
  const word = pane.find<HTMLInputElement>('[data-key="patch-word"]');
  word.value = "Mary";
  word.dispatchEvent(new Event("input", { bubbles: true }));
  const cell = pane.all(".gp-patch-cell").find((each) => each.getAttribute("tabindex") === "0");
  cell?.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  pane.click("go-on-probe");
  expect(pane.find<HTMLInputElement>('[data-key="probe-word"]').value).toBe("Mary");
  expect(pane.find<HTMLButtonElement>('[data-key="probe"]').disabled).toBe(false);
  const index = Number(cell?.dataset.key?.slice("patch-".length));
  const tokens = PATCHING.position.clean.tokens.length;
  const read = pane.find('[aria-label="Token whose activation is read"] [aria-pressed="true"]');
  expect(read.dataset.token).toBe(String(index % tokens));
  pane.update({ probe: done(PROBES.speech) });
  expect(pane.text(".gp-probe .gp-patch-detail h3")).toContain(`resid_pre ${Math.floor(index / tokens)}`);
});

test("tables are offered only where the kernel is the person's own", () => {
  expect(probes().all('[data-key="probe-of-frame"]')).toEqual([]);
  const pane = probes({ ownKernel: true });
  pane.click("probe-of-frame");
  expect(pane.events.sideAsked).toHaveBeenCalledExactlyOnceWith({ side: "tables", ask: "tables" });
  pane.update({ tables: done(PROBES.tables) });
  expect(pane.all('[aria-label="Tables of the kernel"] button').map((each) => each.textContent)).toEqual([
    "reviews (1 row)",
    "rows (1 row)",
  ]);
  submit(pane);
  const question = { side: "probe", ask: "probe", of: "frame" };
  expect(pane.events.sideAsked).toHaveBeenLastCalledWith({
    ...question,
    name: "reviews",
    text: "review",
    label: "label",
    span: null,
  });
  pane.click("probe-take-rows");
  submit(pane);
  expect(pane.events.sideAsked).toHaveBeenLastCalledWith({
    ...question,
    name: "rows",
    text: "text",
    label: "label",
    span: "span",
  });
  write(pane, "probe-table", "");
  expect(pane.find<HTMLButtonElement>('[data-key="probe"]').disabled).toBe(true);
});

test("a kernel without tables says what to make", () => {
  const pane = probes({ ownKernel: true, tables: done({ kind: "tables", tables: [] }) });
  pane.click("probe-of-frame");
  expect(pane.text(".gp-probe-form")).toContain("Make a DataFrame");
});

test("bars come in layer by layer, and what a cancel leaves is called partial", () => {
  const pane = probes({ probe: running(null, "reading activations") });
  expect(pane.text(".gp-probe")).toContain("reading activations");
  pane.update({ probe: running(PROBES.partial) });
  expect(PROBES.partial.complete).toBe(false);
  expect(pane.all(".gp-probe-layer")).toHaveLength(PROBES.partial.layers.length);
  expect(pane.text(".gp-probe .gp-patch-headline")).toContain("layers are being added");
  // Progress that brings no newer layer does not say that it was stopped.
  pane.update({ probe: running(null) });
  expect(pane.text(".gp-probe .gp-patch-headline")).toContain("layers are being added");
  open(pane, 0);
  expect(pane.text(".gp-probe .gp-patch-detail")).toContain("when all layers are there");
  const width = () => pane.find(".gp-probe-chart").getAttribute("viewBox");
  const before = width();
  pane.click("probe-cancel");
  expect(pane.events.sideCancelled).toHaveBeenCalledWith("probe");
  pane.update({ probe: done(PROBES.partial) });
  expect(pane.text(".gp-probe .gp-patch-headline")).toContain("partial: stopped early");
  pane.update({ probe: done(PROBES.speech) });
  expect(pane.all(".gp-probe-layer")).toHaveLength(PROBES.speech.layers.length);
  expect(width(), "the chart has room for all of them from the beginning").toBe(before);
});

test("readable layers differ from others by more than colour, and the best one is marked", () => {
  const { speech, pairs } = PROBES;
  const pane = probes({ probe: done(speech) });
  expect(pane.all(".gp-probe-readable")).toHaveLength(speech.layers.filter((each) => each.decodable).length);
  expect(pane.all(".gp-probe-best text").map((each) => each.textContent)).toEqual(["★", String(speech.best)]);
  expect(pane.all(".gp-probe-control").length).toBeGreaterThanOrEqual(speech.layers.length);
  expect(pane.text(".gp-probe .gp-patch-headline")).toContain(speech.sentence);
  pane.update({ probe: done(pairs) });
  expect(pane.all(".gp-probe-readable")).toEqual([]);
  expect(pane.all(".gp-probe-unreadable")).toHaveLength(pairs.layers.length);
});

test("arrow keys walk the layers, the readout says their figures, Enter opens one", () => {
  const { speech } = PROBES;
  const pane = probes({ probe: done(speech) });
  const stop = pane.find(".gp-probe-layer[tabindex='0']");
  expect(stop.dataset.key).toBe(`probe-layer-${speech.best}`);
  (stop as HTMLElement).focus();
  pane.press(stop, "Home");
  const [first, second] = speech.layers;
  if (first === undefined || second === undefined) throw new Error("no layers");
  const readout = () => pane.text(".gp-probe-readout");
  expect(readout()).toContain(`resid_pre 0: ${percent(first.accuracy)} right`);
  pane.press(document.activeElement as Element, "ArrowRight");
  expect(readout()).toContain(`resid_pre 1: ${percent(second.accuracy)} right`);
  expect(readout()).toContain(`random labels ${percent(second.control_accuracy)}`);
  expect(document.activeElement?.getAttribute("aria-label")).toBe(readout());
  pane.press(document.activeElement as Element, "Enter");
  expect(pane.text(".gp-probe .gp-patch-detail h3")).toBe("resid_pre 1readable");
  expect((document.activeElement as SVGElement).dataset.key, "focus stays").toBe("probe-layer-1");
  const classes = pane.all(".gp-patch-detail tbody th").map((each) => each.textContent);
  expect(classes).toEqual(speech.classes.map(({ label }) => label));
  pane.click("probe-layer-close");
  expect(pane.all(".gp-probe .gp-patch-detail")).toEqual([]);
});

test("a layer is tested causally, with answers for all classes or none", () => {
  const { sentiment, used } = PROBES;
  const pane = probes({ probe: done(sentiment) });
  open(pane, used.layer);
  const go = () => pane.find<HTMLButtonElement>('[data-key="probe-test"]');
  expect(go().textContent).toBe(`Test causally at layer ${used.layer}`);
  submit(pane, ".gp-patch-detail form");
  const question = {
    side: "probe_test",
    ask: "probe_test",
    probe: { of: "task", name: "sentiment" },
    layer: used.layer,
    where: "readout",
    answers: null,
  };
  expect(pane.events.sideAsked).toHaveBeenLastCalledWith(question);
  write(pane, "probe-answer-0", " negative");
  expect(go().disabled).toBe(true);
  expect(pane.text(".gp-patch-detail")).toContain("Give every class an answer, or none.");
  write(pane, "probe-answer-1", " positive");
  pane.choose("probe-where", "every");
  submit(pane, ".gp-patch-detail form");
  expect(pane.events.sideAsked).toHaveBeenLastCalledWith({
    ...question,
    where: "every",
    answers: [" negative", " positive"],
  });
  pane.update({ probe_test: running(null, "changed predictions") });
  expect(go().disabled).toBe(true);
  pane.click("probe_test-cancel");
  expect(pane.events.sideCancelled).toHaveBeenCalledWith("probe_test");
});

test("the test's answer says whether it is used, every change beside the range of random directions", () => {
  const { sentiment, speech, used, unused } = PROBES;
  const pane = probes({ probe: done(sentiment), probe_test: done(used) });
  expect(pane.text(".gp-probe-verdict")).toBe(`Used. ${used.sentence}`);
  const effects = used.changes.flatMap((change) => change.effects);
  expect(pane.all(".gp-probe-changes .gp-range")).toHaveLength(effects.length);
  expect(pane.all(".gp-probe-changes tbody")).toHaveLength(3);
  expect(pane.all(".gp-probe-changes .gp-range text"), "no end is the better one").toEqual([]);
  expect(pane.text(".gp-probe")).toContain("Answers: negative “ negative”, positive “ positive”.");
  // Another probe's test is no answer to this one.
  pane.update({ probe: done(speech) });
  expect(pane.all(".gp-probe-verdict")).toEqual([]);
  pane.update({ probe_test: done(unused) });
  expect(pane.text(".gp-probe-verdict")).toContain("No use was found.");
  const unread: ProbeTestResult = { ...unused, accuracy_low: unused.majority - 0.01 };
  pane.update({ probe_test: done(unread) });
  expect(pane.text(".gp-probe-verdict")).toContain("It cannot be said.");
});

test("from a layer of a pair's probe it goes on to patching", () => {
  const pane = probes({ template: done(PROBES.template) });
  swapJohn(pane);
  pane.click("probe-read-token-7");
  submit(pane);
  pane.update({ probe: done(PROBES.pairs) });
  open(pane, 2);
  pane.click("go-on-patching");
  expect(pane.find('[data-key="inside-patching"]').getAttribute("aria-pressed")).toBe("true");
});

test("a model without next tokens is probed too; it has no lens and no patching", () => {
  const pane = probes({ result: answer("review") });
  expect(pane.find(".gp-probe").hidden).toBe(false);
  pane.update({ probe: done(PROBES.classifier) });
  open(pane, PROBES.classifier.best);
  expect(pane.all('[data-key="go-on-lens"]')).toEqual([]);
  expect(pane.text(".gp-patch-detail")).toContain("one of the model’s classes");
});

test("what goes wrong is said with the next step, and asked again as it was", () => {
  const pane = probes();
  pane.click("probe-of-task");
  submit(pane);
  pane.update({ probe: { at: "failed", error: PROBES.too_few } });
  expect(pane.text(".gp-probe [role='alert']")).toContain(PROBES.too_few.next_step);
  pane.click("probe-again");
  expect(pane.events.sideAsked).toHaveBeenCalledTimes(2);
  expect(pane.events.sideAsked.mock.calls[1]).toEqual(pane.events.sideAsked.mock.calls[0]);
});

test("an answer is kept as Python, data and table; its texts are shown with what is marked", () => {
  const { speech } = PROBES;
  const pane = probes({ probe: done(speech) });
  pane.click("copy-probe");
  expect(pane.events.copyPython).toHaveBeenCalledWith(speech.code);
  pane.click("save-probe-json");
  const json = pane.events.fileMade.mock.lastCall?.[0];
  expect(json?.name).toBe("glasspane-probes-part-of-speech.json");
  expect(JSON.parse(json?.content ?? "")).toEqual(JSON.parse(JSON.stringify(speech)));
  pane.click("save-probe-csv");
  const [head, ...lines] = pane.events.fileMade.mock.lastCall?.[0].content.trimEnd().split("\n") ?? [];
  expect(head).toMatch(/^layer,site,accuracy,low,high,balanced_accuracy,majority,seen_accuracy/);
  expect(lines).toHaveLength(speech.layers.length);
  expect(lines[1]).toMatch(`1,resid_pre 1,${speech.layers[1]?.accuracy},`);
  const marks = pane.all(".gp-probe-samples mark").map((each) => each.textContent);
  expect(marks).toEqual(
    speech.samples.map(({ text, start, end }) =>
      Array.from(text)
        .slice(start ?? 0, end ?? 0)
        .join(""),
    ),
  );
  expect(pane.text(".gp-probe")).toContain(speech.intervals);
});

test("a table cell that looks like a formula is marked as text", () => {
  const { speech } = PROBES;
  const [first] = speech.layers;
  if (first === undefined) throw new Error("no layers");
  const pane = probes({ probe: done({ ...speech, layers: [{ ...first, site: "=1+1" }], best: 0 }) });
  pane.click("save-probe-csv");
  expect(pane.events.fileMade.mock.lastCall?.[0].content).toContain(",'=1+1,");
});

test("names of classes and texts are data, never markup", () => {
  const { speech } = PROBES;
  const bad = "<img src=x onerror=alert(1)>";
  const classes = speech.classes.map((each) => ({ ...each, label: bad }));
  const pane = probes({ probe: done({ ...speech, classes, sentence: bad }) });
  open(pane, 1);
  expect(pane.all(".gp-probe img")).toEqual([]);
  expect(pane.text(".gp-patch-detail")).toContain(bad);
});

test("selectivity's axis says how far it goes on either side, and no number runs into the zero", () => {
  const spread = (low: number, high: number) => ({
    ...PROBES.speech,
    layers: PROBES.speech.layers.map((layer) => ({ ...layer, selectivity_low: low, selectivity_high: high })),
  });
  const numbers = (of: ProbeResult) =>
    probes({ probe: done(of) })
      .all(".gp-probe-chart > text")
      .map((each) => each.textContent ?? "")
      .filter((text) => /^(0|[+−]\d+)$/.test(text));
  expect(numbers(spread(-0.4, 0.3))).toEqual(["0", "−40", "+30"]);
  expect(numbers(spread(-0.9, 0.02)), "+5 would stand on the zero").toEqual(["0", "−90"]);
});
