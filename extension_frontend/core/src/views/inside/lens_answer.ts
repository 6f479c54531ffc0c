/** An answer of the lens: when the answer appears, the table, what pointer or focus is on, and which parts write it. */

import type { LensResult } from "../../protocol.js";
import type { HeadPlace } from "../attention/head_grid.js";
import { cautionLines } from "../caution_lines.js";
import { bringIntoView, type Child, element } from "../element.js";
import type { KeepingEvents } from "../keeping.js";
import { steadyReadout } from "../readout.js";
import { type WindowLook, windowedChart } from "../windowed_chart.js";
import { directView } from "./direct_view.js";
import { cellSentence, type LensCell, lensCells } from "./lens_cells.js";
import { lensDetail, type PathScale } from "./lens_detail.js";
import { lensKeeping, lensStem } from "./lens_keeping.js";
import { lensLegend, likelyList, shadeChoice } from "./lens_legend.js";
import { SHADES, type ShadeName } from "./lens_shades.js";
import { type LensTable, lensTable } from "./lens_table.js";
import type { PartEvents } from "./part.js";

/** What a person looks at in a table. */
export interface LensLook extends WindowLook {
  shade: ShadeName;
  scale: PathScale;
  /** The opened cell, which has its place in any table of the same prompt. */
  chosen: { readonly row: number; readonly position: number } | null;
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
  const readout = steadyReadout("gp-lens-readout");
  const likely = element("div", { class: "gp-lens-top" });
  const legend = element("div");
  const detail = element("div");
  let table: LensTable | null = null;

  const say = (cell: LensCell | null) => {
    const shown = cell ?? cellAt(look.chosen) ?? resting;
    readout.textContent = cellSentence(shown, result);
    likely.replaceChildren(likelyList(shown, result));
  };
  const open = (cell: LensCell | null) => {
    look.chosen = cell === null ? null : { row: cell.row, position: cell.position };
    if (cell !== null) view.show(columnOf(cell.position));
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
  const view = windowedChart(look, {
    what: "tokens",
    count,
    drawn: DRAWN,
    first: columnOf((cellAt(look.chosen) ?? resting).position),
    stem: lensStem(result),
    fileMade: events.fileMade,
    draw: (window) => {
      const shade = SHADES[look.shade].make(result, rows.flat());
      legend.replaceChildren(lensLegend(result, shade));
      table = lensTable(result, rows, shade, window, {
        pointed: (cell) => {
          say(cell);
          events.pointed(cell?.position ?? null);
        },
        opened: open,
      });
      table.choose(cellAt(look.chosen)?.index ?? null);
      return table.chart;
    },
  });
  view.redraw();
  open(cellAt(look.chosen) ?? null);
  return [
    shadeChoice(result, look.shade, (shade) => {
      look.shade = shade;
      view.redraw();
    }),
    view.frame,
    view.slider,
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
