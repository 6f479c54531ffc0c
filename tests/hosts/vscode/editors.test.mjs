/** Truth: what Python computes for the same prompt, and what a person sees in the real workbench. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  goTo,
  hoverText,
  notification,
  openBinary,
  openContextMenu,
  openFile,
  overtype,
  pane,
  pick,
  rightClick,
  runCommand,
  screenshot,
  select,
  statusItem,
  until,
} from "./desk.mjs";
import { heatOf } from "./heat.mjs";
import { drawnAs, drawnAsStretches, expectedStretches, explainedInPython, nothingDrawn } from "./oracle.mjs";
import { sharedWorkbench } from "./shared_workbench.mjs";

const SOURCE = `country = "Italy"
prompt = "The capital of France is"
question = f"The capital of {country} is"
escaped = "The capital\\u0020of " "Norway is"
print(prompt)
`;

describe("a prompt in an editor", () => {
  let workbench;
  let page;
  const explain = (text) => rightClick(page, text, ["Explain This Prompt"]);
  const heat = () => heatOf(page);
  const paneSays = (text) => pane(page).getByText(text).first().waitFor();

  before(async () => {
    workbench = await sharedWorkbench();
    await workbench.file("prompts.py", SOURCE);
    for (const name of ["edited.py", "moved.py"])
      await workbench.file(name, `prompt = "The capital of France is"\n`);
    await workbench.file("notes.md", "# Notes\n\nThe capital of Spain is\n\nAnother paragraph.\n");
    await workbench.file("windows.py", 'x = 1\r\nprompt = """The capital\r\nof Greece is"""\r\n');
    await workbench.file("long.py", `${"x = 1\n".repeat(60_000)}prompt = "The capital of Peru is"\n`);
    await writeFile(join(workbench.workspace, "weights.bin"), Buffer.from([0, 1, 2, 3, 0, 255, 254]));
    page = await workbench.page();
  });

  after(async () => {
    assert.deepEqual(page.errors, []);
    assert.deepEqual(workbench.strayRequests, []);
    await workbench.close(page);
  });

  test("takes colour where it stands, with the signs of the numbers Python gives", async () => {
    await openFile(page, "prompts.py");
    const labels = await openContextMenu(page, "capital of France");
    assert.deepEqual(labels.slice(0, 2), ["Explain This Prompt", "Glasspane"]);
    await page.keyboard.press("Escape");
    await explain("capital of France");
    await drawnAs(heat, await explainedInPython("The capital of France is"), 90_000);
    await paneSays("demo-lm");
    await screenshot(page, "literal");
    assert.match(await statusItem(page, "glasspane.model").innerText(), /Glasspane: demo-lm/);
  });

  test("hovered, a token says its number; the pane points at the same one", async () => {
    const text = await hoverText(page, "France");
    assert.match(text, /France/);
    assert.match(text, /pushes for “ Paris”/);
    assert.match(text, /% of the magnitude/);
    await pane(page).locator(".gp-pointed-token", { hasText: "France" }).first().waitFor();
    await screenshot(page, "hover");
    await page.keyboard.press("Escape");
  });

  test("another likely token, clicked, is explained instead; shift-clicked, against the first", async () => {
    const chip = (text) => pane(page).locator(".gp-chip", { hasText: text }).first();
    await chip("called").click();
    await drawnAs(heat, await explainedInPython("The capital of France is", { target: " called" }));
    await chip("Paris").click({ modifiers: ["Shift"] });
    const contrast = { target: [" called", " Paris"] };
    await drawnAs(heat, await explainedInPython("The capital of France is", contrast));
    await screenshot(page, "contrast");
  });

  test("another method is chosen in the pane or in the menu", async () => {
    await pane(page).locator("#gp-method").selectOption({ label: "Gradient × input" });
    const contrast = { target: [" called", " Paris"], method: "input_x_gradient" };
    await drawnAs(heat, await explainedInPython("The capital of France is", contrast));
    await rightClick(page, "capital of France", ["Glasspane", "Explain with…"]);
    await pick(page, "Attention (debugging aid)");
    await paneSays("where the model looks");
  });

  test("an f-string asks for the values that no kernel knows, and says what it read", async () => {
    await runCommand(page, "Glasspane: Clear All Heat");
    await nothingDrawn(heat);
    await explain("capital of {country}");
    await pane(page).locator("#gp-hole-0").fill("Italy");
    await page.keyboard.press("Enter");
    await paneSays("The capital of Italy is");
    const result = await explainedInPython("The capital of Italy is");
    const inCode = expectedStretches(result).map(({ text, sign }) => ({
      text: text.replace("Italy", "{country}"),
      sign,
    }));
    await drawnAsStretches(heat, inCode);
    await screenshot(page, "f-string");
  });

  test("the keyboard explains the prompt at the cursor, escapes and joined literals included", async () => {
    await runCommand(page, "Glasspane: Clear All Heat");
    await openFile(page, "prompts.py");
    await goTo(page, 4, 15);
    await page.keyboard.press("Alt+Shift+G");
    await paneSays("The capital of Norway is");
    const result = await explainedInPython("The capital of Norway is");
    // As it stands in the code: the space is an escape, and quotes part the next one from its word.
    const inCode = expectedStretches(result).flatMap(({ text, sign }) =>
      text
        .replace(" of", "\\u0020of")
        .split(/(?<= )(?=Norway)/)
        .map((part) => ({ text: part, sign })),
    );
    await drawnAsStretches(heat, inCode);
  });

  test("an edited prompt fades and is explained again from the light bulb", async () => {
    await openFile(page, "edited.py");
    await explain("capital of France");
    await drawnAs(heat, await explainedInPython("The capital of France is"));
    const strong = Math.max(...(await heat()).map(({ background }) => opacity(background)));
    await overtype(page, "France", "Japan");
    await paneSays("The prompt has changed since this was computed.");
    await until(async () => {
      const faded = Math.max(...(await heat()).map(({ background }) => opacity(background)));
      return faded > 0 && faded < strong;
    });
    await screenshot(page, "stale");
    await page.keyboard.press("Control+.");
    await page.locator(".action-widget .focused", { hasText: "Explain this prompt again" }).waitFor();
    await page.keyboard.press("Enter");
    await drawnAs(heat, await explainedInPython("The capital of Japan is"));
    await page.keyboard.press("Control+Z");
    await paneSays("The prompt has changed since this was computed.");
    await runCommand(page, "Glasspane: Clear Heat");
    await nothingDrawn(heat);
  });

  test("edits elsewhere move heat along", async () => {
    await openFile(page, "moved.py");
    await explain("capital of France");
    const result = await explainedInPython("The capital of France is");
    await drawnAs(heat, result);
    await goTo(page, 1, 1);
    await page.keyboard.type("# a note\n\n");
    await page.locator(".view-line", { hasText: "a note" }).first().waitFor();
    await drawnAs(heat, result);
  });

  test("a binary file has no text to explain: a sentence says so", async () => {
    await openBinary(page, "weights.bin");
    await runCommand(page, "Glasspane: Explain This Prompt");
    await notification(page, "Binary files").waitFor();
    await runCommand(page, "Notifications: Clear All Notifications");
  });

  test("a paragraph of a text file, and a selection in it", async () => {
    await openFile(page, "notes.md");
    await explain("capital of Spain");
    await drawnAs(heat, await explainedInPython("The capital of Spain is"));
    await select(page, 3, 5, 16);
    await page.keyboard.press("Alt+Shift+G");
    await paneSays("selection in notes.md");
    await drawnAs(heat, await explainedInPython("capital of Spain"));
  });

  test("lines that end as on Windows are counted right", async () => {
    await openFile(page, "windows.py");
    await explain("of Greece is");
    const result = await explainedInPython("The capital\nof Greece is");
    const byLine = expectedStretches(result).flatMap(({ text, sign }) =>
      text
        .split("\n")
        .filter((part) => part !== "")
        .map((part) => ({ text: part, sign })),
    );
    await drawnAsStretches(heat, byLine);
  });

  test("the end of a file of sixty thousand lines", async () => {
    await openFile(page, "long.py");
    await goTo(page, 60_001, 15);
    await explain("capital of Peru");
    await drawnAs(heat, await explainedInPython("The capital of Peru is"));
  });

  test("a text that was never saved", async () => {
    await runCommand(page, "File: New Untitled Text File");
    await page.keyboard.insertText("The capital of Egypt is");
    await page.keyboard.press("Alt+Shift+G");
    await drawnAs(heat, await explainedInPython("The capital of Egypt is"));
    await overtype(page, "Egypt", "");
    await page.keyboard.press("Control+A");
    await page.keyboard.press("Delete");
  });

  test("where there is no prompt, a sentence says so", async () => {
    await openFile(page, "prompts.py");
    await goTo(page, 6, 1);
    await page.keyboard.press("Alt+Shift+G");
    await paneSays("There is no prompt here");
  });

  test("the example ends in a heat", async () => {
    await runCommand(page, "Glasspane: Open the Example");
    await page.locator(".tab.active", { hasText: "A first look" }).waitFor();
    await page.keyboard.press("Alt+Shift+G");
    await drawnAs(heat, await explainedInPython("The capital of France is"));
    await screenshot(page, "example");
  });
});

function opacity(background) {
  const parts = (background.match(/[\d.]+/g) ?? []).map(Number);
  return parts[3] ?? 1;
}
