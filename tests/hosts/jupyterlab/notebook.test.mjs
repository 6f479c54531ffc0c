import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  cell,
  explained,
  explainWith,
  heatOf,
  openNotebook,
  rightClick,
  runCell,
  SETUP,
  screenshot,
  selectText,
  signsOf,
  waitForHeat,
} from "./desk.mjs";
import { sharedLab } from "./shared_lab.mjs";

const CELLS = [
  SETUP,
  'prompt = "The capital of France is"',
  'country = "Italy"\nquestion = f"The capital of {country} is"',
  'inputs = tokenizer(prompt, return_tensors="pt")',
  'notes = "A note to myself. The capital of Spain is a city."',
  'shouted = f"The capital of {country.title()} is"',
  'def ask(place):\n    return f"The capital of {place} is"',
  'stale_prompt = "The capital of Greece is"',
  "output = model.generate(**tokenizer(prompt, return_tensors='pt'), max_new_tokens=2, do_sample=False)\nprint(tokenizer.decode(output[0]))",
  'escaped = "The capital\\u0020of " "Norway is"',
];

const [, PROMPT, FSTRING, VARIABLE, SELECTION, CONSENT, INSIDE, STALE, OUTPUT, ESCAPED] = CELLS.keys();

describe("a prompt in a notebook", () => {
  let lab;
  let page;
  const editor = (index) => cell(page, index).locator(".cm-content");
  const pane = () => page.locator("#glasspane-pane");
  const chip = (text) => pane().locator(".gp-chip", { hasText: text });

  before(async () => {
    lab = await sharedLab();
    await lab.notebook("prompts.ipynb", CELLS);
    page = await lab.page();
    await openNotebook(lab, page, "prompts.ipynb");
    for (const index of [0, PROMPT, FSTRING]) await runCell(page, index);
  });

  after(async () => {
    assert.deepEqual(page.errors, []);
    assert.deepEqual(lab.strayRequests, []);
    await page.close();
  });

  test("takes colour where it stands, with the signs of the numbers the kernel gave", async () => {
    const result = await explained(page, () => rightClick(page, editor(PROMPT), "France"));
    await waitForHeat(cell(page, PROMPT));
    assert.equal(result.text, "The capital of France is");
    assert.equal(result.subject.name, "model (demo-lm)");
    assert.equal(result.predictions[0].text, " Paris");
    assert.equal(result.target.text, " Paris");

    const heat = await heatOf(editor(PROMPT));
    assert.deepEqual(
      heat.map((mark) => mark.text),
      ["The", " capital", " of", " France", " is"],
    );
    for (const [index, { sign }] of signsOf(result).entries()) {
      if (heat[index].level > 0) assert.equal(heat[index].sign, sign, `sign of ${heat[index].text}`);
    }
    const strongest = result.scores[0].map(Math.abs);
    const most = strongest.indexOf(Math.max(...strongest));
    assert.equal(heat[most].level, 5);
    await screenshot(page, "journey");
  });

  test("is explained in the pane: subject, chips, table and how far to trust it", async () => {
    const result = page.results.at(-1);
    await pane().locator(".gp-chip").first().waitFor();
    const chips = await pane().locator(".gp-chip").allInnerTexts();
    assert.equal(chips.length, result.predictions.length);
    assert.match(chips[0], /Paris/);
    assert.match(await pane().locator(".gp-subject").innerText(), /model.*cpu.*fp32/);
    assert.match(await pane().locator(".gp-target").innerText(), /Paris/);
    const rows = await pane().locator(".gp-table tbody tr").allInnerTexts();
    assert.equal(rows.length, result.tokens.length);
    const france = result.tokens.find((token) => token.text === " France");
    const shown = Number(rows[france.index].split(/\s+/)[2].replace("−", "-").replace("+", ""));
    assert.ok(Math.abs(shown - result.scores[0][france.index]) < 0.01 * Math.abs(shown) + 0.001);
  });

  test("says in a hover what one token did", async () => {
    await cell(page, PROMPT).locator(".gp-heat", { hasText: "France" }).hover();
    const hover = page.locator(".gp-hover");
    await hover.waitFor();
    assert.match(await hover.innerText(), /France[\s\S]*\d/);
    await screenshot(page, "hover");
    await page.mouse.move(5, 5);
    await hover.waitFor({ state: "detached" });
  });

  test("can be asked about another next token, and about one rather than another", async () => {
    const second = page.results.at(-1).predictions[1];
    const other = await explained(page, () => pane().locator(".gp-chip").nth(1).click());
    assert.deepEqual(other.target.ids, [second.id]);
    assert.notDeepEqual(other.scores, page.results[0].scores);
    const back = await explained(page, () => chip("Paris").click());
    assert.equal(back.target.text, " Paris");

    const contrast = await explained(page, () =>
      pane()
        .locator(".gp-chip")
        .nth(1)
        .click({ modifiers: ["Shift"] }),
    );
    assert.equal(contrast.target.kind, "contrast");
    assert.deepEqual(contrast.target.ids, back.target.ids);
    assert.deepEqual(contrast.target.versus_ids, [second.id]);
    // Gradients are linear in the target: the contrast is the difference of the two maps.
    for (const [index, score] of contrast.scores[0].entries()) {
      assert.ok(Math.abs(score - (back.scores[0][index] - other.scores[0][index])) < 1e-3);
    }
    await page.waitForFunction(
      () => document.querySelectorAll("#glasspane-pane .gp-chip-pair.gp-versus").length === 1,
    );
    await screenshot(page, "contrast");
  });

  test("says how far its scores add up, and can be explained by another method from the menu", async () => {
    const first = page.results.at(-1);
    assert.equal(first.method.name, "integrated_gradients");
    assert.ok(first.checks.completeness_gap < 0.01, `gap ${first.checks.completeness_gap}`);
    await pane().locator(".gp-trust", { hasText: "add up" }).first().waitFor();
    await screenshot(page, "integrated-gradients");
    const result = await explained(page, () =>
      explainWith(page, editor(PROMPT), "France", "Gradient × input"),
    );
    assert.equal(result.method.name, "input_x_gradient");
    await pane().locator(".gp-trust", { hasText: "do not add up" }).first().waitFor();
  });

  test("may be an f-string: its hole is read from the kernel and coloured as one", async () => {
    const result = await explained(page, () => rightClick(page, editor(FSTRING), "The capital of"));
    await waitForHeat(cell(page, FSTRING));
    assert.equal(result.text, "The capital of Italy is");
    const heat = await heatOf(editor(FSTRING));
    assert.deepEqual(
      heat.map((mark) => mark.text),
      ["The", " capital", " of", " {country}", " is"],
    );
    await screenshot(page, "f-string");
  });

  test("may be a variable", async () => {
    const result = await explained(page, () => rightClick(page, editor(VARIABLE), "prompt"));
    await waitForHeat(cell(page, VARIABLE));
    assert.equal(result.text, "The capital of France is");
    assert.deepEqual(
      (await heatOf(editor(VARIABLE))).map((mark) => mark.text),
      ["prompt"],
    );
    assert.match(await pane().locator(".gp-prompt").innerText(), /variable prompt/);
  });

  test("may be a selection", async () => {
    await selectText(page, editor(SELECTION), "The capital of Spain is");
    const result = await explained(page, () => rightClick(page, editor(SELECTION), "Spain"));
    await waitForHeat(cell(page, SELECTION));
    assert.equal(result.text, "The capital of Spain is");
    assert.deepEqual(
      (await heatOf(editor(SELECTION))).map((mark) => mark.text).join(""),
      "The capital of Spain is",
    );
  });

  test("may be written with escapes and in two pieces", async () => {
    const result = await explained(page, () => rightClick(page, editor(ESCAPED), "Norway"));
    await waitForHeat(cell(page, ESCAPED));
    assert.equal(result.text, "The capital of Norway is");
    const heat = await heatOf(editor(ESCAPED));
    assert.ok(heat.some((mark) => mark.text.includes("Norway")));
    assert.ok(
      heat.every((mark) => !mark.text.includes('"')),
      "the quotes between the pieces stay uncoloured",
    );
  });

  test("runs no call of the person's unless they agree", async () => {
    await rightClick(page, editor(CONSENT), "The capital of");
    const question = pane().locator(".gp-question");
    await question.waitFor();
    assert.match(await question.innerText(), /country\.title\(\)/);
    await screenshot(page, "consent");
    const result = await explained(page, () => question.locator('[data-key="consent-yes"]').click());
    assert.equal(result.text, "The capital of Italy is");
  });

  test("asks for what no kernel knows", async () => {
    await rightClick(page, editor(INSIDE), "The capital of");
    const field = pane().locator(".gp-question input");
    await field.fill("Egypt");
    const result = await explained(page, () => field.press("Enter"));
    assert.equal(result.text, "The capital of Egypt is");
  });

  test("keeps its heat through edits elsewhere, and fades when it changes until it is explained again", async () => {
    const first = await explained(page, () => rightClick(page, editor(STALE), "Greece"));
    await waitForHeat(cell(page, STALE));
    await editor(STALE).click();
    await page.keyboard.press("Control+Home");
    await page.keyboard.type("# a note\n");
    const kept = await heatOf(editor(STALE));
    assert.equal(kept.map((mark) => mark.text).join(""), "The capital of Greece is");
    assert.equal(await cell(page, STALE).locator(".gp-heat-stale").count(), 0);

    await page.keyboard.press("Control+End");
    await page.keyboard.press("ArrowLeft");
    for (const _ of " is") await page.keyboard.press("Shift+ArrowLeft");
    await page.keyboard.type(", in one word, is");
    await cell(page, STALE).locator(".gp-heat-stale").first().waitFor();
    await pane().locator(".gp-stale").waitFor();
    await screenshot(page, "stale");
    const again = await explained(page, () => cell(page, STALE).locator(".gp-run-again").click());
    assert.equal(again.text, "The capital of Greece, in one word, is");
    assert.notEqual(again.text, first.text);
    await cell(page, STALE).locator(".gp-heat-stale").first().waitFor({ state: "detached" });

    await cell(page, STALE).locator(".gp-clear").click();
    await cell(page, STALE).locator(".gp-heat").first().waitFor({ state: "detached" });
  });

  test("fades when a variable it is made of changes", async () => {
    await editor(FSTRING).click();
    await page.keyboard.press("Control+Home");
    await page.keyboard.press("End");
    await page.keyboard.press("ArrowLeft");
    for (const _ of "Italy") await page.keyboard.press("Backspace");
    await page.keyboard.type("Spain");
    assert.equal(await cell(page, FSTRING).locator(".gp-heat-stale").count(), 0);
    await page.keyboard.press("Control+Enter");
    await cell(page, FSTRING).locator(".gp-heat-stale").first().waitFor();
    const again = await explained(page, () => cell(page, FSTRING).locator(".gp-run-again").click());
    assert.equal(again.text, "The capital of Spain is");
  });

  test("follows its cell when the cell moves", async () => {
    await cell(page, PROMPT).locator(".jp-InputPrompt").click();
    await page.keyboard.press("Control+Shift+ArrowDown");
    await cell(page, PROMPT + 1)
      .locator(".gp-heat")
      .first()
      .waitFor();
    assert.deepEqual(
      (await heatOf(editor(PROMPT + 1))).map((mark) => mark.text),
      ["The", " capital", " of", " France", " is"],
    );
    await page.keyboard.press("Control+Shift+ArrowUp");
    await cell(page, PROMPT).locator(".gp-heat").first().waitFor();
  });

  test("is found from what it made the model say", async () => {
    await runCell(page, OUTPUT);
    const output = cell(page, OUTPUT).locator(".jp-OutputArea-output");
    const result = await explained(page, () => rightClick(page, output, "Paris", "glasspane:explain-output"));
    assert.equal(result.target.kind, "completion");
    assert.match(result.target.text, /^ Paris/);
    assert.ok(result.text.startsWith("The capital of France is"));
    await screenshot(page, "output");

    await selectText(page, output, "Paris");
    const selected = await explained(page, () =>
      rightClick(page, output, "Paris", "glasspane:explain-output"),
    );
    assert.equal(selected.target.text, " Paris");
  });

  test("can be copied as the call that explains it", async () => {
    await pane().locator('[data-key="copy-python"]').click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(copied, page.results.at(-1).code);
    assert.match(copied, /explain\(/);
  });

  test("enters the notebook as code and output, when asked", async () => {
    const count = await page.locator(".jp-Notebook .jp-CodeCell").count();
    await explained(page, () => rightClick(page, editor(PROMPT), "France"));
    await pane().locator('[data-key="insert"]').click();
    const inserted = cell(page, PROMPT + 1);
    await inserted.locator(".gp-output").waitFor({ timeout: 60_000 });
    assert.equal(await page.locator(".jp-Notebook .jp-CodeCell").count(), count + 1);
    assert.match(await inserted.locator(".gp-output").innerText(), /France/);
    assert.match(await inserted.locator(".cm-content").innerText(), /explain\(/);
    await screenshot(page, "inserted");
  });
});
