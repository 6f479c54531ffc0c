/** One cell of a lens opened: its likely tokens, the answer's way up through the layers, and what can be asked next. */
import { layerPath } from "../../charts/layer_path.js";
import { visibleToken } from "../../heat.js";
import type { MadeFile } from "../../made_file.js";
import type { LensResult } from "../../protocol.js";
import { chartFrame } from "../chart_frame.js";
import { button, type Child, element } from "../element.js";
import { choiceBar, optionsOf } from "../fields.js";
import { figure, percent, upperFirst } from "../figures.js";
import { tokenText } from "../token_text.js";
import { cellName, type LensCell, rowName } from "./lens_cells.js";
import { lensStem } from "./lens_keeping.js";
import type { PartEvents } from "./part.js";

/** What the line shows. */
export type PathScale = "probability" | "log_prob";

const SCALES: Readonly<Record<PathScale, string>> = {
  probability: "Probability",
  log_prob: "Log-probability",
};

export interface LensDetailEvents {
  scaleChosen(scale: PathScale): void;
  /** The answer is to be read after this token. */
  readHere(position: number): void;
  readonly goOn: PartEvents["goOn"];
  fileMade(file: MadeFile): void;
  close(): void;
}

/** `column`: of the cell's position, the embedding first. */
export function lensDetail(
  cell: LensCell,
  column: readonly LensCell[],
  result: LensResult,
  scale: PathScale,
  events: LensDetailEvents,
): HTMLElement {
  return element("div", { class: "gp-patch-detail", role: "group", "aria-label": "The opened cell" }, [
    element("div", { class: "gp-head-title" }, [
      element("h3", {}, [upperFirst(cellName(cell, result))]),
      button("lens-detail-close", "Close", events.close, { class: "gp-button gp-link" }),
    ]),
    likelyTable(cell, result),
    choiceBar("lens-path", "What the line shows", optionsOf(SCALES), scale, events.scaleChosen),
    pathFrame(cell, column, result, scale, events),
    element("div", { class: "gp-buttons" }, ways(cell, result, events)),
  ]);
}

function likelyTable({ likely }: LensCell, result: LensResult): HTMLElement {
  return element("table", { class: "gp-lens-likely" }, [
    element("caption", { class: "gp-spoken" }, ["Likeliest tokens there"]),
    element(
      "tbody",
      {},
      likely.map(({ text, probability }) =>
        element("tr", {}, [
          element("td", { class: "gp-code" }, tokenText(text)),
          element("td", { class: "gp-number" }, [percent(probability)]),
          element("td", { class: "gp-quiet" }, [text === result.answer.text ? "the answer" : ""]),
        ]),
      ),
    ),
  ]);
}

function pathFrame(
  cell: LensCell,
  column: readonly LensCell[],
  result: LensResult,
  scale: PathScale,
  events: LensDetailEvents,
): HTMLElement {
  const value = (probability: number) => (scale === "probability" ? probability : Math.log(probability));
  const written = scale === "probability" ? percent : (number: number) => figure(number);
  const answer = visibleToken(result.answer.text);
  const after = `${cell.position} ${visibleToken(result.tokens[cell.position]?.text ?? "")}`;
  const rows = column.map(({ row }) => rowName(row, result));
  const values = column.map(({ probability }) => value(probability));
  const said = values.map((each, row) => `${rows[row]} ${Number.isFinite(each) ? written(each) : "none"}`);
  const chart = layerPath({
    title: `${SCALES[scale]} after each layer, at ${after}`,
    name: `${SCALES[scale]} of ${answer} at ${after}: ${said.join(", ")}`,
    lines: [
      { label: answer, values },
      ...(result.versus === null
        ? []
        : [
            {
              label: visibleToken(result.versus.text),
              values: column.map(({ versus }) => value(versus?.probability ?? 0)),
            },
          ]),
    ],
    rows,
    marked: cell.row,
    written,
    ends: scale === "probability" ? [0, 1] : null,
  });
  return chartFrame(`${lensStem(result)}-path`, chart, events.fileMade);
}

function ways({ row, position }: LensCell, result: LensResult, events: LensDetailEvents): Child[] {
  const place = { layer: row, head: null, position };
  return [
    position !== result.position &&
      button("lens-read-here", "Read the answer after this token", () => events.readHere(position)),
    // Behind the last layer there is none to patch.
    row < result.layers && button("go-on-patching", "Patch here", () => events.goOn("patching", place)),
    button("go-on-probe", "Probe it here", () => events.goOn("probe", place)),
  ];
}
