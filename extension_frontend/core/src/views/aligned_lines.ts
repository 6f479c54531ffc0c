/** Lines of an error that are read one below the other: the tokens of both prompts. */
import { element } from "./element.js";

/** Both tokenisations, scrolled to where they part. */
export function alignedLines(lines: readonly string[]): HTMLElement {
  const shown = element("pre", { class: "gp-code gp-patch-lines", tabindex: 0 }, [lines.join("\n")]);
  const [own = "", other = ""] = lines;
  const parting = [...own].findIndex((letter, at) => at > NAMES && letter !== other[at]);
  queueMicrotask(() => {
    const there = (shown.scrollWidth * parting) / Math.max(1, own.length);
    shown.scrollLeft = there - shown.clientWidth / 2;
  });
  return shown;
}

/** Letters that say which prompt a line is of. */
const NAMES = 9;
