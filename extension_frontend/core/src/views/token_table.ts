/** Every token with its numbers, sortable by header buttons. */
import type { TokenRow } from "../heat.js";
import { type Child, element } from "./element.js";
import { alignedFigures, percent } from "./figures.js";
import { tokenText } from "./token_text.js";

type Column = "position" | "token" | "score" | "share";

export interface TableOrder {
  readonly column: Column;
  readonly descending: boolean;
}

export const READING_ORDER: TableOrder = { column: "position", descending: false };

/** What a row stands for: one, several. */
export type RowName = readonly [one: string, several: string];

const HEADINGS: readonly { column: Column; label: string | null; numeric: boolean }[] = [
  { column: "position", label: "#", numeric: true },
  // Headed by what its rows are.
  { column: "token", label: null, numeric: false },
  { column: "score", label: "Score", numeric: true },
  { column: "share", label: "Share", numeric: true },
];

/** Rows drawn before "show all": more would make typing in the pane slow. */
const DRAWN_AT_FIRST = 500;

const COMPARE: Readonly<Record<Column, (one: TokenRow, other: TokenRow) => number>> = {
  position: (one, other) => one.position - other.position,
  token: (one, other) => one.shown.trim().localeCompare(other.shown.trim()),
  score: (one, other) => one.score - other.score,
  share: (one, other) => one.share - other.share,
};

export function sortedRows(rows: readonly TokenRow[], order: TableOrder): TokenRow[] {
  const direction = order.descending ? -1 : 1;
  return [...rows].sort(
    (one, other) => direction * COMPARE[order.column](one, other) || one.position - other.position,
  );
}

/** What a click on a heading leads to: numbers start with the largest, a second click turns round. */
export function nextOrder(order: TableOrder, column: Column): TableOrder {
  if (order.column === column) return { column, descending: !order.descending };
  return { column, descending: column === "score" || column === "share" };
}

export interface TokenTable {
  readonly element: HTMLElement;
  point(index: number | null): void;
}

export interface TokenTableState {
  order: TableOrder;
  all: boolean;
}

/** `state` lives as long as the pane: the order outlasts a redraw. */
export function tokenTable(
  rows: readonly TokenRow[],
  signed: boolean,
  state: TokenTableState,
  onPoint: (index: number | null) => void,
  [one, several]: RowName = ["Token", "Tokens"],
): TokenTable {
  const head = element("tr");
  const figure = alignedFigures(rows.flatMap((row) => (row.special ? [] : row.score)));
  const body = element("tbody");
  const more = element(
    "button",
    { type: "button", class: "gp-button gp-link", "data-key": "all-tokens" },
    [],
    {
      click: () => {
        state.all = true;
        draw();
      },
    },
  );
  const draw = () => {
    const sorted = sortedRows(rows, state.order);
    const shown = state.all ? sorted : sorted.slice(0, DRAWN_AT_FIRST);
    head.replaceChildren(...HEADINGS.map(heading));
    body.replaceChildren(...shown.map((row) => line(row, figure(row.score, signed))));
    more.hidden = shown.length === rows.length;
    more.textContent = `Show all ${rows.length} ${several.toLowerCase()}`;
  };
  const heading = ({ column, label, numeric }: (typeof HEADINGS)[number]) => {
    const { order } = state;
    const sorting = order.column !== column ? "none" : order.descending ? "descending" : "ascending";
    const turn = element("button", { type: "button", "data-key": `sort-${column}` }, [label ?? one], {
      click: () => {
        state.order = nextOrder(state.order, column);
        draw();
        head.querySelector<HTMLElement>(`[data-key="sort-${column}"]`)?.focus();
      },
    });
    return element("th", { scope: "col", "aria-sort": sorting, class: numeric ? "gp-number" : null }, [turn]);
  };
  draw();
  const table = element("table", { class: "gp-table" }, [
    element("caption", { class: "gp-spoken" }, [`${several} with their scores`]),
    element("thead", {}, [head]),
    body,
  ]);
  const box = element(
    "div",
    {
      class: "gp-table-box",
      tabindex: 0,
      role: "region",
      "aria-label": "Token table",
      "data-scroll": "table",
      "data-key": "table",
    },
    [table, more],
  );
  body.addEventListener("pointerover", (event) => onPoint(rowIndex(event.target)));
  body.addEventListener("pointerleave", () => onPoint(null));
  return {
    element: box,
    point(index) {
      for (const lit of body.querySelectorAll(".gp-pointed-token")) lit.classList.remove("gp-pointed-token");
      const first = rows.find((row) => index !== null && row.tokens.includes(index))?.index;
      body.querySelector(`[data-token="${first}"]`)?.classList.add("gp-pointed-token");
    },
  };
}

function line(row: TokenRow, score: string): HTMLElement {
  const piece =
    row.piece === null
      ? null
      : element("sub", { title: "Several tokens share these characters" }, [
          `${row.piece.at}/${row.piece.of}`,
        ]);
  const bar: Child = row.special
    ? "—"
    : element("span", { class: `gp-bar gp-bar-${row.sign}`, "--gp-share": row.share.toFixed(4) }, [
        percent(row.share),
      ]);
  return element("tr", { "data-token": row.index, class: row.special ? "gp-special-row" : null }, [
    element("td", { class: "gp-number gp-quiet" }, [String(row.position)]),
    element(
      "td",
      { class: "gp-code", title: row.special ? "Added by the tokenizer or the chat template" : row.role },
      row.name === undefined
        ? [...tokenText(row.token.text), piece]
        : [row.name, element("span", { class: "gp-quiet" }, [" = ", ...tokenText(row.token.text)])],
    ),
    element("td", { class: "gp-number" }, [score]),
    element("td", { class: "gp-number" }, [bar]),
  ]);
}

function rowIndex(target: EventTarget | null): number | null {
  const row = target instanceof Element ? target.closest<HTMLElement>("[data-token]") : null;
  return row === null ? null : Number(row.dataset.token);
}
