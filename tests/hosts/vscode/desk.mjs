// What a person does in VS Code, as functions of a page.
import { keepScreenshot, stillPlaceOf } from "../browser.mjs";

const QUICK_INPUT = ".quick-input-widget:visible";

/** Where a piece of one line's text stands on the screen; `within` is a cell where several editors show it. */
export function placeOfText(page, text, within = page.locator(".part.editor")) {
  // Lines are drawn anew while a file is being coloured; what holds them stays. Every space is a no-break space.
  const lines = within.locator(".view-lines", { hasText: text }).first();
  return stillPlaceOf(lines, text.replaceAll(" ", "\u00a0"));
}

/** Opens a file of the workspace by Quick Open. */
export async function openFile(page, name) {
  await quickOpen(page, name);
  await page.locator(".tab.active", { hasText: name }).first().waitFor();
  await page.locator(".part.editor .monaco-editor.focused .view-line").first().waitFor();
}

/** Opens a file that is no text: VS Code shows a sentence in its place. */
export async function openBinary(page, name) {
  await quickOpen(page, name);
  await page.locator(".part.editor", { hasText: "it is either binary" }).first().waitFor();
}

/** Opens a notebook of the workspace by Quick Open; its cells stand, no kernel runs yet. */
export async function openNotebook(page, name) {
  await quickOpen(page, name);
  await page.locator(".notebookOverlay .cell-list-container .code-cell-row .view-line").first().waitFor();
}

async function quickOpen(page, name) {
  // Where the pane is in front, a file would open over it.
  await page.keyboard.press("Control+1");
  await page.keyboard.press("Control+P");
  const row = page.locator(`${QUICK_INPUT} .monaco-list-row`, {
    has: page.locator(".label-name", { hasText: new RegExp(`^${escaped(name)}$`) }),
  });
  await page.locator(`${QUICK_INPUT} input`).fill(name);
  await row.first().click();
}

/** Puts the cursor of the focused editor at a place; lines and columns count from 1. */
export async function goTo(page, line, column) {
  await page.keyboard.press("Control+G");
  await page.locator(`${QUICK_INPUT} input`).fill(`:${line}:${column}`);
  // Until it has understood the place, Enter says nothing to it.
  await page
    .locator(`${QUICK_INPUT} .monaco-list-row`, { hasText: String(line) })
    .first()
    .waitFor();
  await page.keyboard.press("Enter");
  await page.locator(QUICK_INPUT).waitFor({ state: "hidden" });
  // The next key is for the editor, which has the focus a moment after the input has gone.
  await page.locator(".part.editor .monaco-editor.focused").first().waitFor();
}

/** Selects `length` characters of the focused editor by keyboard. */
export async function select(page, line, column, length) {
  await goTo(page, line, column);
  for (let count = 0; count < length; count += 1) await page.keyboard.press("Shift+ArrowRight");
}

/** Selects a piece of one line's text with the mouse. */
export async function selectText(page, text, within) {
  const place = await placeOfText(page, text, within);
  await page.mouse.move(place.left + 1, place.y);
  await page.mouse.down();
  await page.mouse.move(place.right, place.lastY, { steps: 5 });
  await page.mouse.up();
}

/** Clicks into a piece of text and types in place of it what is given. */
export async function overtype(page, text, replacement, within) {
  await selectText(page, text, within);
  await page.keyboard.type(replacement);
}

/** Opens the context menu on a piece of text; the labels of its entries. */
export async function openContextMenu(page, text, within) {
  const menu = page.locator(".monaco-menu").first();
  // A window that is still arranging itself may close the menu again; a person would click once more.
  for (let tries = 0; tries < 5; tries += 1) {
    const place = await placeOfText(page, text, within);
    await page.mouse.click(place.x, place.y, { button: "right" });
    const there = await menu.waitFor({ timeout: 4_000 }).then(
      () => true,
      () => false,
    );
    if (there) {
      // The menu drops a click that comes at once: it could be the end of the one that opened it.
      await page.waitForTimeout(250);
      return menuLabels(page);
    }
    await page.keyboard.press("Escape");
  }
  throw new Error(`no context menu opens on "${text}"`);
}

/** The labels of the innermost open menu. */
export async function menuLabels(page) {
  const labels = await page.locator(".monaco-menu").last().locator(".action-label").allInnerTexts();
  return labels.map((label) => label.trim()).filter((label) => label !== "");
}

/** Right-clicks on a piece of text and chooses an entry by the labels that lead to it. */
export async function rightClick(page, text, labels, { within } = {}) {
  await openContextMenu(page, text, within);
  for (const [depth, label] of labels.entries()) {
    const entry = page
      .locator(".monaco-menu")
      .nth(depth)
      .locator(".action-item", { has: page.locator(".action-label", { hasText: exactly(label) }) })
      .first();
    if (depth === labels.length - 1) {
      await entry.click();
    } else {
      await entry.hover();
      await page
        .locator(".monaco-menu")
        .nth(depth + 1)
        .waitFor();
      await page.waitForTimeout(250);
    }
  }
}

/** Runs a command by its title ("Category: Title") in the palette. */
export async function runCommand(page, title) {
  await page.keyboard.press("F1");
  await page.locator(`${QUICK_INPUT} input`).fill(`>${title}`);
  await page
    .locator(`${QUICK_INPUT} .monaco-list-row`, {
      has: page.locator(".label-name", { hasText: exactly(title) }),
    })
    .first()
    .click();
}

/** The entries that the open quick pick shows. */
export async function picks(page) {
  await page.locator(`${QUICK_INPUT} .monaco-list-row`).first().waitFor();
  return page.locator(`${QUICK_INPUT} .monaco-list-row .label-name`).allInnerTexts();
}

/** Chooses an entry of the open quick pick by its label, typed first: rows far down do not exist in the page. */
export async function pick(page, label) {
  await page.locator(`${QUICK_INPUT} input`).fill(label);
  await page
    .locator(`${QUICK_INPUT} .monaco-list-row`, {
      has: page.locator(".label-name", { hasText: exactly(label) }),
    })
    .first()
    .click();
}

/** Answers the open input box. */
export async function answerInput(page, text) {
  await page.locator(`${QUICK_INPUT} input`).fill(text);
  await page.keyboard.press("Enter");
}

/** What stands in the hover over a piece of text. */
export async function hoverText(page, text, within) {
  const place = await placeOfText(page, text, within);
  const hover = page.locator(".monaco-hover:visible .monaco-hover-content").first();
  // The editor waits for a mouse that moves and then rests.
  for (let tries = 0; tries < 5; tries += 1) {
    await page.mouse.move(place.x - 2, place.y);
    await page.mouse.move(place.x, place.y, { steps: 3 });
    const there = await hover.waitFor({ timeout: 3_000 }).then(
      () => true,
      () => false,
    );
    if (there) return hover.innerText();
    await page.mouse.move(1, 1);
  }
  throw new Error(`no hover over "${text}"`);
}

/** The notifications on screen, newest first: their text and their buttons' labels. */
export async function notifications(page) {
  return page.locator(".notifications-toasts .notification-list-item").evaluateAll((items) =>
    items.map((item) => ({
      text: item.querySelector(".notification-list-item-message")?.textContent ?? "",
      buttons: [...item.querySelectorAll(".notification-list-item-buttons-container .monaco-button")].map(
        (button) => button.textContent,
      ),
    })),
  );
}

/** The notification that has a text; waits for it. */
export function notification(page, text) {
  return page.locator(".notifications-toasts .notification-list-item", { hasText: text }).first();
}

/** Presses a button of the notification that has a text. */
export async function answerNotification(page, text, label) {
  await notification(page, text)
    .locator(".notification-list-item-buttons-container .monaco-button", { hasText: exactly(label) })
    .click();
}

/** The modal dialog on screen. */
export function dialog(page) {
  return page.locator(".monaco-dialog-box");
}

export async function answerDialog(page, label) {
  await dialog(page)
    .locator(".monaco-button", { hasText: exactly(label) })
    .click();
}

/** A status bar item by its id as the extension gave it, or by a piece of its text. */
export function statusItem(page, idOrText) {
  return page
    .locator(`.statusbar-item[id$="${idOrText}"]`)
    .or(page.locator(".statusbar-item", { hasText: idOrText }))
    .first();
}

/** What a webview of an extension shows. */
export function pane(page, extension = "glasspane.glasspane") {
  return webview(page, `[src*="extensionId=${extension}"]`);
}

/** What the outputs of a notebook are drawn in; notebooks count in the order in which they were first shown. */
export function outputs(page, notebook = 0) {
  return webview(page, '[src*="purpose=notebookRenderer"]', notebook);
}

function webview(page, attributes, which = 0) {
  return page.frameLocator(`iframe.webview.ready${attributes}`).nth(which).frameLocator("#active-frame");
}

export async function screenshot(page, name) {
  await keepScreenshot(page, "vscode", name);
}

/** Waits until what is asked for holds. */
export async function until(holds, within = 30_000) {
  for (const deadline = Date.now() + within; Date.now() < deadline; ) {
    if (await holds()) return;
    await new Promise((go) => setTimeout(go, 100));
  }
  throw new Error(`not so after ${within / 1000} s: ${holds}`);
}

function exactly(label) {
  return new RegExp(`^\\s*${escaped(label)}\\s*$`);
}

function escaped(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
