import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import {
  cell,
  explained,
  heatOf,
  openFile,
  openNotebook,
  rightClick,
  runCell,
  SETUP,
  screenshot,
  waitForHeat,
} from "./desk.mjs";
import { sharedLab } from "./shared_lab.mjs";

const CELLS = [SETUP, 'prompt = "The capital of France is"'];

describe("outside the ordinary notebook", () => {
  let lab;
  before(async () => {
    lab = await sharedLab();
    await lab.notebook("elsewhere.ipynb", CELLS);
    await lab.file("ask.py", '"""Questions."""\n\nPROMPT = (\n    "The capital of "\n    "Italy is"\n)\n');
    await lab.file("prompt.md", "# Prompts\n\nThe capital of Japan is\n\nAnother paragraph.\n");
  });

  test("a Python file is explained by a bundled model in Glasspane's own kernel", async () => {
    const page = await lab.page();
    await openFile(lab, page, "ask.py");
    const editor = page.locator(".jp-FileEditor .cm-content");
    const result = await explained(page, () => rightClick(page, editor, "Italy"));
    await waitForHeat(editor);
    assert.equal(result.text, "The capital of Italy is");
    assert.equal(result.subject.name, "demo-lm");
    assert.equal(result.predictions[0].text, " Rome");
    const heat = await heatOf(editor);
    assert.equal(heat.map((mark) => mark.text).join(""), "The capital of Italy is");
    await screenshot(page, "python-file");
    assert.deepEqual(page.errors, []);
    await page.close();
  });

  test("in a text file the paragraph is the prompt", async () => {
    const page = await lab.page();
    await openFile(lab, page, "prompt.md");
    const editor = page.locator(".jp-FileEditor .cm-content");
    const result = await explained(page, () => rightClick(page, editor, "Japan"));
    await waitForHeat(editor);
    assert.equal(result.text, "The capital of Japan is");
    await page.close();
  });

  test("Notebook 7 has the same menu, heat and pane", async () => {
    const page = await lab.page();
    await openNotebook(lab, page, "elsewhere.ipynb", { host: "notebook" });
    for (const index of CELLS.keys()) await runCell(page, index);
    const editor = cell(page, 1).locator(".cm-content");
    const result = await explained(page, () => rightClick(page, editor, "France"));
    await waitForHeat(cell(page, 1));
    assert.equal(result.predictions[0].text, " Paris");
    const heat = await heatOf(editor);
    assert.equal(heat.map((mark) => mark.text).join(""), "The capital of France is");
    await page.locator("#glasspane-pane .gp-chip", { hasText: "Paris" }).waitFor();
    await screenshot(page, "notebook-7");
    assert.deepEqual(page.errors, []);
    await page.close();
  });

  for (const [theme, name] of [
    ["JupyterLab Dark", "dark"],
    ["JupyterLab Dark High Contrast", "dark-high-contrast"],
  ]) {
    test(`heat stays readable in the theme ${theme}`, async () => {
      const page = await lab.page({ dark: true });
      await openNotebook(lab, page, "elsewhere.ipynb");
      await page.evaluate(
        (wanted) => window.jupyterapp.commands.execute("apputils:change-theme", { theme: wanted }),
        theme,
      );
      await page.waitForFunction((wanted) => document.body.dataset.jpThemeName === wanted, theme);
      const editor = cell(page, 1).locator(".cm-content");
      const result = await explained(page, () => rightClick(page, editor, "France"));
      await waitForHeat(cell(page, 1));
      assert.equal(result.subject.name, "model (demo-lm)");
      assert.ok((await contrastOfHeat(editor)) >= 4.5);
      await page.locator("#glasspane-pane .gp-chip").first().waitFor();
      await screenshot(page, name);
      await page.evaluate(() =>
        window.jupyterapp.commands.execute("apputils:change-theme", { theme: "JupyterLab Light" }),
      );
      await page.waitForFunction(() => document.body.dataset.jpThemeName === "JupyterLab Light");
      await page.close();
    });
  }
});

/** The smallest contrast (WCAG) between heated text and its background, blended over the editor's. */
function contrastOfHeat(editor) {
  return editor.locator(".gp-heat").evaluateAll((nodes) => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 1;
    const paint = canvas.getContext("2d", { willReadFrequently: true });
    const luminance = (colours) => {
      paint.clearRect(0, 0, 1, 1);
      for (const colour of colours) {
        paint.fillStyle = colour;
        paint.fillRect(0, 0, 1, 1);
      }
      const [red, green, blue] = [...paint.getImageData(0, 0, 1, 1).data].map((value) => {
        const part = value / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const contrasts = nodes.map((node) => {
      const behind = [];
      for (let each = node; each !== null; each = each.parentElement) {
        behind.unshift(getComputedStyle(each).backgroundColor);
      }
      const inner = node.querySelector("span") ?? node;
      const [light, dark] = [luminance(behind), luminance([...behind, getComputedStyle(inner).color])].sort(
        (a, b) => b - a,
      );
      return (light + 0.05) / (dark + 0.05);
    });
    return Math.min(...contrasts);
  });
}
