/** The rows of a completion to choose from: click, drag, shift, ctrl, and the same by keyboard. */
import type { AttributionResult } from "../protocol.js";
import { chartFrame } from "./chart_frame.js";
import { type CompletionChart, completionChart } from "./completion_chart.js";
import { cellSentence, rowsSentence } from "./completion_shares.js";
import { element, numberAt } from "./element.js";
import type { PaneEvents } from "./pane_state.js";
import { chosenRows, extended, NO_ROWS, picked, type RowBrush, toggled } from "./row_brush.js";
import { type TokenWindow, windowSlider } from "./token_window.js";

export interface CompletionMatrix {
  readonly element: HTMLElement;
  /** What is chosen by now, wherever it was. */
  show(rows: readonly number[] | null): void;
  /** A token pointed at elsewhere. */
  point(token: number | null): void;
}

/** Columns drawn at once. */
const DRAWN = 80;

export interface CompletionMatrixState {
  ownScale: boolean;
}

/** `state` lives as long as the pane. */
export function completionMatrix(
  result: AttributionResult,
  state: CompletionMatrixState,
  events: Pick<PaneEvents, "rowsChosen" | "tokenPointed" | "fileMade">,
): CompletionMatrix {
  const count = result.scores.length;
  const everyRow = Array.from({ length: count }, (_, row) => row);
  let brush: RowBrush = NO_ROWS;
  let dragging = false;
  let home = 0;
  let pointed: number | null = null;
  let window: TokenWindow = {
    from: Math.max(0, result.tokens.length - DRAWN),
    to: result.tokens.length,
  };
  let drawn: CompletionChart;
  const host = element("div", {});
  const box = element("div", { class: "gp-completion-box" }, [], {
    scroll: () => drawn.scrolled(box.scrollLeft),
  });
  const cell = element("p", { class: "gp-readout gp-completion-cell" });
  const sums = element("p", { class: "gp-quiet", role: "status" });

  const draw = () => {
    drawn = completionChart(result, window, state.ownScale);
    const { chart } = drawn;
    chart.setAttribute("role", "listbox");
    chart.setAttribute("aria-multiselectable", "true");
    chart.setAttribute("aria-description", "Enter chooses a row, shift with arrows several, Escape all.");
    listen(chart);
    box.replaceChildren(chart);
    host.replaceChildren(chartFrame("completion by token", chart, events.fileMade, box));
    mark();
    // What was written last has most to read; once there is a width to scroll.
    queueMicrotask(() => {
      box.scrollLeft = box.scrollWidth;
      drawn.scrolled(box.scrollLeft);
    });
  };
  const mark = () => {
    const shown = brush.rows.length === 0 ? everyRow : brush.rows;
    drawn.chart.classList.toggle("gp-some-rows", brush.rows.length > 0);
    drawn.rows.forEach((row, index) => {
      const chosen = brush.rows.includes(index);
      row.setAttribute("aria-selected", String(chosen));
      row.setAttribute("tabindex", index === home ? "0" : "-1");
      row.setAttribute("aria-label", rowsSentence(result, [index]));
      row.classList.toggle("gp-chosen-row", chosen);
    });
    sums.textContent = rowsSentence(result, shown);
    drawn.point(pointed);
  };
  const choose = (next: RowBrush) => {
    const before = chosenRows(brush, count);
    brush = next;
    mark();
    const after = chosenRows(brush, count);
    if (before?.join() !== after?.join()) events.rowsChosen(after);
  };
  const focus = (row: number) => {
    home = Math.max(0, Math.min(count - 1, row));
    mark();
    drawn.rows[home]?.focus({ preventScroll: true });
  };
  const hover = (row: number | null, token: number | null) => {
    cell.textContent = row === null || token === null ? RESTING : cellSentence(result, row, token);
    if (token === pointed) return;
    pointed = token;
    drawn.point(token);
    events.tokenPointed(token);
  };
  const listen = (chart: SVGSVGElement) => {
    chart.addEventListener("pointerdown", (event) => {
      const row = numberAt(event.target, "row");
      if (row === null || event.button !== 0) return;
      event.preventDefault();
      focus(row);
      dragging = !(event.ctrlKey || event.metaKey);
      if (event.shiftKey) choose(extended(brush, row));
      else choose(dragging ? picked(row) : toggled(brush, row));
    });
    chart.addEventListener("pointerover", (event) => {
      const row = numberAt(event.target, "row");
      hover(row, numberAt(event.target, "token"));
      dragging &&= (event.buttons & 1) === 1;
      if (dragging && row !== null) choose(extended(brush, row));
    });
    chart.addEventListener("pointerup", () => {
      dragging = false;
    });
    chart.addEventListener("pointerleave", () => hover(null, null));
    chart.addEventListener("keydown", (event) => {
      const row = numberAt(event.target, "row");
      if (row === null) return;
      const step = { ArrowDown: 1, ArrowUp: -1, Home: -count, End: count }[event.key];
      if (step !== undefined) {
        focus(row + step);
        if (event.shiftKey) choose(extended(brush.anchor === null ? picked(row) : brush, home));
      } else if (event.key === "Enter" || event.key === " ") {
        if (event.shiftKey) choose(extended(brush, row));
        else choose(event.ctrlKey || event.metaKey ? toggled(brush, row) : picked(row));
      } else if (event.key === "Escape" && brush.rows.length > 0) choose(NO_ROWS);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
  };
  const slider = windowSlider(result.tokens.length, DRAWN, "columns", (next) => {
    window = next;
    draw();
  });
  slider.show(window);
  const scale = element(
    "input",
    { type: "checkbox", class: "gp-input", checked: state.ownScale, "data-key": "own-scale" },
    [],
    {
      change: () => {
        state.ownScale = scale.checked;
        draw();
      },
    },
  );
  cell.textContent = RESTING;
  draw();
  return {
    element: element("div", { class: "gp-completion" }, [
      host,
      slider.element,
      cell,
      sums,
      element("label", { class: "gp-inline-label gp-quiet" }, [
        scale,
        "Colour each row on a scale of its own",
      ]),
    ]),
    show(rows) {
      const next = rows ?? [];
      if (next.join() === brush.rows.join()) return;
      // All rows chosen one by one are all rows to the host, and stay marked here.
      if (rows === null && chosenRows(brush, count) === null) return;
      brush = { rows: next, anchor: next.includes(brush.anchor ?? -1) ? brush.anchor : (next[0] ?? null) };
      mark();
    },
    point(token) {
      if (token === pointed) return;
      pointed = token;
      drawn.point(token);
    },
  };
}

const RESTING = "Click a row or drag over several; Shift extends, Ctrl adds, Escape takes all.";
