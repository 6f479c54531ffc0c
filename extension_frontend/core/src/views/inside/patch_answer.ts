/** An answer to patching: the map, what pointer or focus is on, both runs, and how far to trust it. */

import type { PatchMap, PatchResult } from "../../protocol.js";
import type { HeadPlace } from "../attention/head_grid.js";
import { cautionLines } from "../caution_lines.js";
import { bringIntoView, button, type Child, element } from "../element.js";
import { figure } from "../figures.js";
import type { KeepingEvents } from "../keeping.js";
import { steadyReadout } from "../readout.js";
import { type WindowLook, windowedChart } from "../windowed_chart.js";
import { cellDetail, type NextMap } from "./cell_detail.js";
import { mapLegend, strongestList } from "./map_legend.js";
import type { PartEvents } from "./part.js";
import { cellName, cellSentence, type PatchCell, patchRows, strongestCells } from "./patch_cells.js";
import { type PatchGrid, patchGrid } from "./patch_grid.js";
import { mapStem, patchKeeping } from "./patch_keeping.js";
import { headline } from "./patch_words.js";
import { twoRuns } from "./two_runs.js";

/** What a person looks at in a map: it stays while the map is refined. */
export interface PatchLook extends WindowLook {
  /** The opened cell's place in the map's numbers. */
  chosen: number | null;
  /** A position to look at first. */
  at: number | null;
  /** The strongest cells are listed. */
  listed: boolean;
}

export const firstLook = (at: number | null = null): PatchLook => ({
  window: null,
  chosen: null,
  at,
  scrolled: null,
  listed: false,
});

export interface AnswerEvents extends KeepingEvents {
  /** Null: what was asked is not known any more. */
  readonly ask: ((next: NextMap, at: number | null) => void) | null;
  openHead(place: HeadPlace): void;
  readonly goOn: PartEvents["goOn"];
  /** Pointer or focus is on a place of the prompt. */
  pointed(position: number | null): void;
}

/** Columns side by side whose names can still be read. */
const DRAWN = 64;

/** `refining`: the job still runs. */
export function patchAnswer(
  result: PatchResult,
  look: PatchLook,
  refining: boolean,
  events: AnswerEvents,
): Child[] {
  const [map] = result.maps;
  if (map === undefined) return [];
  const { layers, heads } = result.request;
  const { ask } = events;
  return [
    element("p", { class: "gp-patch-headline" }, [
      element("strong", {}, [`${map.label}: ${headline(result)}`]),
      result.complete && !refining
        ? null
        : element("span", { class: "gp-badge" }, [
            refining ? "partial, being refined" : "partial: stopped early",
          ]),
    ]),
    ...mapPart(result, map, look, events),
    ask === null || (layers === null && heads === null)
      ? null
      : element("div", { class: "gp-buttons" }, [
          button("patch-all", "Patch all layers and heads again", () =>
            ask({ site: map.site, grid: map.grid, layers: null, heads: null }, null),
          ),
        ]),
    twoRuns(result),
    ...cautionLines(result.refused === null ? [] : [result.refused]),
    ...cautionLines(result.warnings),
    element("p", { class: "gp-quiet gp-patch-check" }, [result.check.sentence]),
    patchKeeping(result, refining, events),
  ];
}

function mapPart(result: PatchResult, map: PatchMap, look: PatchLook, events: AnswerEvents): Child[] {
  const rows = patchRows(result, map);
  const cells = new Map(rows.rows.flatMap((row) => row.cells).map((cell) => [cell.index, cell]));
  const columns = map.axes.at(-1)?.places.length ?? 0;
  const columnOf = (cell: PatchCell) => cell.index % columns;
  const strongest = strongestCells(rows, Number.POSITIVE_INFINITY);
  const first = strongest.find(({ position }) => position === look.at) ?? strongest[0] ?? null;
  const readout = steadyReadout("gp-patch-readout");
  const detail = element("div");
  let grid: PatchGrid | null = null;
  const chosen = () => (look.chosen === null ? undefined : cells.get(look.chosen));
  const say = (cell: PatchCell | null) => {
    const shown = cell ?? chosen() ?? null;
    readout.textContent = shown === null ? resting(first, strongest, result) : cellSentence(shown, result);
    events.pointed(cell?.position ?? null);
  };
  const open = (cell: PatchCell | null) => {
    look.chosen = cell?.index ?? null;
    if (cell !== null) view.show(columnOf(cell));
    grid?.choose(look.chosen);
    detail.replaceChildren(
      ...(cell === null
        ? []
        : [
            cellDetail(cell, result, {
              ask: events.ask,
              openHead: events.openHead,
              goOn: events.goOn,
              close: () => {
                open(null);
                say(null);
              },
            }),
          ]),
    );
  };
  const view = windowedChart(look, {
    what: columnsName(map),
    count: columns,
    drawn: DRAWN,
    first: first === null ? null : columnOf(first),
    stem: mapStem(result, map),
    fileMade: events.fileMade,
    draw: (window) => {
      grid = patchGrid(result, map, rows, window, {
        pointed: say,
        opened: (cell) => {
          open(cell);
          say(cell);
        },
      });
      grid.choose(look.chosen);
      return grid.chart;
    },
  });
  view.redraw();
  const opened = chosen();
  if (opened !== undefined) open(opened);
  readout.textContent =
    opened === undefined ? resting(first, strongest, result) : cellSentence(opened, result);
  return [
    readout,
    view.frame,
    view.slider,
    mapLegend(result, rows, map),
    detail,
    strongestList(rows, result, look, (cell) => {
      open(cell);
      readout.textContent = cellSentence(cell, result);
      const shape = view.shape(`patch-${cell.index}`);
      if (shape !== null) bringIntoView(shape);
    }),
  ];
}

/** `first`: the strongest cell of the position that was asked about; of the map, where nothing there says anything. */
function resting(first: PatchCell | null, [strongest]: readonly PatchCell[], result: PatchResult): string {
  if (first === null || strongest === undefined) return "No cell moves the answer.";
  const said = (cell: PatchCell) => `${cellName(cell, result)}, ${figure(cell.effect, true)}`;
  const there = first === strongest ? "" : ` At the position asked about: ${said(first)}.`;
  return `Strongest: ${said(strongest)}.${there} Point at a cell, or open one.`;
}

function columnsName(map: PatchMap): string {
  return map.axes.at(-1)?.name === "position" ? "tokens" : "heads";
}
