/** Two prompts token by token: what was edited, and what that moved. */

import { type Bar, barChart } from "../charts/bar_chart.js";
import { shade, visibleToken } from "../heat.js";
import type { AttributionResult, PromptDiffResult, TokenPair } from "../protocol.js";
import { type AlignedCell, type AlignedRow, alignedRows } from "./aligned_rows.js";
import { cautionLines } from "./caution_lines.js";
import { chartFrame } from "./chart_frame.js";
import { button, type Child, element } from "./element.js";
import { alignedFigures, figure, percent } from "./figures.js";
import type { PaneEvents } from "./pane_state.js";
import { scoreName } from "./target_line.js";
import { withCode } from "./token_text.js";

const SIGN: Readonly<Record<TokenPair["change"], string>> = {
  same: "=",
  replaced: "≠",
  removed: "−",
  added: "+",
};

const SAID: Readonly<Record<TokenPair["change"], string>> = {
  same: "unchanged",
  replaced: "replaced",
  removed: "removed",
  added: "added",
};

/** Bars drawn of what moved. */
const BARS = 12;

/** `stem`: of the names of files. */
export function promptDifference(answer: PromptDiffResult, stem: string, events: PaneEvents): Child[] {
  const { before, after, pairs } = answer;
  const reading = (column: number) => {
    const pair = pairs[column];
    return pair === undefined ? "" : pairSentence(answer, pair);
  };
  const rows = alignedRows(
    [
      scoreRow("This prompt", before, pairs, "before", strongestOf(pairs), "removed"),
      scoreRow("The other", after, pairs, "after", strongestOf(pairs), "added"),
      changeRow(answer),
    ],
    "Both prompts, token by token",
    reading,
    // The document holds this prompt, not the other.
    (column) => events.tokenPointed(column === null ? null : (pairs[column]?.before ?? null)),
  );
  const chart = barChart(movedBars(answer), {
    title: "What moved most: score after − score before",
    signed: true,
    written: (
      (write) => (score: number) =>
        write(score, true)
    )(alignedFigures(pairs.map((pair) => pair.difference))),
    legend: "+ pushes more for it than before · − less",
  });
  return [
    element(
      "ul",
      { class: "gp-sentences" },
      answer.sentences.map((sentence) => element("li", {}, withCode(sentence))),
    ),
    ...cautionLines(answer.warnings),
    rows.element,
    element("p", { class: "gp-quiet" }, ["= unchanged · ≠ replaced · − removed · + added"]),
    chartFrame(`${stem}-difference`, chart, events.fileMade),
    element("div", { class: "gp-buttons" }, [
      button("copy-difference", "Copy as Python", () => events.copyPython(answer.code)),
    ]),
  ];
}

/** Both prompts on one scale, or their colours could not be compared. */
function strongestOf(pairs: readonly TokenPair[]): number {
  return Math.max(
    0,
    ...pairs.flatMap((pair) => [Math.abs(pair.score_before ?? 0), Math.abs(pair.score_after ?? 0)]),
  );
}

function scoreRow(
  name: string,
  result: AttributionResult,
  pairs: readonly TokenPair[],
  side: "before" | "after",
  strongest: number,
  gone: "added" | "removed",
): AlignedRow {
  const scoreOf = (pair: TokenPair) => (side === "before" ? pair.score_before : pair.score_after);
  const written = alignedFigures(pairs.flatMap((pair) => [pair.score_before ?? 0, pair.score_after ?? 0]));
  const { target, method } = result;
  const likely = target.probability === null ? "" : `, ${percent(target.probability)} likely`;
  return {
    head: [
      element("strong", {}, [name]),
      element("span", { class: "gp-quiet" }, [
        ` · “${target.text}”: ${scoreName(target)} ${figure(target.value)}${likely}`,
      ]),
    ],
    cells: pairs.map((pair): AlignedCell | null => {
      const index = side === "before" ? pair.before : pair.after;
      const token = index === null ? undefined : result.tokens[index];
      if (token === undefined) return null;
      const score = scoreOf(pair) ?? 0;
      const text = visibleToken(token.text);
      const number = token.special ? "" : written(score, method.signed);
      return {
        text,
        number,
        ...shade(score, strongest, method.signed),
        special: token.special,
        edit: pair.change === "replaced" ? "replaced" : pair.change === gone ? gone : null,
        said: `${text} ${number}, ${SAID[pair.change]}, ${name.toLowerCase()}`,
      };
    }),
  };
}

function changeRow(answer: PromptDiffResult): AlignedRow {
  const { pairs } = answer;
  const written = alignedFigures(pairs.map((pair) => pair.difference));
  const strongest = Math.max(0, ...pairs.map((pair) => Math.abs(pair.difference)));
  return {
    head: [
      element("strong", {}, ["Change"]),
      element("span", { class: "gp-quiet" }, [" · score after − score before"]),
    ],
    cells: pairs.map((pair) => ({
      text: SIGN[pair.change],
      number: written(pair.difference, true),
      ...shade(pair.difference, strongest, true),
      special: false,
      said: pairSentence(answer, pair),
    })),
  };
}

/** "·France → ·Italy, replaced: +11.0 → +0.129, −10.9" */
function pairSentence({ before, after }: PromptDiffResult, pair: TokenPair): string {
  const texts = [
    pair.before === null ? null : visibleToken(before.tokens[pair.before]?.text ?? ""),
    pair.after === null || pair.change === "same" ? null : visibleToken(after.tokens[pair.after]?.text ?? ""),
  ].filter((text) => text !== null);
  const scores = [pair.score_before, pair.score_after]
    .filter((score) => score !== null)
    .map((score) => figure(score, true));
  return `${texts.join(" → ")}, ${SAID[pair.change]}: ${scores.join(" → ")}, changed by ${figure(pair.difference, true)}`;
}

function movedBars({ before, after, pairs }: PromptDiffResult): Bar[] {
  const strongest = Math.max(0, ...pairs.map((pair) => Math.abs(pair.difference)));
  return [...pairs]
    .filter((pair) => pair.difference !== 0)
    .sort((one, other) => Math.abs(other.difference) - Math.abs(one.difference))
    .slice(0, BARS)
    .map((pair) => {
      const old = pair.before === null ? null : visibleToken(before.tokens[pair.before]?.text ?? "");
      const fresh = pair.after === null ? null : visibleToken(after.tokens[pair.after]?.text ?? "");
      const label =
        pair.change === "same"
          ? (old ?? "")
          : pair.change === "replaced"
            ? `${old} → ${fresh}`
            : `${SIGN[pair.change]} ${old ?? fresh}`;
      return {
        label,
        score: pair.difference,
        level: shade(pair.difference, strongest, true).level,
        rest: false,
      };
    });
}
