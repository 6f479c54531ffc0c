/** An explanation as files: a report, its data, its table. */
import { type TokenRow, tokenRows } from "../heat.js";
import type { MadeFile } from "../made_file.js";
import type { AttributionResult } from "../protocol.js";
import { button, type Child, type Disclosures, element } from "./element.js";
import type { PaneEvents, PaneState } from "./pane_state.js";
import { sideProgress } from "./side_frame.js";

/** What files of a result are called, without ending: its prompt's first words. */
export function fileStem({ text }: Pick<AttributionResult, "text">): string {
  const words = text.normalize("NFKD").match(/[A-Za-z0-9]+/g) ?? [];
  return ["glasspane", ...words.slice(0, 6)].join("-").slice(0, 60).toLowerCase();
}

/** A row for every token, with the columns that `Explanation.to_frame()` has in Python. */
export function csvOf(result: AttributionResult): string {
  const one = result.scores.length === 1;
  const margins = one ? (result.margins?.[0] ?? null) : null;
  const line = (row: TokenRow) =>
    [
      quotedCell(row.token.text),
      row.token.start,
      row.token.end,
      row.token.id,
      row.special ? "True" : "False",
      ...result.scores.map((scores) => scores[row.index] ?? ""),
      ...(one ? [row.special ? "" : row.share] : []),
      ...(margins === null ? [] : [margins[row.index] ?? ""]),
    ].join(",");
  const columns = one
    ? ["score", "share", ...(margins === null ? [] : ["margin"])]
    : result.scores.map((_, index) => `score_${index}`);
  const head = ["text", "start", "end", "id", "special", ...columns].join(",");
  return `${[head, ...tokenRows(result).map(line)].join("\n")}\n`;
}

/** RFC 4180; a spreadsheet takes what begins like a formula for one, unless it is marked as text. */
export function quotedCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) || safe !== safe.trim() ? `"${safe.replace(/"/g, '""')}"` : safe;
}

export function savingWays(state: PaneState, disclosures: Disclosures, events: PaneEvents): Child {
  const { result, report, phase } = state;
  if (result === null) return null;
  const stem = fileStem(result);
  const keep = (type: MadeFile["type"], ending: string, content: string) =>
    events.fileMade({ name: `${stem}.${ending}`, type, content });
  return disclosures.make("save", "Save…", [
    element("div", { class: "gp-buttons" }, [
      button("save-report", "Report", () => events.sideAsked({ side: "report", ask: "report" }), {
        title: "One page with scores, charts, checks and how it was made; needs no network to be read",
        disabled: phase.at === "running" || report.at === "running",
      }),
      button("save-json", "Data", () => keep("application/json", "json", `${JSON.stringify(result)}\n`), {
        title: "All of it as JSON; gp.load reads it back",
      }),
      button("save-csv", "Table", () => keep("text/csv", "csv", csvOf(result)), {
        title: "A row for every token, as CSV",
      }),
    ]),
    ...(report.at === "running"
      ? sideProgress(report, () => events.sideCancelled("report"), "report")
      : report.at === "failed"
        ? [
            element("p", { class: "gp-field-problem", role: "alert" }, [
              `${report.error.message} ${report.error.next_step}`,
            ]),
          ]
        : []),
  ]);
}
