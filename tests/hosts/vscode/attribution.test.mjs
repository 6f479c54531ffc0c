/** Truth: what Python computes for the same prompt, the files on disk, and what a person sees in the real workbench. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openFile, pane, rightClick, runCommand, screenshot, until } from "./desk.mjs";
import { heatOf } from "./heat.mjs";
import { drawnAs, drawnAsStretches, expectedStretches, explainedInPython } from "./oracle.mjs";
import { sharedWorkbench } from "./shared_workbench.mjs";

const PROMPT = "The capital of France is";
const SOURCE = `prompt = "${PROMPT}"\nquestion = f"The {thing} of {country} is"\n`;

describe("an explanation in depth", () => {
  let workbench;
  let page;
  const heat = () => heatOf(page);
  const key = (name) => pane(page).locator(`[data-key="${name}"]`);
  const explain = (text) => rightClick(page, text, ["Explain This Prompt"]);

  before(async () => {
    workbench = await sharedWorkbench();
    await workbench.file("depth.py", SOURCE);
    page = await workbench.page();
    await openFile(page, "depth.py");
  });

  after(async () => {
    assert.deepEqual(page.errors, []);
    assert.deepEqual(workbench.strayRequests, []);
    await workbench.close(page);
  });

  test("another method refines the same heat", async () => {
    await explain("capital of France");
    await drawnAs(heat, await explainedInPython(PROMPT), 90_000);
    await key("method").selectOption("occlusion");
    await drawnAs(heat, await explainedInPython(PROMPT, { method: "occlusion" }));
    await key("method").selectOption("integrated_gradients");
    await drawnAs(heat, await explainedInPython(PROMPT));
  });

  test("holes are a grain of the pane and of the heat, each with its mass", async () => {
    await runCommand(page, "Glasspane: Clear All Heat");
    await explain("of {country}");
    await pane(page).locator("#gp-hole-0").fill("capital");
    await pane(page).locator("#gp-hole-1").fill("France");
    await page.keyboard.press("Enter");
    await pane(page).locator(".gp-mass", { hasText: "{country}" }).waitFor();
    await key("grain-hole").click();
    await pane(page).locator("tbody tr", { hasText: "{country}" }).waitFor();
    assert.equal(await pane(page).locator("tbody tr").count(), 5);
    const inCode = expectedStretches(await explainedInPython(PROMPT)).map(({ text, sign }) => ({
      text: text.replace("capital", "{thing}").replace("France", "{country}"),
      sign,
    }));
    await drawnAsStretches(heat, inCode);
    await screenshot(page, "holes");
    await key("grain-token").click();
    await pane(page).locator('[data-key="grain-token"][aria-pressed="true"]').waitFor();
  });

  test("charts, data and report are written where the person says", async () => {
    const stem = "glasspane-the-capital-of-france-is";
    const written = async (name) => {
      const input = page.locator(".quick-input-widget:visible input").first();
      await input.waitFor();
      await until(async () => (await input.inputValue()).endsWith(name));
      await page.keyboard.press("Enter");
      let bytes = null;
      await until(async () => {
        bytes = await readFile(join(workbench.workspace, name)).catch(() => null);
        return bytes !== null && bytes.length > 0;
      });
      return bytes;
    };
    await key("disclosure-charts").click();
    await key(`save-${stem}-bars-svg`).click();
    const bars = String(await written(`${stem}-bars.svg`));
    assert.ok(bars.includes(">·France</text>"));
    assert.ok(!bars.includes("var("), "colours are written out");
    await key(`save-${stem}-heat-png`).click();
    assert.equal(String((await written(`${stem}-heat.png`)).subarray(1, 4)), "PNG");
    await screenshot(page, "charts");
    await key("disclosure-save").click();
    await key("save-json").click();
    const data = JSON.parse(String(await written(`${stem}.json`)));
    assert.equal(data.kind, "attribution");
    await key("save-report").click();
    const report = String(await written(`${stem}.html`));
    for (const part of ["δ", data.method.label, data.versions.torch, "How far to trust them"])
      assert.ok(report.includes(part), part);
  });
});
