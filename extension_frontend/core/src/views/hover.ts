import { type HeatMark, visibleToken } from "../heat.js";
import type { AttributionResult } from "../protocol.js";
import { type StaleReason, staleSentence } from "../stale.js";
import { element } from "./element.js";
import { figure, percent, quoted } from "./figures.js";
import { contrastTexts } from "./target_line.js";

/** What the hover over a mark says. */
interface HoverFacts {
  /** The token as people read it, whitespace made visible. */
  readonly token: string;
  readonly score: string;
  /** "pushes for “ Paris”". */
  readonly effect: string;
  /** "62 % of the magnitude". */
  readonly share: string;
  /** "token 4 of 5". */
  readonly place: string;
  /** "Integrated gradients · demo-lm". */
  readonly source: string;
  /** Sentences on how far it still holds. */
  readonly cautions: readonly string[];
}

function hoverFacts(mark: HeatMark, result: AttributionResult, stale: StaleReason | null = null): HoverFacts {
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
  return {
    token: visibleToken(shown),
    score: figure(mark.score, result.method.signed),
    effect: `${direction[mark.sign]} ${targetText(result)}`,
    share: `${percent(mark.share)} of the magnitude`,
    place: place(mark, result.tokens.length),
    source: `${result.method.label} · ${result.subject.name}`,
    cautions: [
      ...(result.checks.complete ? [] : ["Partial: still being refined, or stopped early."]),
      ...(stale === null ? [] : [staleSentence(stale)]),
    ],
  };
}

/** The same as lines of plain text. */
export function hoverLines(
  mark: HeatMark,
  result: AttributionResult,
  stale: StaleReason | null = null,
): string[] {
  const { token, score, effect, share, place, source, cautions } = hoverFacts(mark, result, stale);
  return [`${token}  ${score}`, `${effect}: ${share}`, `${place} · ${source}`, ...cautions];
}

/** The same as a Markdown table and lines, for hosts whose hovers are Markdown. */
export function hoverMarkdown(
  mark: HeatMark,
  result: AttributionResult,
  stale: StaleReason | null = null,
): string {
  const { token, score, effect, share, place, source, cautions } = hoverFacts(mark, result, stale);
  // Where a host centres heads whatever is asked for, these are as wide as what stands below them.
  const rows = [
    ["Token", "Score"],
    [":--", ":--"],
    [code(token), `**${markdownText(score)}**`],
  ];
  const table = rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  return [table, ...[`${effect}: ${share}`, `${place} · ${source}`, ...cautions].map(markdownText)].join(
    "\n\n",
  );
}

/** A code span of any text, as a table's cell: longer backtick runs around than within. */
function code(text: string): string {
  // A cell ends at a bar, within code too; what would mask it there is read otherwise after a backslash.
  // Blanks other than the plain one end a line for some readers of Markdown, and hold nothing for others.
  if (/\||[^\S ]/.test(text)) return markdownText(text);
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  const space = longest > 0 ? " " : "";
  return `${fence}${space}${text}${space}${fence}`;
}

/** Every sign that Markdown or HTML could read, as itself. */
function markdownText(text: string): string {
  return text
    .replace(/[\\`*_{}[\]()#+.!|~<>$&:@-]/g, (sign) => `&#${sign.charCodeAt(0)};`)
    .replace(/\s*\n\s*/g, " ")
    .replace(/[^\S ]/g, (blank) => `&#${blank.charCodeAt(0)};`);
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
