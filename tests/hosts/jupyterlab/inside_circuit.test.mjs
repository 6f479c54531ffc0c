// One span carried from its heat to the map of activations, to the circuit that carries it, to a head's evidence.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { cell, explained, openNotebook, rightClick, runCell, SETUP, screenshot } from "./desk.mjs";
import { sharedLab } from "./shared_lab.mjs";

const CLEAN = "When Mary and John went to the store, John gave a bottle to";
const OTHER = "When Mary and John went to the store, Mary gave a bottle to";
const CELLS = [SETUP, `story = "${CLEAN}"`, "found = None"];
const [, STORY, PYTHON] = CELLS.keys();

/** As Python prints a share, with a true minus and a thin space before the sign. */
const share = (value) => {
  const size = Math.abs(100 * value);
  const digits = size >= 9.95 && size < 99.5 ? 0 : 1;
  return `${value < 0 ? "−" : ""}${size.toFixed(digits).replace(/\.0$/, "")}\u202f%`;
};

describe("the circuit inside the model", () => {
  let lab;
  let page;
  const pane = () => page.locator("#glasspane-pane");
  const part = () => pane().locator(".gp-circuit");
  const key = (name) => pane().locator(`[data-key="${name}"]`);
  const answered = async (kind, isIt = () => true) => {
    for (const deadline = Date.now() + 120_000; Date.now() < deadline; await page.waitForTimeout(50)) {
      const answer = page.answers[kind];
      if (answer !== undefined && isIt(answer)) return answer;
    }
    throw new Error(`no ${kind} came; the leaf says: ${await pane().locator(".gp-inside").innerText()}`);
  };
  const changeTheme = async (theme) => {
    await page.evaluate(
      (name) => window.jupyterapp.commands.execute("apputils:change-theme", { theme: name }),
      theme,
    );
    await page.locator(`body[data-jp-theme-name="${theme}"]`).waitFor({ state: "attached" });
    await page.locator("#jupyterlab-splash").waitFor({ state: "detached" });
  };

  before(async () => {
    lab = await sharedLab();
    await lab.notebook("inside_circuit.ipynb", CELLS);
    page = await lab.page({ viewport: { width: 1500, height: 1000 } });
    await openNotebook(lab, page, "inside_circuit.ipynb");
    for (const index of CELLS.keys()) await runCell(page, index);
  });

  after(async () => {
    assert.deepEqual(page.errors, []);
    assert.deepEqual(lab.strayRequests, []);
    await page.close();
  });

  test("from the strongest cell of a map, pairs like both prompts are made without anything written again", async () => {
    const result = await explained(page, () =>
      rightClick(page, cell(page, STORY).locator(".cm-content"), "Mary"),
    );
    const john = result.tokens.findLast((token) => token.text === " John").index;
    await pane().locator(`.gp-strip [data-token="${john}"]`).click();
    await key("tab-inside").click();
    await key("patch-word").fill("Mary");
    await key("patch-site").selectOption("z");
    await key("patch").click();
    const { maps, corrupted } = await answered("patching");
    const sizes = maps[0].raw.map((value) => Math.abs(value - corrupted.value));
    await key(`patch-${sizes.indexOf(Math.max(...sizes))}`).click();
    await key("go-on-circuit").click();
    const { template, request } = await answered("pair_template");
    assert.equal(request.pair.corrupted.text, OTHER);
    assert.equal(template.clean, "When {a} and {b} went to the store, {b} gave a bottle to");
    assert.equal(await key("circuit-clean").inputValue(), template.clean);
    assert.equal(await key("circuit-words-b").inputValue(), template.words.b.join(", "));
    await part().getByText("It is looked for on 16 pairs and validated on 16 others.").waitFor();
    await screenshot(page, "circuit-template");
  });

  test("the circuit is found and validated; the head that was pointed out is marked", async () => {
    await key("circuit").click();
    const found = await answered("circuit");
    assert.equal(found.request.pairs.length, 16);
    assert.equal(found.request.held_out.length, 16);
    assert.equal(found.verdict, "validated");
    await part().locator(".gp-verdict", { hasText: "Validated" }).waitFor();
    await part()
      .locator(".gp-circuit-place", { hasText: "where you came from, is in the circuit" })
      .waitFor();
    assert.equal(await part().locator(".gp-circuit-here").count(), 1);
    const drawn = await part()
      .locator(".gp-circuit-node")
      .evaluateAll((nodes) => nodes.map((node) => node.dataset.key.replace("circuit-node-", "")));
    const inside = found.nodes.filter((node) => node.inside).map(({ name }) => name);
    assert.deepEqual(drawn.sort(), [...inside, "embed", "logits"].sort());
    // What is drawn keeps inside its box, and the pane does not scroll sideways.
    assert.ok(await pane().evaluate((node) => node.scrollWidth <= node.clientWidth + 1));
    await screenshot(page, "circuit");
  });

  test("nodes and figures are what gp.circuit finds in a cell with the same pairs", async () => {
    const found = page.answers.circuit;
    const source = [
      found.code.replace("gp.circuit(", "found = gp.circuit("),
      "print(found.verdict, found.nodes)",
      'print(" ".join(f"{found.node(name).lost:.6f}" for name in found.nodes))',
      'print(f"{found.faithfulness.value:.6f}", f"{found.validation.left_without.value:.6f}")',
    ].join("\n");
    await page.evaluate(
      ([index, code]) =>
        window.jupyterapp.shell.currentWidget.content.widgets[index].model.sharedModel.setSource(code),
      [PYTHON, source],
    );
    await runCell(page, PYTHON);
    const output = cell(page, PYTHON).locator(".jp-OutputArea-output");
    await output.first().waitFor({ timeout: 60_000 });
    const [said, lost, validation] = (await output.first().innerText()).trim().split("\n");
    const inside = found.nodes.filter((node) => node.inside);
    assert.equal(said, `validated [${inside.map(({ name }) => `'${name}'`).join(", ")}]`);
    assert.equal(lost, inside.map((node) => node.lost.toFixed(6)).join(" "));
    const { faithfulness, left_without } = found.validation.at(-1);
    assert.equal(validation, [faithfulness, left_without].map(({ value }) => value.toFixed(6)).join(" "));
    const table = await part().locator(".gp-circuit-table").first().innerText();
    assert.ok(table.includes(share(faithfulness.value)), table);
  });

  test("a node's evidence is its figures; its strongest edge opens from there", async () => {
    const found = page.answers.circuit;
    const head = found.nodes
      .filter((node) => node.inside && node.head !== null)
      .reduce((best, node) => (node.lost > best.lost ? node : best));
    await key(`circuit-node-${head.name}`).click();
    const evidence = part().locator(".gp-patch-detail");
    await evidence.locator("h3", { hasText: `Head ${head.name}` }).waitFor();
    const said = await evidence.innerText();
    for (const value of [head.lost, head.restores, found.validation[1].minimality[head.name].value]) {
      assert.ok(said.includes(share(value)), `${said} has no ${share(value)}`);
    }
    for (const { name } of head.classes) assert.ok(said.includes(name), name);
    await screenshot(page, "circuit-evidence");
    const edge = found.edges.find(({ source }) => source === head.name);
    await key(`wire-circuit-edge-${edge.source}>${edge.target}:${edge.into}`).click();
    await evidence.getByText("Estimated from gradients").waitFor();
    assert.ok((await evidence.innerText()).includes(share(edge.exact)));
  });

  test("by keyboard: along the strongest edges down to the embedding", async () => {
    await key("circuit-node-logits").focus();
    const at = () => page.evaluate(() => document.activeElement.dataset.key);
    for (let steps = 0; steps < 20 && (await at()) !== "circuit-node-embed"; steps += 1) {
      await page.keyboard.press("ArrowDown");
    }
    assert.equal(await at(), "circuit-node-embed");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await part().locator(".gp-patch-detail h3", { hasText: "embed →" }).waitFor();
    assert.match(await at(), /^circuit-edge-embed>/);
  });

  test("the circuit is kept as a file, its drawing with colours written out", async () => {
    const kept = async (locator) => {
      const [download] = await Promise.all([page.waitForEvent("download"), locator.click()]);
      return { name: download.suggestedFilename(), text: await readFile(await download.path(), "utf8") };
    };
    const table = await kept(key("save-circuit-nodes-csv"));
    assert.match(table.name, /^glasspane-when-.*-circuit-nodes\.csv$/);
    assert.equal(table.text.trim().split("\n").length, 1 + page.answers.circuit.nodes.length);
    const drawing = await kept(part().locator('.gp-figure-ways [data-key$="-svg"]'));
    assert.ok(!drawing.text.includes("var("));
    assert.ok(drawing.text.includes("Circuit of "));
  });

  test("a head of it is patched by position, opened in Attention, and its layer probed", async () => {
    const head = page.answers.circuit.nodes.find((node) => node.inside && node.head !== null);
    await key(`circuit-node-${head.name}`).click();
    await key("circuit-patch-head").click();
    const { request } = await answered("patching", ({ maps }) => maps[0].grid === "head_position");
    assert.deepEqual([request.layers, request.heads], [[head.layer], [head.head]]);
    await pane().locator(".gp-patch-headline", { hasText: "Head output" }).waitFor();
    await key("inside-circuit").click();
    await key("circuit-open-head").click();
    await pane()
      .locator(".gp-head-bar h3", { hasText: `Layer ${head.layer}, head ${head.head}` })
      .waitFor();
    await key("tab-inside").click();
    await key("circuit-probe").click();
    assert.equal(await key("inside-probe").getAttribute("aria-pressed"), "true");
    await key("inside-circuit").click();
  });

  test("in dark themes it is drawn in the theme's own colours", async () => {
    await changeTheme("JupyterLab Dark");
    const box = part().locator(".gp-circuit-box").first();
    await box.waitFor();
    await part().locator(".gp-circuit-graph").scrollIntoViewIfNeeded();
    const fill = await box.evaluate((node) => getComputedStyle(node).fill);
    const [red] = /\d+/.exec(fill) ?? ["255"];
    assert.ok(Number(red) < 80, `dark boxes, not ${fill}`);
    await screenshot(page, "circuit-dark");
    await changeTheme("JupyterLab Dark High Contrast");
    await screenshot(page, "circuit-dark-high-contrast");
    await changeTheme("JupyterLab Light");
  });
});
