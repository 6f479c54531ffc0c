// What a person does with an explanation once it is there: other methods, coarser tokens, files.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import {
  cell,
  explained,
  heatOf,
  openNotebook,
  rightClick,
  runCell,
  SETUP,
  screenshot,
  waitForHeat,
} from "./desk.mjs";
import { sharedLab } from "./shared_lab.mjs";

const CELLS = [
  SETUP,
  'prompt = "The capital of France is"',
  'country, thing = "France", "capital"\nask = f"The {thing} of {country} is"',
];
const [, PROMPT, HOLES] = CELLS.keys();

describe("an explanation in depth", () => {
  let lab;
  let page;
  const editor = (index) => cell(page, index).locator(".cm-content");
  const pane = () => page.locator("#glasspane-pane");
  const key = (name) => pane().locator(`[data-key="${name}"]`);

  before(async () => {
    lab = await sharedLab();
    await lab.notebook("attribution.ipynb", CELLS);
    page = await lab.page({ viewport: { width: 1500, height: 1000 } });
    await openNotebook(lab, page, "attribution.ipynb");
    for (const index of CELLS.keys()) await runCell(page, index);
  });

  after(async () => {
    assert.deepEqual(page.errors, []);
    assert.deepEqual(lab.strayRequests, []);
    await page.close();
  });

  test("another method refines the same heat, and its signs are the new result's", async () => {
    await explained(page, () => rightClick(page, editor(PROMPT), "France"));
    await waitForHeat(cell(page, PROMPT));
    const result = await explained(page, () => key("method").selectOption("occlusion"));
    assert.equal(result.method.name, "occlusion");
    await waitForHeat(cell(page, PROMPT));
    const drawn = await heatOf(editor(PROMPT));
    for (const { text, sign } of drawn) {
      const token = result.tokens.find((each) => each.text === text);
      if (sign !== 0) assert.equal(sign, Math.sign(result.scores[0][token.index]), text);
    }
    assert.ok(drawn.some((mark) => mark.sign !== 0));
  });

  test("holes are a grain of the pane and of the heat, each with its mass", async () => {
    const result = await explained(page, () => rightClick(page, editor(HOLES), "country}"));
    await waitForHeat(cell(page, HOLES));
    await key("grain-hole").click();
    const rows = pane().locator("tbody tr");
    await rows.filter({ hasText: "{country}" }).waitFor();
    assert.equal(await rows.count(), 5);
    const sum = result.scores[0].reduce((total, score) => total + score, 0);
    const shown = await rows.locator("td:nth-child(3)").allInnerTexts();
    const added = shown.reduce((total, score) => total + Number(score.replace("−", "-")), 0);
    // Each is shown to the nearest 0.1.
    assert.ok(Math.abs(added - sum) <= 0.05 * 5, `${added} of ${sum}`);
    const heat = await heatOf(editor(HOLES));
    assert.deepEqual(
      heat.map((mark) => mark.text).filter((text) => text.includes("{")),
      [" {thing}", " {country}"],
    );
    assert.equal(heat.length, 5);
    await pane().locator(".gp-mass", { hasText: "{country}" }).waitFor();
    await screenshot(page, "holes");
    await key("grain-token").click();
    await pane().locator('[data-key="grain-token"][aria-pressed="true"]').waitFor();
  });

  test("charts, data and report are kept as files", async () => {
    const kept = async (click) => {
      const [download] = await Promise.all([page.waitForEvent("download"), click()]);
      return { name: download.suggestedFilename(), text: await readFile(await download.path(), "utf8") };
    };
    await key("disclosure-charts").click();
    const stem = "glasspane-the-capital-of-france-is";
    const bars = await kept(() => key(`save-${stem}-bars-svg`).click());
    assert.equal(bars.name, `${stem}-bars.svg`);
    assert.ok(bars.text.includes(">·France</text>"));
    assert.ok(!bars.text.includes("var("), "colours are written out");
    const image = await kept(() => key(`save-${stem}-heat-png`).click());
    assert.ok(image.text.includes("PNG"));
    await screenshot(page, "charts");
    await key("disclosure-save").click();
    const data = JSON.parse((await kept(() => key("save-json").click())).text);
    assert.equal(data.kind, "attribution");
    const report = await kept(() => key("save-report").click());
    assert.equal(report.name, `${stem}.html`);
    for (const part of ["δ", data.method.label, data.versions.torch, "How far to trust them"])
      assert.ok(report.text.includes(part), part);
    await lab.file("report.html", report.text);
  });
});
