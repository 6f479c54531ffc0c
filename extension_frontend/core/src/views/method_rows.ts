/** Several methods' scores of the same tokens, a row for each. */

import { methodRowsChart } from "../charts/method_rows_chart.js";
import { shade, visibleToken } from "../heat.js";
import type { ComparisonResult, ComparisonRow } from "../protocol.js";
import { type AlignedCell, type AlignedRows, alignedRows } from "./aligned_rows.js";
import { cautionLines } from "./caution_lines.js";
import { button, type Child, element } from "./element.js";
import { alignedFigures, percent, upperFirst } from "./figures.js";

/** As it begins a line. */
export const methodName = ({ label }: Pick<ComparisonRow, "label">): string => upperFirst(label);

export interface MethodRowsEvents {
  methodChosen(method: string): void;
  tokenPointed(index: number | null): void;
}

/** `current`: the method in use, which needs no way to be used. */
export function methodRows(answer: ComparisonResult, current: string, events: MethodRowsEvents): AlignedRows {
  const cells = answer.rows.map((row) => cellsOf(answer, row));
  const reading = (token: number) => {
    const shares = answer.rows.flatMap((row) =>
      row.problem === null ? [`${row.label} ${percent(row.shares[token] ?? 0)}`] : [],
    );
    return `${visibleToken(answer.tokens[token]?.text ?? "")}: ${shares.join(" · ")}`;
  };
  return alignedRows(
    answer.rows.map((row, index) => ({
      head: head(row, index, current, events),
      cells: row.problem === null ? (cells[index] ?? []) : [],
    })),
    "Methods side by side",
    reading,
    events.tokenPointed,
  );
}

/** The same as a chart, to be kept. */
export function methodRowsPicture(answer: ComparisonResult, title: string): SVGSVGElement {
  const answered = answer.rows.filter((row) => row.problem === null);
  return methodRowsChart(
    answered.map((row) => ({ label: methodName(row), note: noteOf(row), cells: cellsOf(answer, row) })),
    title,
  );
}

function cellsOf({ tokens }: ComparisonResult, row: ComparisonRow): AlignedCell[] {
  const written = alignedFigures(row.scores);
  const strongest = Math.max(
    0,
    ...tokens.map(({ special }, index) => (special ? 0 : Math.abs(row.scores[index] ?? 0))),
  );
  return tokens.map((token, index) => {
    const score = row.scores[index] ?? 0;
    const number = written(score, row.method.signed);
    const share = token.special ? "special token" : percent(row.shares[index] ?? 0);
    const text = visibleToken(token.text);
    return {
      text,
      number: token.special ? "" : number,
      ...shade(score, strongest, row.method.signed),
      special: token.special,
      said: `${text} ${number}, ${share}, ${row.label}`,
    };
  });
}

function head(row: ComparisonRow, index: number, current: string, events: MethodRowsEvents): Child[] {
  const { name } = row.method;
  return [
    element("strong", {}, [`${index + 1} ${methodName(row)}`]),
    row.problem === null ? element("span", { class: "gp-quiet" }, [` · ${noteOf(row)}`]) : null,
    name === current
      ? element("span", { class: "gp-quiet" }, [" · in use"])
      : row.problem === null
        ? button(`use-${index}`, "Use this method", () => events.methodChosen(name), {
            class: "gp-button gp-link gp-inline-link",
          })
        : null,
    row.problem === null
      ? null
      : element("p", { class: "gp-row-problem" }, [`${row.problem.message} ${row.problem.next_step}`]),
    ...cautionLines(row.warnings),
  ];
}

/** What its numbers are good for, in a phrase. */
function noteOf({ method, checks }: ComparisonRow): string {
  const gap = checks.completeness_gap;
  if (gap !== null) return `adds up to within ${percent(gap)}`;
  return method.signed ? "need not add up: read it as a ranking" : "strength, without direction";
}
