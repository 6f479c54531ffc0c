// What a person does in JupyterLab, as functions of a page.
import { keepScreenshot, placeOf } from "../browser.mjs";

export { placeOf };

const CELL = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook .jp-CodeCell";

export const SETUP = [
  "import glasspane as gp",
  'subject = gp.subject("demo-lm")',
  "model, tokenizer = subject.model, subject.tokenizer",
].join("\n");

/** Opens a notebook in JupyterLab (or Notebook 7) and waits for its kernel. */
export async function openNotebook(lab, page, name, { host = "lab" } = {}) {
  const path =
    host === "lab" ? `lab/tree/${name}?reset&token=${lab.token}` : `notebooks/${name}?token=${lab.token}`;
  await page.goto(lab.url + path);
  await page.waitForSelector(`${CELL} .cm-content`);
  await kernelIdle(page);
}

export async function openFile(lab, page, name, { host = "lab" } = {}) {
  const path =
    host === "lab" ? `lab/tree/${name}?reset&token=${lab.token}` : `edit/${name}?token=${lab.token}`;
  await page.goto(lab.url + path);
  await page.waitForSelector(".jp-FileEditor .cm-line");
}

/** The kernel answers: a cell run before its channels are connected may be lost. */
export async function kernelIdle(page) {
  await page.waitForFunction(
    () => {
      const kernel = window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel;
      return kernel?.connectionStatus === "connected" && kernel.status === "idle";
    },
    null,
    { timeout: 60_000 },
  );
}

export function cell(page, index) {
  return page.locator(CELL).nth(index);
}

/** Runs a cell and waits until it has its execution number. */
export async function runCell(page, index, { wait = true } = {}) {
  await cell(page, index).locator(".cm-content").click();
  await page.keyboard.press("Control+Enter");
  if (!wait) return;
  await cell(page, index)
    .locator(".jp-InputPrompt", { hasText: /\[\d+\]/ })
    .waitFor({ timeout: 120_000 });
}

/** Right-clicks on a piece of text and chooses a menu entry by its command. */
export async function rightClick(page, locator, text, command = "glasspane:explain") {
  const entry = page.locator(`.lm-Menu-item[data-command="${command}"]`).first();
  // A window that is still arranging itself may close the menu again; a person would click once more.
  for (let tries = 0; tries < 5; tries += 1) {
    const place = await placeOf(locator, text);
    await page.mouse.click(place.x, place.y, { button: "right" });
    const there = await entry.waitFor({ timeout: 4_000 }).then(
      () => true,
      () => false,
    );
    if (there) return entry.click();
    await page.keyboard.press("Escape");
  }
  throw new Error(`the context menu has no entry ${command}`);
}

/** Right-clicks and chooses a method by its label in the Glasspane submenu. */
export async function explainWith(page, locator, text, method) {
  const place = await placeOf(locator, text);
  await page.mouse.click(place.x, place.y, { button: "right" });
  await page.locator('.lm-Menu-item[data-type="submenu"]', { hasText: /^Glasspane$/ }).hover();
  await page.locator(".lm-Menu-item", { hasText: `Explain with ${method}` }).click();
}

export async function selectText(page, locator, text) {
  const place = await placeOf(locator, text);
  await page.mouse.move(place.left + 1, place.y);
  await page.mouse.down();
  await page.mouse.move(place.right, place.lastY, { steps: 5 });
  await page.mouse.up();
}

/** Does something that explains a prompt; the result as the server sent it. */
export async function explained(page, action) {
  const before = page.results.length;
  await action();
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; ) {
    if (page.results.length > before) return page.results.at(-1);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`no explanation came; the pane says: ${await page.locator("#glasspane-pane").innerText()}`);
}

/** What the result's numbers ask for: every written token with the sign of its score. */
export function signsOf(result) {
  return result.tokens
    .filter((token) => !token.special && token.end > token.start)
    .map((token) => ({ text: token.text, sign: Math.sign(result.scores[0][token.index]) }));
}

/** The heated stretches of an editor in order: text, sign and level (0 = no colour). */
export async function heatOf(locator) {
  const marks = await locator
    .locator(".gp-heat, .gp-heat-none")
    .evaluateAll((nodes) => nodes.map((node) => ({ text: node.textContent, classes: node.className })));
  return marks.map(({ text, classes }) => {
    const [, kind = "none", level = "0"] = /gp-heat-(for|against|unsigned)-(\d)/.exec(classes) ?? [];
    return { text, kind, level: Number(level), sign: kind === "against" ? -1 : kind === "for" ? 1 : 0 };
  });
}

export async function waitForHeat(locator) {
  await locator.locator(".gp-heat").first().waitFor({ timeout: 60_000 });
  await locator.locator(".gp-heat-region:not(.gp-heat-pending)").first().waitFor({ timeout: 60_000 });
}

export async function screenshot(page, name) {
  await keepScreenshot(page, "jupyterlab", name);
}
