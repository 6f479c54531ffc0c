/** One head, or all layers rolled out: its matrix, and the token pointed at in words and numbers. */

import type { MadeFile } from "../../made_file.js";
import { MatrixNumbers } from "../../matrix_numbers.js";
import { heatClass } from "../../palette.js";
import type { AttentionResult, AttentionRollout, HeadDetail, TokenReading } from "../../protocol.js";
import { canvasFrame } from "../chart_frame.js";
import { element } from "../element.js";
import { percent, quoted } from "../figures.js";
import type { Side } from "../side_state.js";
import { headName } from "./head_figures.js";
import { strongestCode } from "./matrix_bitmap.js";
import { matrixCanvas } from "./matrix_canvas.js";
import { type Direction, readingPanel, weightsOf } from "./token_reading.js";

export type MatrixAnswer = HeadDetail | AttentionRollout;

export interface MatrixViewOptions {
  /** Remembered by whoever shows one view after the other. */
  readonly direction: Direction;
  readonly pinned: number | null;
  readonly turned: (direction: Direction) => void;
  /** Null: none any more. */
  readonly chosen: (token: number | null) => void;
  /** Exact numbers are wanted of a token that was looked at for a moment. */
  readonly wanted: (token: number) => void;
  readonly keep: (file: MadeFile) => void;
}

export interface MatrixView {
  readonly element: HTMLElement;
  /** A token pointed at elsewhere. */
  focus(token: number | null): void;
  read(reading: Side<AttentionResult>): void;
  redraw(): void;
  /** Not looked at any more: no exact numbers are asked for. */
  rest(): void;
  dispose(): void;
}

/** How long the pointer rests before a model runs for it. */
export const REST = 150;

export function matrixView(
  result: AttentionResult,
  answer: MatrixAnswer,
  options: MatrixViewOptions,
): MatrixView | null {
  const drawn = answer.show === "head" ? answer.weights : answer.shares;
  if (drawn === null) return null;
  const numbers = MatrixNumbers.decode(drawn);
  const strongest = strongestCode(numbers);
  const { tokens } = result;
  const ofHead = answer.show === "head";
  let { direction, pinned } = options;
  let pointed: number | null = null;
  let focused: number | null = null;
  let column: number | null = null;
  let exact: TokenReading | null = null;
  let problem: string | null = null;
  let waiting: ReturnType<typeof setTimeout> | undefined;

  const token = () => pointed ?? focused ?? pinned ?? tokens.length - 1;
  const remark = (): string | null => {
    if (problem !== null && exact?.token !== token()) return problem;
    return null;
  };
  const show = () => {
    const at = token();
    panel.show(weightsOf(numbers, exact, at, direction), remark());
    canvas.mark(direction === "reads" ? at : null, direction === "read_by" ? at : null);
    sink.textContent = sinkSentence(result, answer, at);
  };
  const rest = () => {
    clearTimeout(waiting);
    const at = pointed ?? focused ?? pinned;
    if (at === null || exact?.token === at || numbers.error === 0) return;
    waiting = setTimeout(() => options.wanted(at), REST);
  };
  const point = (next: number | null) => {
    if (next === pointed) return;
    pointed = next;
    show();
    rest();
  };
  const choose = (next: number | null) => {
    pinned = next;
    pointed = null;
    show();
    rest();
    options.chosen(next);
  };
  const cell = element("p", { class: "gp-readout", "aria-live": "polite" });
  let row: number | null = null;
  const sayCell = () => {
    cell.textContent =
      row === null || column === null
        ? "Point at a cell; a click keeps its token."
        : `${name(row)} ${ofHead ? "reads" : "rests on"} ${name(column)}: ${weight(row, column)}`;
  };
  /** Exact where it is known; what was rounded to nothing need not be nothing. */
  const weight = (row: number, column: number): string => {
    if (exact?.token === row) return percent(exact.reads[column] ?? 0);
    if (exact?.token === column) return percent(exact.read_by[row] ?? 0);
    const drawn = numbers.at(row, column);
    if (drawn > 0 || numbers.error === 0) return percent(drawn);
    return percent(numbers.error).replace(/^(?!<)/, "≤\u202f");
  };
  const name = (index: number) => quoted(tokens[index]?.text ?? "");
  const canvas = matrixCanvas({
    numbers,
    strongest,
    names: tokens.map((each) => each.text),
    axes: ["token that reads", "token that is read"],
    label: `${ofHead ? headName(answer) : "Rollout"}, ${tokens.length} × ${tokens.length} tokens`,
    pointed: (at) => {
      row = at?.row ?? null;
      column = at?.column ?? null;
      sayCell();
      point(at === null ? null : direction === "reads" ? at.row : at.column);
    },
    chosen: (at) => choose(direction === "reads" ? at.row : at.column),
  });
  const panel = readingPanel({
    tokens,
    unit: ofHead ? "weight" : "share",
    turned: (next) => {
      direction = next;
      options.turned(next);
      show();
    },
    pointed: point,
    chosen: choose,
  });
  const sink = element("p", { class: "gp-quiet" });
  const file = ofHead ? `attention layer ${answer.layer} head ${answer.head}` : "attention rollout";
  const root = element(
    "div",
    { class: "gp-matrix-view" },
    [
      element("div", { class: "gp-matrix-part" }, [
        canvasFrame(file, canvas.element, file, canvas.image, options.keep),
        cell,
        shadeLegend(numbers, strongest),
      ]),
      element("div", { class: "gp-matrix-part" }, [panel.element, sink]),
    ],
    {
      keydown: (event) => {
        if (event.key !== "Escape" || pinned === null) return;
        event.preventDefault();
        choose(null);
      },
    },
  );
  sayCell();
  show();
  return {
    element: root,
    focus(next) {
      const found = next !== null && next < tokens.length ? next : null;
      if (found === focused) return;
      focused = found;
      if (found !== null) canvas.reveal({ row: found, column: found });
      show();
      rest();
    },
    read(reading) {
      const found = reading.at === "done" ? exactOf(reading.answer, answer) : null;
      problem = reading.at === "failed" ? `No exact numbers: ${reading.error.message}` : null;
      if (found === null && problem === null) return;
      exact = found ?? exact;
      show();
      sayCell();
    },
    redraw: canvas.redraw,
    rest: () => clearTimeout(waiting),
    dispose() {
      clearTimeout(waiting);
      canvas.dispose();
    },
  };
}

/** Exact numbers that belong to the matrix on view; null where they are of another. */
export function exactOf({ answer }: AttentionResult, drawn: MatrixAnswer): TokenReading | null {
  if (answer.show === "rollout") return drawn.show === "rollout" ? answer.exact : null;
  if (answer.show !== "head" || drawn.show !== "head") return null;
  const same =
    answer.layer === drawn.layer && answer.head === drawn.head && answer.without_sink === drawn.without_sink;
  return same ? answer.exact : null;
}

function sinkSentence({ tokens }: AttentionResult, answer: MatrixAnswer, token: number): string {
  if (answer.show !== "head") return "";
  const share = answer.sink[token] ?? 0;
  const [first, own] = [quoted(tokens[0]?.text ?? ""), quoted(tokens[token]?.text ?? "")];
  if (token === 0 && share === 1) return `${first} is the first token: it can only read itself.`;
  return answer.without_sink
    ? `Left out: the first token, ${first}, takes ${percent(share)} of what ${own} reads; the rest is made to add up to 100 % again.`
    : `The first token, ${first}, takes ${percent(share)} of what ${own} reads.`;
}

/** What the shades stand for: they grow with the square root. */
function shadeLegend(numbers: MatrixNumbers, strongest: number): HTMLElement {
  const most = strongest * numbers.step;
  const samples = [1, 2, 3, 4, 5].map((level) =>
    element("span", { class: `gp-sample ${heatClass({ level, sign: "unsigned" })}` }, [
      `${level === 5 && most < 0.995 ? "≥ " : ""}${percent((level / 5) ** 2 * most)}`,
    ]),
  );
  const unseen = numbers.error > 0.0005 ? ` What is below ${percent(numbers.error)} is not drawn.` : "";
  return element("p", { class: "gp-legend gp-shades" }, [
    ...samples,
    element("span", {}, [`Shade grows with the square root.${unseen}`]),
  ]);
}
