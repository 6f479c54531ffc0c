import { type HeatMark, visibleToken } from "../heat.js";
import type { AttributionResult } from "../protocol.js";
import { type StaleReason, staleSentence } from "../stale.js";
import { element } from "./element.js";
import { figure, percent, quoted } from "./figures.js";
import { contrastTexts } from "./target_line.js";

/** What the hover over a mark says, as lines of plain text (for hosts whose hovers are not DOM). */
export function hoverLines(
  mark: HeatMark,
  result: AttributionResult,
  stale: StaleReason | null = null,
): string[] {
  const tokens = mark.tokens.flatMap((index) => result.tokens[index] ?? []);
  const texts = tokens
    .filter((token, index) => !sharesCharacters(token, tokens[index - 1]))
    .map((token) => token.text);
  const shown = texts.length > 6 ? `${texts.slice(0, 5).join("")}…` : texts.join("");
  const direction = {
    for: "pushes for",
    against: "pushes against",
    none: "does not move",
    unsigned: "weighs on",
  };
  return [
    `${visibleToken(shown)}  ${figure(mark.score, result.method.signed)}`,
    `${direction[mark.sign]} ${targetText(result)}: ${percent(mark.share)} of the magnitude`,
    `${place(mark, result.tokens.length)} · ${result.method.label}`,
    ...(result.checks.complete ? [] : ["Partial: still being refined, or stopped early."]),
    ...(stale === null ? [] : [staleSentence(stale)]),
  ];
}

/** The same as an element. */
export function hoverContent(
  mark: HeatMark,
  result: AttributionResult,
  stale: StaleReason | null = null,
): HTMLElement {
  const [first = "", ...rest] = hoverLines(mark, result, stale);
  return element("div", { class: "gp-hover" }, [
    element("div", { class: "gp-hover-token gp-code" }, [first]),
    ...rest.map((line) => element("div", { class: "gp-hover-line" }, [line])),
  ]);
}

function targetText({ target }: AttributionResult): string {
  const sides = contrastTexts(target);
  return sides === null ? quoted(target.text) : `${quoted(sides[0])} rather than ${quoted(sides[1])}`;
}

/** "token 4 of 5", "tokens 4–6 of 12, summed". */
function place({ tokens }: HeatMark, total: number): string {
  const first = Math.min(...tokens) + 1;
  const last = Math.max(...tokens) + 1;
  if (tokens.length === 1) return `token ${first} of ${total}`;
  return last - first + 1 === tokens.length
    ? `tokens ${first}–${last} of ${total}, summed`
    : `${tokens.length} of ${total} tokens, summed`;
}

function sharesCharacters(
  one: { start: number; end: number },
  other: { start: number; end: number } | undefined,
): boolean {
  return other !== undefined && one.start === other.start && one.end === other.end && one.end > one.start;
}
