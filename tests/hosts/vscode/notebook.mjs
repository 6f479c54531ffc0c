// What a person does in a notebook of VS Code.
const VISIBLE = ".notebookOverlay:visible";

/** A cell by its index, Markdown cells counted. */
export function cell(page, index) {
  return page.locator(`${VISIBLE} .cell-list-container .monaco-list-row[data-index="${index}"]`);
}

// However far a wheel turns at once, VS Code takes it for one step.
const PIXELS_PER_WHEEL_EVENT = 50;

/** Scrolls until the top of a cell is on screen: cells far from it do not exist in the page. */
export async function reveal(page, index) {
  const row = cell(page, index);
  const list = page.locator(`${VISIBLE} .cell-list-container > .monaco-list`).first();
  const frame = await list.boundingBox();
  await page.mouse.move(frame.x + frame.width / 2, frame.y + frame.height / 2);
  for (let tries = 0; tries < 60; tries += 1) {
    const box = (await row.count()) > 0 ? await row.boundingBox() : null;
    const within = box !== null && box.y >= frame.y && box.y < frame.y + frame.height;
    const wholly = within && box.y + box.height <= frame.y + frame.height;
    if (wholly || (within && box.y < frame.y + frame.height * 0.6)) return row;
    const drawn = await list
      .locator(".monaco-list-row[data-index]")
      .evaluateAll((rows) => rows.map((each) => Number(each.dataset.index)));
    const away = box === null ? frame.height * (index < Math.min(...drawn) ? -1 : 1) : box.y - frame.y - 20;
    for (let left = Math.ceil(Math.abs(away) / PIXELS_PER_WHEEL_EVENT); left > 0; left -= 1) {
      await page.mouse.wheel(0, Math.sign(away) * PIXELS_PER_WHEEL_EVENT);
    }
    await page.waitForTimeout(50);
  }
  throw new Error(`cell ${index} does not come on screen`);
}

/** Runs a cell and waits until it has run. */
export async function runCell(page, index, { wait = true } = {}) {
  const row = await reveal(page, index);
  const number = row.locator(".execution-count-label");
  const before = await number.innerText();
  await row.locator(".run-button-container").hover();
  await row.locator(".run-button-container .codicon-notebook-execute").click();
  if (!wait) return;
  // The number alone says little: after a restart it is the same again. VS Code shows every run for half a second.
  let begun = false;
  for (const deadline = Date.now() + 120_000; Date.now() < deadline; await page.waitForTimeout(50)) {
    const running = await isRunning(row);
    const now = await number.innerText();
    begun ||= running || now !== before;
    if (begun && !running && /\d/.test(now)) return;
  }
  throw new Error(`cell ${index} did not run`);
}

async function isRunning(row) {
  return (
    (await row.locator(".codicon-notebook-state-executing, .codicon-notebook-state-pending").count()) > 0
  );
}

/** Waits until a cell is being run by its kernel. */
export async function whenItRuns(page, index) {
  await cell(page, index).locator(".codicon-notebook-state-executing").first().waitFor();
}

/** Writes a cell's source anew. */
export async function writeCell(page, index, source) {
  const row = await reveal(page, index);
  await row.locator(".view-lines").click();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(source);
}
