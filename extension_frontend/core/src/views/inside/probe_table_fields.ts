/** A table in the kernel: its variable, and which of its columns hold the texts and their classes. */
import type { Table, TablesResult } from "../../protocol.js";
import { button, type Child, element } from "../element.js";
import { codeLine, labelledField } from "../fields.js";
import { count } from "../figures.js";
import type { Side } from "../side_state.js";
import { type ProbeDraft, takeTable } from "./probe_draft.js";

export interface TableEvents {
  /** A choice was made that other fields depend on. */
  changed(): void;
  /** What tables are there now? */
  tablesAsked(): void;
}

/** `weigh`: something was written. */
export function tableFields(
  draft: ProbeDraft,
  tables: Side<TablesResult>,
  weigh: () => void,
  events: TableEvents,
): Child[] {
  const found = tables.at === "done" ? tables.answer.tables : [];
  const [first] = found;
  if (draft.table === "" && first !== undefined) takeTable(draft, first);
  const columns = found.find(({ name }) => name === draft.table)?.columns ?? [];
  const field = (key: "table" | "text" | "label" | "span", label: string, placeholder: string) => {
    const offered = key === "table" ? found.map(({ name }) => name) : columns;
    const list = `gp-probe-${key}-offered`;
    const written = (text: string) => {
      draft[key] = text;
      weigh();
    };
    return [
      labelledField(
        `probe-${key}`,
        label,
        codeLine(`probe-${key}`, draft[key], written, { placeholder, list }),
      ),
      element(
        "datalist",
        { id: list },
        offered.map((each) => element("option", { value: each })),
      ),
    ];
  };
  return [
    tables.at === "failed"
      ? element("p", { class: "gp-quiet", role: "status" }, [
          `Its tables could not be listed: ${tables.error.message} Write the variable’s name.`,
        ])
      : tables.at !== "done"
        ? element("p", { class: "gp-quiet", role: "status" }, ["Looking for tables in the kernel …"])
        : offeredTables(draft, found, events),
    ...field("table", "Table", "its variable, e.g. reviews"),
    ...field("text", "Texts", "column"),
    ...field("label", "Classes", "column"),
    ...field("span", "Marked words", "column; empty: the whole text"),
    element("p", { class: "gp-quiet" }, [
      "Read at the last token of what is marked, or of the text. Texts with the same marked words are held out together.",
    ]),
    element("div", { class: "gp-buttons" }, [
      button("probe-tables", "Look for tables again", events.tablesAsked, { class: "gp-button gp-link" }),
    ]),
  ];
}

function offeredTables(draft: ProbeDraft, found: readonly Table[], events: TableEvents): Child {
  if (found.length === 0) {
    return element("p", { class: "gp-quiet", role: "status" }, [
      "The kernel holds no table with two columns. Make a DataFrame, or a list of dicts, with the columns text and label.",
    ]);
  }
  return element(
    "div",
    { class: "gp-choices", role: "group", "aria-label": "Tables of the kernel" },
    found.map((table) =>
      element(
        "button",
        {
          type: "button",
          "data-key": `probe-take-${table.name}`,
          "aria-pressed": String(table.name === draft.table),
          title: table.columns.join(", "),
        },
        [`${table.name} (${count(table.rows)} ${table.rows === 1 ? "row" : "rows"})`],
        {
          click: () => {
            takeTable(draft, table);
            events.changed();
          },
        },
      ),
    ),
  );
}
