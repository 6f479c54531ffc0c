// The browser of both hosts' tests: nothing but this machine is reachable from it.
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--force-color-profile=srgb",
  // Service workers fetch behind the back of a page's routes: for them no other machine has an address.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE [::1]",
];

export class Browser {
  /** Requests that would have left this machine. */
  strayRequests = [];
  #chromium;

  static async launch() {
    const browser = new Browser();
    browser.#chromium = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      headless: true,
      args: FLAGS,
    });
    return browser;
  }

  /**
   * A fresh page; every request that is not to this machine is refused and counted. isOurError: which texts of
   * the console's errors are ours.
   */
  async page({ dark = false, viewport = { width: 1360, height: 820 }, isOurError = namesUs } = {}) {
    const context = await this.#chromium.newContext({
      viewport,
      colorScheme: dark ? "dark" : "light",
      permissions: ["clipboard-read", "clipboard-write"],
    });
    await context.route("**/*", (route) => {
      const { hostname, protocol } = new URL(route.request().url());
      if (["127.0.0.1", "localhost", "[::1]"].includes(hostname) || ["data:", "blob:"].includes(protocol)) {
        return route.continue();
      }
      this.strayRequests.push(route.request().url());
      return route.abort();
    });
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    page.errors = [];
    // Hosts throw errors of their own at start; ours name our bundle.
    page.on("pageerror", (error) => {
      if (/glasspane/i.test(`${error.message} ${error.stack}`)) page.errors.push(error.stack);
    });
    page.on("console", (message) => {
      if (message.type() === "error" && isOurError(message.text())) page.errors.push(message.text());
    });
    return page;
  }

  async close() {
    await this.#chromium.close();
  }
}

/** Keeps what the page shows in the screenshots folder of a host's tests. */
export async function keepScreenshot(page, host, name) {
  const folder = fileURLToPath(new URL(`${host}/screenshots/`, import.meta.url));
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: `${folder}${name}.png` });
}

/** Where a piece of text stands on the screen once it stands still: outputs above it may still grow. */
export async function placeOf(locator, text) {
  await locator.scrollIntoViewIfNeeded();
  return stillPlaceOf(locator, text);
}

/** The same for what stands on the screen already, or in an editor that scrolls itself. */
export async function stillPlaceOf(locator, text) {
  let before = await placeNow(locator, text);
  for (let tries = 0; tries < 200; tries += 1) {
    await locator.page().evaluate(() => new Promise((done) => setTimeout(done, 60)));
    const now = await placeNow(locator, text);
    if (now.x === before.x && now.y === before.y) return now;
    before = now;
  }
  throw new Error(`"${text}" does not stand still`);
}

async function placeNow(locator, text) {
  return locator.evaluate((node, wanted) => {
    const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    const nodes = [];
    let whole = "";
    for (let each = walker.nextNode(); each !== null; each = walker.nextNode()) {
      nodes.push({ node: each, at: whole.length });
      whole += each.data;
    }
    const start = whole.indexOf(wanted);
    if (start === -1) throw new Error(`"${wanted}" is not in "${whole}"`);
    const at = (offset) => {
      const found = nodes.findLast((each) => each.at <= offset);
      return [found.node, offset - found.at];
    };
    const range = document.createRange();
    range.setStart(...at(start));
    range.setEnd(...at(start + wanted.length - 1));
    const end = document.createRange();
    end.setStart(...at(start + wanted.length - 1));
    const [lastNode, lastOffset] = at(start + wanted.length - 1);
    end.setEnd(lastNode, lastOffset + 1);
    const first = range.getClientRects()[0] ?? end.getClientRects()[0];
    const last = end.getClientRects()[0];
    return {
      left: first.left,
      right: last.right,
      x: (first.left + first.right) / 2,
      y: (first.top + first.bottom) / 2,
      lastY: (last.top + last.bottom) / 2,
    };
  }, text);
}

function namesUs(text) {
  return text.includes("Glasspane");
}
