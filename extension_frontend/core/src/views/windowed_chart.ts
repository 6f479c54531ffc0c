/** A chart of many columns: a stretch of them is drawn, scrolled in a box, and a slider goes to the others. */
import type { MadeFile } from "../made_file.js";
import { chartFrame } from "./chart_frame.js";
import { element } from "./element.js";
import { type TokenWindow, windowAround, windowHolding, windowSlider } from "./token_window.js";

/** What a person looks at in it: kept by its owner while the chart is made anew. */
export interface WindowLook {
  /** The columns that are drawn; null: those around where it begins. */
  window: TokenWindow | null;
  /** How far a wide chart is scrolled; null: to where it begins. */
  scrolled: number | null;
}

export interface WindowedChart {
  /** The columns, in the plural. */
  readonly what: string;
  readonly count: number;
  /** As many are drawn side by side. */
  readonly drawn: number;
  /** The column that is looked at first; null: the last one. */
  readonly first: number | null;
  /** What its files are called, without ending. */
  readonly stem: string;
  fileMade(file: MadeFile): void;
  draw(window: TokenWindow): SVGSVGElement;
}

export interface WindowedView {
  /** The chart in its box, with the ways to keep it. */
  readonly frame: HTMLElement;
  readonly slider: HTMLElement;
  /** The shape of a key, where it is drawn. */
  shape(key: string): Element | null;
  redraw(): void;
  /** Moves to where a column is drawn, if it is not. */
  show(column: number): void;
}

export function windowedChart(
  look: WindowLook,
  { what, count, drawn, first, stem, fileMade, draw }: WindowedChart,
): WindowedView {
  const box = element("div", { class: "gp-chart-box" }, [], {
    scroll: () => {
      if (box.isConnected) look.scrolled = box.scrollLeft;
    },
  });
  const frame = element("div");
  const centre =
    look.window === null ? (first === null ? count : first + 0.5) : (look.window.from + look.window.to) / 2;
  let window = windowAround(count, centre, drawn);
  const redraw = () => {
    const chart = draw(window);
    box.replaceChildren(chart);
    frame.replaceChildren(chartFrame(stem, chart, fileMade, box));
    // Once there is a width to scroll.
    queueMicrotask(() => {
      const share = first === null ? 0 : (first + 0.5 - window.from) / (window.to - window.from);
      box.scrollLeft = look.scrolled ?? share * box.scrollWidth - box.clientWidth / 2;
    });
  };
  const move = (next: TokenWindow) => {
    window = next;
    look.window = next;
    redraw();
  };
  const slider = windowSlider(count, drawn, what, move);
  slider.show(window);
  return {
    frame,
    slider: slider.element,
    shape: (key) => box.querySelector(`[data-key="${key}"]`),
    redraw,
    show(column) {
      const next = windowHolding(count, column, drawn, window);
      if (next.from === window.from && next.to === window.to) return;
      slider.show(next);
      move(next);
    },
  };
}
