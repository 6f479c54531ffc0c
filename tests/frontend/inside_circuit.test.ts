// @vitest-environment jsdom
/** Truth: what a person does and reads in the part; the answers are real ones of demo-lm, as Python words them. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { CircuitResult } from "../../extension_frontend/core/src/protocol.js";
import { share, shareWithin } from "../../extension_frontend/core/src/views/inside/circuit_words.js";
import type { PaneState } from "../../extension_frontend/core/src/views/pane_state.js";
import type { Side } from "../../extension_frontend/core/src/views/side_state.js";
import { CIRCUITS } from "./circuit_answers.js";
import { PATCHING } from "./patching_answers.js";
import { shownPane } from "./shown_pane.js";

const STORY = CIRCUITS.explanation;
const OTHER = "When Mary and John went to the store, Mary gave a bottle to";
const SECOND_JOHN = 9;
const done = <Answer>(answer: Answer): Side<Answer> => ({ at: "done", answer });
const template = done(CIRCUITS.template);
const inside = (change: Partial<PaneState> = {}) => shownPane({ result: STORY, tab: "inside", ...change });
type Pane = ReturnType<typeof inside>;

/** The part Circuit, with whatever there is. */
const opened = (change: Partial<PaneState> = {}) => {
  const pane = inside(change);
  pane.click("inside-circuit");
  return pane;
};
const write = (pane: Pane, key: string, text: string) => {
  const field = pane.find<HTMLInputElement>(`[data-key="${key}"]`);
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
};
const submit = (pane: Pane, form: string) =>
  pane.find(form).dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
const microtasks = () => new Promise((resolve) => setTimeout(resolve));
const MADE = { side: "template", ask: "pair_template", other: { from: "text", text: OTHER }, wrong: null };

beforeEach(() => {
  Element.prototype.scrollIntoView = vi.fn();
});
afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

test("a token is replaced, and pairs like both prompts are made", async () => {
  const pane = opened();
  await microtasks();
  expect(pane.events.sideAsked, "no other prompt yet").not.toHaveBeenCalled();
  const make = pane.find<HTMLButtonElement>('[data-key="make-pairs"]');
  expect(make.disabled).toBe(true);
  pane.click(`circuit-token-${SECOND_JOHN}`);
  write(pane, "circuit-word", "Mary");
  submit(pane, ".gp-circuit .gp-patch-form");
  expect(pane.events.sideAsked).toHaveBeenCalledExactlyOnceWith(MADE);
});

test("what was chosen in Patching is there, and pairs are asked for by themselves", async () => {
  const pane = inside({ patching: done(PATCHING.position) });
  pane.click(`patch-token-${SECOND_JOHN}`);
  write(pane, "patch-word", "Mary");
  pane.find('.gp-patch-cell[tabindex="0"]').dispatchEvent(new MouseEvent("click", { bubbles: true }));
  pane.click("go-on-circuit");
  expect(pane.find('[data-key="inside-circuit"]').getAttribute("aria-pressed")).toBe("true");
  await microtasks();
  expect(pane.events.sideAsked).toHaveBeenCalledExactlyOnceWith(MADE);
  expect(pane.find<HTMLInputElement>('[data-key="circuit-word"]').value).toBe("Mary");
  // Coming back with the same other prompt asks nothing again.
  pane.update({ template });
  pane.click("inside-patching");
  pane.click("inside-circuit");
  await microtasks();
  expect(pane.events.sideAsked).toHaveBeenCalledTimes(1);
});

test("the template stands in the form with its words, and a circuit is asked for on it", () => {
  const pane = opened({ template });
  expect(pane.find<HTMLTextAreaElement>('[data-key="circuit-clean"]').value).toBe(
    "When {a} and {b} went to the store, {b} gave a bottle to",
  );
  expect(pane.find<HTMLInputElement>('[data-key="circuit-right"]').value).toBe(" {a}");
  expect(pane.find<HTMLInputElement>('[data-key="circuit-words-a"]').value).toBe(
    CIRCUITS.template.template.words.a?.join(", "),
  );
  expect(pane.text(".gp-circuit-form")).toContain(CIRCUITS.template.sentence);
  expect(pane.text(".gp-circuit-pairs")).toBe("It is looked for on 16 pairs and validated on 16 others.");
  write(pane, "circuit-count", "8");
  pane.choose("circuit-ablation", "mean");
  write(pane, "circuit-enough", "0.8");
  submit(pane, ".gp-circuit-form");
  expect(pane.events.sideAsked).toHaveBeenLastCalledWith({
    side: "circuit",
    ask: "circuit",
    template: CIRCUITS.template.template,
    held_out: null,
    count: 8,
    ablation: "mean",
    enough: 0.8,
    seed: 0,
  });
});

test("how many pairs the words make is said while they are written, and too few cannot be asked", () => {
  const pane = opened({ template });
  const says = () => pane.text(".gp-circuit-pairs");
  const go = () => pane.find<HTMLButtonElement>('[data-key="circuit"]');
  write(pane, "circuit-words-a", "Mary, John");
  write(pane, "circuit-words-b", "John, Mary, Anna");
  // Mary–John, Mary–Anna, John–Mary, John–Anna: two and two.
  expect(says()).toContain("on 2 pairs and validated on 2 others. Fewer than 4 validate nothing");
  write(pane, "circuit-words-b", "John");
  expect(says()).toContain("too few pairs");
  expect(go().disabled).toBe(true);
  write(pane, "circuit-words-b", "");
  expect(says()).toContain("no words for {b}");
  write(pane, "circuit-words-b", "Anna, Tom, Sarah");
  expect(go().disabled).toBe(false);
});

test("a hole that is written has a field for its words, one that is taken out has none", () => {
  const pane = opened({ template });
  write(pane, "circuit-clean", "When {a} and {b} went to the {place}, {b} gave a bottle to");
  expect(pane.text(".gp-circuit-pairs")).toContain("no words for {place}");
  write(pane, "circuit-words-place", "store, park");
  write(pane, "circuit-corrupted", "When {a} and {b} went to the {place}, {a} gave a bottle to");
  expect(pane.text(".gp-circuit-pairs")).toBe("It is looked for on 16 pairs and validated on 16 others.");
  write(pane, "circuit-clean", CIRCUITS.template.template.clean);
  write(pane, "circuit-corrupted", CIRCUITS.template.template.corrupted);
  expect(pane.all('[data-key="circuit-words-place"]')).toEqual([]);
  expect(pane.find<HTMLInputElement>('[data-key="circuit-words-a"]').value).toContain("Mary");
});

test("another template with the same words is what it is validated on", () => {
  const pane = opened({ template });
  write(pane, "circuit-other-clean", "After {a} and {b} met, {b} gave a ring to");
  expect(pane.text(".gp-circuit-pairs")).toContain("only one text is written");
  write(pane, "circuit-other-corrupted", "After {a} and {b} met, {a} gave a ring to");
  expect(pane.text(".gp-circuit-pairs")).toContain("16 pairs and validated on 16 of the other template");
  submit(pane, ".gp-circuit-form");
  expect(pane.events.sideAsked.mock.lastCall?.[0]).toMatchObject({
    held_out: {
      ...CIRCUITS.template.template,
      clean: "After {a} and {b} met, {b} gave a ring to",
      corrupted: "After {a} and {b} met, {a} gave a ring to",
    },
  });
});

test.each([
  ["validated", "✓", "Validated"],
  ["not_validated", "✗", "Not validated"],
  ["not_held_out", "?", "Not held out"],
] as const)(
  "the verdict %s is told by sign and word, with what it means and its figures",
  (name, sign, word) => {
    const answer = CIRCUITS[name];
    const pane = opened({ template, circuit: done(answer) });
    expect(pane.text(".gp-circuit-verdict")).toBe(`${sign}${word}`);
    const said = pane.text(".gp-circuit-answer");
    for (const sentence of answer.summary) expect(said).toContain(sentence);
    for (const warning of answer.warnings) expect(said).toContain(`! ${warning}`);
    const [table] = pane.all(".gp-circuit-table");
    for (const { faithfulness, random_sets, left_without } of answer.validation) {
      for (const each of [faithfulness, random_sets, left_without]) {
        expect(table?.textContent).toContain(shareWithin(each));
      }
    }
  },
);

test("the graph has every node of the circuit and no other, layers up the page, MLPs above their heads", () => {
  const pane = opened({ circuit: done(CIRCUITS.validated) });
  const names = CIRCUITS.validated.nodes.filter(({ inside }) => inside).map(({ name }) => name);
  const shown = pane.all(".gp-circuit-node").map((node) => node.dataset.key?.replace("circuit-node-", ""));
  expect(shown.sort()).toEqual([...names, "embed", "logits"].sort());
  const top = (name: string) => Number(pane.find(`[data-key="circuit-node-${name}"] rect`).getAttribute("y"));
  expect(top("embed")).toBeGreaterThan(top("0.1"));
  expect(top("0.1")).toBeGreaterThan(top("mlp 0"));
  expect(top("mlp 0")).toBeGreaterThan(top("2.0"));
  expect(top("2.0")).toBe(top("2.2"));
  expect(top("mlp 3")).toBeGreaterThan(top("logits"));
});

test("edges are as wide as their exact effect, dashed against the answer, and told apart by input", () => {
  const { edges } = CIRCUITS.validated;
  const pane = opened({ circuit: done(CIRCUITS.validated) });
  const line = ({ source, target, into }: CircuitResult["edges"][number]) =>
    pane.find(`[data-key="circuit-edge-${source}>${target}:${into}"] .gp-circuit-line`);
  const wide = edges.map((edge) => Number(line(edge).getAttribute("stroke-width")));
  const strong = edges.map(({ exact }) => Math.abs(exact));
  expect(wide[0]).toBe(9);
  strong.forEach((size, index) => {
    expect(wide[index]).toBeCloseTo(Math.max(1, (9 * size) / (strong[0] ?? 1)), 0);
  });
  for (const edge of edges) {
    expect(line(edge).classList.contains("gp-circuit-against"), `${edge.source} ${edge.target}`).toBe(
      edge.exact < 0,
    );
  }
  const between = edges.filter(({ source, target }) => source === "2.0" && target === "3.1");
  expect(between.map(({ into }) => into).sort()).toEqual(["q", "v"]);
  expect(new Set(between.map((edge) => line(edge).getAttribute("d"))).size).toBe(2);
});

test("a node opened shows its evidence, and what can be asked next", () => {
  const pane = opened({ circuit: done(CIRCUITS.validated) });
  const node = CIRCUITS.validated.nodes.find(({ name }) => name === "3.1");
  if (node === undefined) throw new Error("3.1 is in the circuit");
  pane.find('[data-key="circuit-node-3.1"]').dispatchEvent(new MouseEvent("click", { bubbles: true }));
  const evidence = pane.text(".gp-circuit .gp-patch-detail");
  expect(evidence).toContain(`Lost when it alone is ablated${share(node.lost)}`);
  expect(evidence).toContain(`Back when it alone is restored${share(node.restores)}`);
  for (const { minimality } of CIRCUITS.validated.validation) {
    expect(evidence).toContain(share(minimality["3.1"]?.value ?? 0));
  }
  const [suppression] = node.classes;
  const { direct = 0, to_wrong = 0 } = suppression?.evidence ?? {};
  expect(evidence).toContain(
    `copy suppression: ${share(direct)} of the behaviour straight to the logits; attention from the last token to the wrong answer ${to_wrong.toFixed(2)}`,
  );
  const strongest = CIRCUITS.validated.edges.find(({ target }) => target === "3.1");
  expect(evidence).toContain(`Readsmlp 0 (values) ${share(strongest?.exact ?? 0, true)}`);
  expect(pane.find('[data-key="circuit-node-3.1"]').getAttribute("aria-pressed")).toBe("true");
  pane.click("circuit-open-head");
  expect(pane.events.tabChosen).toHaveBeenCalledWith("attention");
  pane.events.tabChosen("inside");
  pane.click("circuit-probe");
  expect(pane.find('[data-key="inside-probe"]').getAttribute("aria-pressed")).toBe("true");
});

test("a head of the circuit is patched by position, with the other prompt that was chosen", async () => {
  const pane = opened({ template, circuit: done(CIRCUITS.validated) });
  pane.click(`circuit-token-${SECOND_JOHN}`);
  write(pane, "circuit-word", "Mary");
  pane.find('[data-key="circuit-node-2.0"]').dispatchEvent(new MouseEvent("click", { bubbles: true }));
  pane.click("circuit-patch-head");
  expect(pane.find('[data-key="inside-patching"]').getAttribute("aria-pressed")).toBe("true");
  await microtasks();
  expect(pane.events.sideAsked).toHaveBeenLastCalledWith({
    side: "patching",
    ask: "patch",
    other: { from: "text", text: OTHER },
    wrong: null,
    site: "z",
    grid: "head_position",
    direction: "denoising",
    metric: "logit_difference",
    layers: [2],
    heads: [0],
  });
});

test("by keyboard: sideways from node to node, up and down along edges, Enter opens", () => {
  const pane = opened({ circuit: done(CIRCUITS.validated) });
  const at = () => (document.activeElement as HTMLElement | null)?.dataset.key;
  pane.find<HTMLElement>('.gp-circuit-graph [tabindex="0"]').focus();
  expect(at()).toBe("circuit-node-logits");
  const press = (key: string) => pane.press(document.activeElement as Element, key);
  press("ArrowDown");
  expect(at(), "its strongest edge").toBe("circuit-edge-mlp 3>logits:logits");
  press("ArrowDown");
  expect(at()).toBe("circuit-node-mlp 3");
  press("Home");
  expect(at()).toBe("circuit-node-embed");
  press("ArrowUp");
  expect(at()).toBe("circuit-edge-embed>mlp 0:mlp");
  press("ArrowRight");
  expect(at(), "its next edge").toBe("circuit-edge-embed>0.1:v");
  press("Enter");
  expect(pane.text(".gp-circuit .gp-patch-detail")).toContain("Exact effect, patched by itself");
  press("ArrowUp");
  expect(at()).toBe("circuit-node-0.1");
  press("ArrowRight");
  expect(at()).toBe("circuit-node-mlp 0");
  expect(pane.text(".gp-circuit-readout")).toContain("MLP 0 · ");
});

test.each([
  [3, 1, "▸ Head 3.1, where you came from, is in the circuit."],
  [1, 2, "Head 1.2, where you came from, is not in the circuit, and has next to no effect alone."],
  [2, null, "Of layer 2, where you came from, the circuit has head 2.0, head 2.2."],
  [1, null, "Of layer 1, where you came from, nothing is in the circuit."],
])("who comes from layer %s, head %s reads whether it is in the circuit", (layer, head, sentence) => {
  const patching = head === null ? PATCHING.position : PATCHING.heads;
  const pane = inside({ patching: done(patching), circuit: done(CIRCUITS.validated) });
  const columns = patching.maps[0]?.axes[1]?.places.length ?? 0;
  const cell = pane.find(`[data-key="patch-${layer * columns + (head ?? 9)}"]`);
  cell.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  pane.click("go-on-circuit");
  expect(pane.text(".gp-circuit-place")).toBe(sentence);
  const marked = pane.all(".gp-circuit-here").map((node) => node.dataset.key);
  expect(marked).toEqual(head === 1 ? ["circuit-node-3.1"] : []);
});

test("a circuit is kept as Python, data, tables and a drawing", () => {
  const pane = opened({ circuit: done(CIRCUITS.validated) });
  pane.click("copy-circuit");
  expect(pane.events.copyPython).toHaveBeenCalledWith(CIRCUITS.validated.code);
  const kept = (key: string) => {
    pane.click(key);
    return pane.events.fileMade.mock.lastCall?.[0];
  };
  expect(JSON.parse(kept("save-circuit-json")?.content ?? "")).toEqual(CIRCUITS.validated);
  const nodes = kept("save-circuit-nodes-csv")?.content.trim().split("\n") ?? [];
  expect(nodes[0]).toBe("name,layer,head,inside,lost,restores,classes");
  expect(nodes).toHaveLength(1 + CIRCUITS.validated.nodes.length);
  expect(nodes[1]).toMatch(/^0\.1,0,1,True,0\.\d+,0\.\d+,$/);
  const edges = kept("save-circuit-edges-csv")?.content.trim().split("\n") ?? [];
  expect(edges[1]).toMatch(/^embed,mlp 0,mlp,0\.\d+,0\.\d+$/);
  expect(edges).toHaveLength(1 + CIRCUITS.validated.edges.length);
});

test.each([
  [0.37398, "37 %"],
  [-0.1168, "−12 %"],
  [0.0587, "5.9 %"],
  [-0.0003, "0.0 %"],
  [0.0006, "0.1 %"],
  [0, "0 %"],
  [1.0083, "100.8 %"],
])("the share %s of the behaviour is written %s", (value, written) => {
  expect(share(value).replace("\u202f", " ")).toBe(written);
});

test("an interval that reads like its share is not said thrice", () => {
  const said = (value: number, low: number, high: number) =>
    shareWithin({ value, low, high }).replaceAll("\u202f", " ");
  expect(said(-0.0003, -0.0004, -0.0002)).toBe("0.0 %");
  expect(said(0.37, 0.31, 0.42)).toBe("37 % (31 % to 42 %)");
});

test("what a model calls its nodes is data in a table, never a formula", () => {
  const odd = {
    ...CIRCUITS.validated,
    nodes: CIRCUITS.validated.nodes.map((node) => ({ ...node, name: "=1+1" })),
    edges: [],
  };
  const pane = opened({ circuit: done(odd) });
  pane.click("save-circuit-nodes-csv");
  expect(pane.events.fileMade.mock.lastCall?.[0].content.split("\n")[1]).toMatch(/^'=1\+1,/);
});

test("progress has a stage and a way to cancel, for pairs and for the circuit", () => {
  const progress = {
    kind: "progress",
    job: "j",
    fraction: 0.4,
    stage: "computing edges",
    partial: null,
  } as const;
  const running = { at: "running", status: "running", ahead: 0, progress } as const;
  const pane = opened({ template, circuit: running });
  expect(pane.text(".gp-circuit")).toContain("omputing edges");
  pane.click("circuit-cancel");
  expect(pane.events.sideCancelled).toHaveBeenCalledWith("circuit");
  pane.update({ template: running, circuit: { at: "unasked" } });
  pane.click("template-cancel");
  expect(pane.events.sideCancelled).toHaveBeenLastCalledWith("template");
});

test("what goes wrong is told with the next step, and asked again", () => {
  const pane = opened({ template });
  submit(pane, ".gp-circuit-form");
  const before = pane.events.sideAsked.mock.lastCall?.[0];
  pane.update({ circuit: { at: "failed", error: CIRCUITS.refused } });
  expect(pane.text(".gp-problem")).toContain("14 and 13 tokens long");
  expect(pane.text(".gp-patch-lines")).toContain("·store |, |·John");
  pane.click("circuit-again");
  expect(pane.events.sideAsked).toHaveBeenCalledTimes(2);
  expect(pane.events.sideAsked.mock.lastCall?.[0]).toEqual(before);
});

test("pairs that cannot be made offer words that fit", () => {
  const pane = opened();
  pane.click(`circuit-token-${SECOND_JOHN}`);
  write(pane, "circuit-word", "Bartholomew");
  submit(pane, ".gp-circuit .gp-patch-form");
  pane.update({ template: { at: "failed", error: PATCHING.other_length } });
  const [word] = PATCHING.other_length.suggestions;
  pane.click(`suggested-${word}`);
  expect(pane.events.sideAsked.mock.lastCall?.[0]).toMatchObject({
    side: "template",
    other: { text: OTHER.replace(", Mary", `, ${word}`) },
  });
});

test("another prompt's explanation begins anew; another method's keeps what was written", () => {
  const pane = opened({ template });
  write(pane, "circuit-words-a", "Mary, Sarah, Tom");
  pane.update({ result: { ...STORY } });
  expect(pane.find<HTMLInputElement>('[data-key="circuit-words-a"]').value).toBe("Mary, Sarah, Tom");
  pane.update({ result: { ...STORY }, template: { at: "unasked" } });
  expect(pane.all(".gp-circuit-form")).toEqual([]);
});
