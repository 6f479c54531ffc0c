/** An answer of the lens: when the answer appears, the table, what pointer or focus is on, and which parts write it. */

import type { LensResult } from "../../protocol.js";
import type { HeadPlace } from "../attention/head_grid.js";
import { cautionLines } from "../caution_lines.js";
import { chartFrame } from "../chart_frame.js";
import { bringIntoView, type Child, element } from "../element.js";
import type { KeepingEvents } from "../keeping.js";
import { type TokenWindow, windowAround, windowHolding, windowSlider } from "../token_window.js";
import { directView } from "./direct_view.js";
import { cellSentence, type LensCell, lensCells } from "./lens_cells.js";
import { lensDetail, type PathScale } from "./lens_detail.js";
import { lensKeeping, lensStem } from "./lens_keeping.js";
import { lensLegend, likelyList, shadeChoice } from "./lens_legend.js";
import { SHADES, type ShadeName } from "./lens_shades.js";
import { type LensTable, lensTable } from "./lens_table.js";
import type { PartEvents } from "./part.js";

/** What a person looks at in a table. */
export interface LensLook {
  shade: ShadeName;
  scale: PathScale;
  window: TokenWindow | null;
  /** The opened cell, which has its place in any table of the same prompt. */
  chosen: { readonly row: number; readonly position: number } | null;
  /** How far a wide table is scrolled; null: to where the answer is read. */
  scrolled: number | null;
}

export const firstLensLook = (): LensLook => ({
  shade: "likeliest",
  scale: "probability",
  window: null,
  chosen: null,
  scrolled: null,
});

export interface LensAnswerEvents extends KeepingEvents {
  /** The answer is to be read after this token. */
  readHere(position: number): void;
  openHead(place: HeadPlace): void;
  readonly goOn: PartEvents["goOn"];
  /** Pointer or focus is on a place of the prompt. */
  pointed(position: number | null): void;
}

/** Columns side by side. */
const DRAWN = 32;

/** `remark`: on what is followed, where that is not what is explained. */
export function lensAnswer(
  result: LensResult,
  remark: string | null,
  look: LensLook,
  events: LensAnswerEvents,
): Child[] {
  return [
    element("ul", { class: "gp-lens-sentences" }, [
      ...result.sentences.map((sentence) => element("li", {}, [sentence])),
    ]),
    remark === null ? null : element("p", { class: "gp-quiet gp-lens-remark" }, [remark]),
    ...tablePart(result, look, events),
    ...directView(result, events),
    ...cautionLines(result.warnings),
    lensKeeping(result, events),
  ];
}

function tablePart(result: LensResult, look: LensLook, events: LensAnswerEvents): Child[] {
  const rows = lensCells(result);
  const count = result.positions.length;
  const columnOf = (position: number) => result.positions.indexOf(position);
  const cellAt = (place: LensLook["chosen"]): LensCell | undefined =>
    place === null ? undefined : rows[place.row]?.[columnOf(place.position)];
  /** What is read out where nothing else is: where the answer appears, else what the model says in the end. */
  const resting = rows[result.answer_layer ?? result.layers]?.[columnOf(result.position)] as LensCell;
  const readout = element("p", { class: "gp-readout gp-patch-readout gp-lens-readout", role: "status" });
  const likely = element("div", { class: "gp-lens-top" });
  const box = element("div", { class: "gp-patch-box" }, [], {
    scroll: () => {
      if (box.isConnected) look.scrolled = box.scrollLeft;
    },
  });
  const frame = element("div");
  const legend = element("div");
  const detail = element("div");
  let table: LensTable | null = null;
  const at = cellAt(look.chosen) ?? resting;
  let window = windowAround(
    count,
    look.window === null ? columnOf(at.position) + 0.5 : (look.window.from + look.window.to) / 2,
    DRAWN,
  );

  const say = (cell: LensCell | null) => {
    const shown = cell ?? cellAt(look.chosen) ?? resting;
    readout.textContent = cellSentence(shown, result);
    likely.replaceChildren(likelyList(shown, result));
  };
  const open = (cell: LensCell | null) => {
    look.chosen = cell === null ? null : { row: cell.row, position: cell.position };
    if (cell !== null) move(windowHolding(count, columnOf(cell.position), DRAWN, window));
    table?.choose(cell?.index ?? null);
    detail.replaceChildren(...(cell === null ? [] : [opened(cell)]));
    say(null);
  };
  const opened = (cell: LensCell): HTMLElement =>
    lensDetail(
      cell,
      rows.map((cells) => cells[columnOf(cell.position)] as LensCell),
      result,
      look.scale,
      {
        scaleChosen: (scale) => {
          look.scale = scale;
          open(cell);
          detail.querySelector<HTMLElement>(`[data-key="lens-path-${scale}"]`)?.focus();
        },
        readHere: events.readHere,
        goOn: events.goOn,
        fileMade: events.fileMade,
        close: () => open(null),
      },
    );
  const draw = () => {
    const shade = SHADES[look.shade].make(result, rows.flat());
    table = lensTable(result, rows, shade, window, {
      pointed: (cell) => {
        say(cell);
        events.pointed(cell?.position ?? null);
      },
      opened: open,
    });
    table.choose(cellAt(look.chosen)?.index ?? null);
    box.replaceChildren(table.chart);
    frame.replaceChildren(chartFrame(lensStem(result), table.chart, events.fileMade, box));
    legend.replaceChildren(lensLegend(result, shade));
    // Once there is a width to scroll.
    queueMicrotask(() => {
      const middle = (columnOf(at.position) + 0.5 - window.from) / (window.to - window.from);
      box.scrollLeft = look.scrolled ?? middle * box.scrollWidth - box.clientWidth / 2;
    });
  };
  const slider = windowSlider(count, DRAWN, "tokens", (next) => {
    window = next;
    look.window = next;
    draw();
  });
  const move = (next: TokenWindow) => {
    if (next.from === window.from && next.to === window.to) return;
    window = next;
    look.window = next;
    slider.show(next);
    draw();
  };
  slider.show(window);
  draw();
  open(cellAt(look.chosen) ?? null);
  return [
    shadeChoice(result, look.shade, (shade) => {
      look.shade = shade;
      draw();
    }),
    frame,
    slider.element,
    readout,
    likely,
    legend,
    detail,
  ];
}

/** Scrolls to the opened cell. */
export function showChosen(host: Element): void {
  const cell = host.querySelector(".gp-opened-shape");
  if (cell !== null) bringIntoView(cell);
}
