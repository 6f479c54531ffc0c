/** The tokens of a result as strip and table, lit up together, at the grain the person chose. */

import { barChart, barsOf } from "../charts/bar_chart.js";
import { stripChart } from "../charts/strip_chart.js";
import { type Grain, grainsOf, joinRows } from "../grain.js";
import { type TokenRow, tokenRows, visibleToken } from "../heat.js";
import type { AttributionResult } from "../protocol.js";
import { chartFrame } from "./chart_frame.js";
import { checkLine } from "./check_line.js";
import { type CompletionMatrix, type CompletionMatrixState, completionMatrix } from "./completion_matrix.js";
import { type Child, type Disclosures, element, region } from "./element.js";
import { alignedFigures, percent } from "./figures.js";
import { heatStrip } from "./heat_strip.js";
import { massBlock, massesOf } from "./masses.js";
import type { PaneEvents, PaneState } from "./pane_state.js";
import { badge, isPartial } from "./partial.js";
import { fileStem } from "./saving.js";
import type { Leaf } from "./tabs.js";
import { targetSentence } from "./target_line.js";
import { READING_ORDER, type RowName, type TokenTableState, tokenTable } from "./token_table.js";
import { cautionBlock, trustBlock } from "./trust.js";

const GRAINS: Readonly<Record<Grain, RowName>> = {
  token: ["Token", "Tokens"],
  word: ["Word", "Words"],
  sentence: ["Sentence", "Sentences"],
  line: ["Line", "Lines"],
  hole: ["Hole", "Holes"],
  message: ["Message", "Messages"],
};

/** Remembers order and length of the table for as long as the pane lives. */
export function tokensLeaf(disclosures: Disclosures, events: PaneEvents): Leaf {
  const tableState: TokenTableState = { order: READING_ORDER, all: false };
  const part = (name: string) => element("section", { class: `gp-section gp-${name}` });
  const [completion, scores] = [part("completion-rows"), part("tokens")];
  const [checks, verdict] = [part("checks"), part("checked")];
  const matrixState: CompletionMatrixState = { ownScale: false };
  let matrix: CompletionMatrix | null = null;
  /** Drawn when they are first looked at. */
  const charts = (
    result: AttributionResult,
    rows: readonly TokenRow[],
    [, several]: RowName,
  ): HTMLElement => {
    const figures = element("div");
    const details = disclosures.make("charts", "Charts", [figures]);
    const draw = () => {
      if (!details.open || figures.hasChildNodes()) return;
      const written = alignedFigures(rows.map((row) => row.score));
      const { signed } = result.method;
      const style = {
        title: targetSentence(result),
        signed,
        written: (score: number) => written(score, signed),
      };
      const stem = fileStem(result);
      figures.append(
        chartFrame(`${stem}-bars`, barChart(barsOf(rows, several.toLowerCase()), style), events.fileMade),
        chartFrame(`${stem}-heat`, stripChart(rows, style), events.fileMade),
      );
    };
    details.addEventListener("toggle", draw);
    draw();
    return details;
  };
  let lit: number | null = null;
  let lightUp: (index: number | null) => void = () => {};

  const pointed = (index: number | null) => {
    lightUp(index);
    matrix?.point(index);
    events.tokenPointed(index);
  };
  const drawScores = (state: PaneState, result: AttributionResult): Child[] => {
    const grains = grainsOf(result, state.holes);
    const grain = grains.includes(state.grain) ? state.grain : "token";
    const rows = joinRows(result, tokenRows(result, state.rows), grain, state.holes);
    const strip = heatStrip(result, rows, pointed);
    const table = tokenTable(rows, result.method.signed, tableState, pointed, GRAINS[grain]);
    lightUp = (index) => {
      strip.point(index);
      table.point(index);
    };
    if (lit !== null) lightUp(lit);
    const remark = badge(state);
    return [
      element("div", { class: "gp-tokens-head" }, [
        grainPicker(grains, grain, events.grainChosen),
        remark === null ? null : element("span", { class: "gp-badge" }, [remark]),
      ]),
      ...(isPartial(state) ? [] : cautionBlock(result)),
      rowPicker(result, state.rows, events.rowsChosen),
      ...massBlock(massesOf(result, state.holes, state.rows), result.method.signed),
      strip.element,
      table.element,
      charts(result, rows, GRAINS[grain]),
    ];
  };
  const draws = [
    region<PaneState>(
      completion,
      (now) => [now.result],
      ({ result, rows }) => {
        matrix =
          result === null || result.scores.length < 2
            ? null
            : completionMatrix(result, matrixState, {
                rowsChosen: events.rowsChosen,
                fileMade: events.fileMade,
                tokenPointed: pointed,
              });
        matrix?.show(rows);
        return [matrix?.element ?? null];
      },
    ),
    region<PaneState>(
      scores,
      (now) => [now.result, now.grain, now.rows, now.holes, badge(now)],
      (now) => (now.result === null ? [] : drawScores(now, now.result)),
    ),
    region<PaneState>(
      checks,
      (now) => [now.result, isPartial(now)],
      // While refining, the checks are not the last word.
      (now) => (now.result === null || isPartial(now) ? [] : trustBlock(now.result, disclosures)),
    ),
    region<PaneState>(
      verdict,
      (now) => [now.result, now.check, now.phase.at],
      (now) => (now.phase.at === "running" ? [] : checkLine(now, events)),
    ),
  ];
  let shown: AttributionResult["text"] | null = null;
  return {
    element: element("div", {}, [completion, scores, checks, verdict]),
    update(state) {
      for (const draw of draws) draw(state);
      if (state.result !== null && state.result.text !== shown) showStrongest(scores);
      shown = state.result?.text ?? null;
      matrix?.show(state.rows);
      if (state.focusedToken === lit) return;
      lit = state.focusedToken;
      lightUp(lit);
      matrix?.point(lit);
    },
  };
}

/** Of a prompt too long for its box, the part that matters most is seen first. */
function showStrongest(scores: HTMLElement): void {
  const box = scores.querySelector<HTMLElement>(".gp-strip");
  const strongest = box?.querySelector<HTMLElement>('[class*="-5"]');
  if (!box || !strongest || box.scrollHeight <= box.clientHeight) return;
  box.scrollTop = strongest.offsetTop - box.offsetTop - box.clientHeight / 2;
}

function grainPicker(grains: readonly Grain[], current: Grain, choose: (grain: Grain) => void): HTMLElement {
  const chosen = grains.includes(current) ? current : "token";
  return element(
    "div",
    { class: "gp-grains", role: "group", "aria-label": "Show scores of" },
    grains.map((grain) =>
      element(
        "button",
        { type: "button", "data-key": `grain-${grain}`, "aria-pressed": String(grain === chosen) },
        [GRAINS[grain][1]],
        { click: () => choose(grain) },
      ),
    ),
  );
}

/** For a completion explained token by token: all of it, or one of its tokens. */
function rowPicker(
  result: AttributionResult,
  rows: readonly number[] | null,
  choose: (rows: readonly number[] | null) => void,
): Child {
  const { length } = result.scores;
  if (length < 2) return null;
  const several = rows !== null && rows.length > 1;
  const menu = element(
    "select",
    { class: "gp-input", "data-key": "row", "aria-label": "Part of the completion" },
    [
      element("option", { value: "", selected: rows === null }, ["the whole completion"]),
      several &&
        element("option", { value: "several", selected: true }, [`${rows.length} of its ${length} tokens`]),
      ...result.scores.map((_, index) =>
        element("option", { value: index, selected: !several && rows?.[0] === index }, [
          pieceName(result, index),
        ]),
      ),
    ],
    {
      change: () => {
        if (menu.value !== "several") choose(menu.value === "" ? null : [Number(menu.value)]);
      },
    },
  );
  return menu;
}

/** "1 of 3: · Paris, 97 %"; results kept from before do not say which token it is. */
function pieceName({ target, scores }: AttributionResult, index: number): string {
  const piece = target.pieces?.[index];
  const place = `its token ${index + 1} of ${scores.length}`;
  return piece === undefined
    ? place
    : `${place}: ${visibleToken(piece.text)} (${percent(piece.probability)})`;
}
