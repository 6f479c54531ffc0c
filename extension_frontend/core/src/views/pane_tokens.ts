/** The tokens of a result as strip and table, lit up together, at the grain the person chose. */
import { type Grain, grainsOf, joinRows } from "../grain.js";
import { tokenRows, visibleToken } from "../heat.js";
import type { AttributionResult } from "../protocol.js";
import { type Child, element } from "./element.js";
import { percent } from "./figures.js";
import { heatStrip } from "./heat_strip.js";
import { READING_ORDER, type RowName, type TokenTableState, tokenTable } from "./token_table.js";

const GRAINS: Readonly<Record<Grain, RowName>> = {
  token: ["Token", "Tokens"],
  word: ["Word", "Words"],
  sentence: ["Sentence", "Sentences"],
  line: ["Line", "Lines"],
  message: ["Message", "Messages"],
};

export interface TokenSection {
  /** `badge`: a remark beside the heading. */
  draw(result: AttributionResult, badge: string | null): Child[];
  point(index: number | null): void;
}

/** Remembers grain, order and target row for as long as the pane lives. */
export function tokenSection(onPoint: (index: number | null) => void): TokenSection {
  const tableState: TokenTableState = { order: READING_ORDER, all: false };
  const host = element("div");
  let grain: Grain = "token";
  let row: number | undefined;
  let lit: number | null = null;
  let lightUp: (index: number | null) => void = () => {};

  const fill = (result: AttributionResult) => {
    const shown = grainsOf(result).includes(grain) ? grain : "token";
    const rows = joinRows(result, tokenRows(result, row), shown);
    const pointed = (index: number | null) => {
      lightUp(index);
      onPoint(index);
    };
    const strip = heatStrip(result, rows, pointed);
    const table = tokenTable(rows, result.method.signed, tableState, pointed, GRAINS[shown]);
    lightUp = (index) => {
      strip.point(index);
      table.point(index);
    };
    if (lit !== null) lightUp(lit);
    host.replaceChildren(strip.element, table.element);
  };

  return {
    draw(result, badge) {
      if (row !== undefined && row >= result.scores.length) row = undefined;
      fill(result);
      const head = element("div", { class: "gp-tokens-head" });
      const fillHead = () =>
        head.replaceChildren(
          grainPicker(grainsOf(result), grain, (chosen) => {
            grain = chosen;
            fill(result);
            fillHead();
            head.querySelector<HTMLElement>(`[data-key="grain-${chosen}"]`)?.focus();
          }),
          ...(badge === null ? [] : [element("span", { class: "gp-badge" }, [badge])]),
        );
      fillHead();
      const choice = rowPicker(result, row, (chosen) => {
        row = chosen;
        fill(result);
      });
      return [head, choice, host];
    },
    point(index) {
      if (index === lit) return;
      lit = index;
      lightUp(index);
    },
  };
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
  row: number | undefined,
  choose: (row: number | undefined) => void,
): Child {
  const { length } = result.scores;
  if (length < 2) return null;
  const menu = element(
    "select",
    { class: "gp-input", "data-key": "row", "aria-label": "Part of the completion" },
    [
      element("option", { value: "", selected: row === undefined }, ["the whole completion"]),
      ...result.scores.map((_, index) =>
        element("option", { value: index, selected: row === index }, [pieceName(result, index)]),
      ),
    ],
    { change: () => choose(menu.value === "" ? undefined : Number(menu.value)) },
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
