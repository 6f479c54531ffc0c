/** An explanation as files: a report, its data, its table. */
import { type TokenRow, tokenRows } from "../heat.js";
import type { MadeFile } from "../made_file.js";
import type { AttributionResult } from "../protocol.js";
import { type CsvColumn, csvTable } from "./csv.js";
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
  const columns: readonly CsvColumn<TokenRow>[] = [
    ["text", ({ token }) => token.text],
    ["start", ({ token }) => token.start],
    ["end", ({ token }) => token.end],
    ["id", ({ token }) => token.id],
    ["special", ({ special }) => special],
    ...result.scores.map(
      (scores, line): CsvColumn<TokenRow> => [
        one ? "score" : `score_${line}`,
        ({ index }) => scores[index] ?? null,
      ],
    ),
    ...(one
      ? [["share", ({ special, share }) => (special ? null : share)] satisfies CsvColumn<TokenRow>]
      : []),
    ...(margins === null
      ? []
      : [["margin", ({ index }) => margins[index] ?? null] satisfies CsvColumn<TokenRow>]),
  ];
  return csvTable(columns, tokenRows(result));
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
