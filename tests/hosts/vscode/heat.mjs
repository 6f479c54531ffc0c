// What an extension's decorations look like on screen.

/**
 * The decorated stretches of the editors on screen, in reading order: {line, text, background, underline,
 * opacity, classes}. Colours are as the browser computed them; "rgba(0, 0, 0, 0)" is none. The underline is the
 * style of the text's own or of a border below it ("solid", "dashed", …), or null. VS Code joins neighbours of
 * the same decoration type into one stretch and draws on-screen lines only.
 */
export async function heatOf(page, within = page.locator(".part.editor")) {
  const editors = await within.locator(".monaco-editor:visible").all();
  const found = await Promise.all(editors.map((editor) => editor.evaluate(decoratedStretches)));
  return found.flat();
}

/** Waits until a stretch of an editor has a background that is seen. */
export async function waitForHeat(page, within) {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await page.waitForTimeout(100)) {
    const heat = await heatOf(page, within);
    if (heat.some(({ background }) => background !== "rgba(0, 0, 0, 0)")) return heat;
  }
  throw new Error("no heat came");
}

// Runs in the page. A background is a box of its own behind the text (.cdr); what changes the letters
// themselves is a class of the text. Both are brought together here, letter by letter.
function decoratedStretches(editor) {
  const OURS = /\bced-[\w-]+/g;
  const boxes = [...editor.querySelectorAll('.view-overlays .cdr[class*="ced-"]')].map((node) => ({
    rectangle: node.getBoundingClientRect(),
    style: getComputedStyle(node),
    classes: node.className.match(OURS),
  }));
  const lines = [...editor.querySelectorAll(".view-lines .view-line")]
    .map((node) => ({ node, top: node.getBoundingClientRect().top }))
    .sort((one, other) => one.top - other.top);

  const stretches = [];
  for (const { node: line } of lines) {
    let last = null;
    const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const classes = node.parentElement.className.match(OURS) ?? [];
      const style = getComputedStyle(node.parentElement);
      for (let offset = 0; offset < node.length; offset += 1) {
        const letter = appearance(node, offset, classes, style);
        if (letter === null) {
          last = null;
        } else if (last !== null && last.key === letter.key) {
          last.text += letter.text;
        } else {
          last = { line: lines.findIndex((each) => each.node === line), ...letter };
          stretches.push(last);
        }
      }
    }
  }
  return stretches.map(({ key, ...stretch }) => stretch);

  function appearance(node, offset, textClasses, textStyle) {
    const range = document.createRange();
    range.setStart(node, offset);
    range.setEnd(node, offset + 1);
    const place = range.getBoundingClientRect();
    const x = (place.left + place.right) / 2;
    const y = (place.top + place.bottom) / 2;
    const behind = boxes.filter(
      ({ rectangle: box }) => box.left <= x && x < box.right && box.top <= y && y < box.bottom,
    );
    const classes = [...behind.flatMap((box) => box.classes), ...textClasses];
    if (classes.length === 0) return null;
    const coloured = behind.findLast(({ style }) => style.backgroundColor !== "rgba(0, 0, 0, 0)");
    const underlined = textClasses.length > 0 && textStyle.textDecorationLine.includes("underline");
    const bordered = behind.find(({ style }) => style.borderBottomStyle !== "none");
    return {
      key: [...classes, ...behind.map((box) => boxes.indexOf(box))].join(),
      text: node.data[offset].replace("\u00a0", " "),
      background: coloured?.style.backgroundColor ?? "rgba(0, 0, 0, 0)",
      underline: underlined ? textStyle.textDecorationStyle : (bordered?.style.borderBottomStyle ?? null),
      opacity: Number(textStyle.opacity),
      classes,
    };
  }
}
