/** What is to be read: this prompt or the other one, a task that comes with Glasspane, or a table of one's own. */
import type { AttributionResult, Catalogue, Table, TablesResult } from "../../protocol.js";
import { button, type Child, element } from "../element.js";
import { count, quoted } from "../figures.js";
import type { OtherExplanation } from "../pane_state.js";
import type { Side } from "../side_state.js";
import { otherPromptFields, tokenRow } from "./other_prompt_fields.js";
import { draftedOther, type OtherDraft } from "./patch_draft.js";
import { chosenTask, labelledQuestion, PAIRS, type ProbeDraft, readToken, takeTable } from "./probe_draft.js";
import { swappableTokens } from "./token_swap.js";

export interface ProbeFormEvents {
  /** A choice was made that other fields depend on. */
  changed(): void;
  ask(): void;
  /** What tables are there now? */
  tablesAsked(): void;
  /** Pointer or focus is on a token of the prompt. */
  pointed(token: number | null): void;
}

export interface ProbeFormState {
  readonly result: AttributionResult;
  readonly others: readonly OtherExplanation[];
  readonly catalogue: Catalogue | null;
  readonly tables: Side<TablesResult>;
  /** A kernel of the person's own, which may hold tables. */
  readonly ownKernel: boolean;
  /** The explanation itself is under way. */
  readonly busy: boolean;
}

const OF: Readonly<Record<ProbeDraft["of"], string>> = {
  pairs: "This prompt or the other one",
  task: "A task with exact labels",
  frame: "A table of the kernel",
};

export function probeForm(
  draft: ProbeDraft,
  pair: OtherDraft,
  state: ProbeFormState,
  events: ProbeFormEvents,
): Child[] {
  const { result, busy } = state;
  const go = element("button", { type: "submit", class: "gp-button gp-primary", "data-key": "probe" }, [
    "Probe every layer",
  ]);
  const ofs = (Object.keys(OF) as ProbeDraft["of"][]).filter((of) => of !== "frame" || state.ownKernel);
  if (!ofs.includes(draft.of)) draft.of = "pairs";
  const weigh = () => {
    const ready =
      draft.of === "pairs"
        ? draftedOther(pair, result) !== null
        : labelledQuestion(draft, state.catalogue) !== null;
    go.disabled = busy || !ready;
  };
  const fields: Readonly<Record<ProbeDraft["of"], () => Child[]>> = {
    pairs: () => pairFields(draft, pair, state, weigh, events),
    task: () => taskFields(draft, state.catalogue, events.changed),
    frame: () => tableFields(draft, state.tables, weigh, events),
  };
  const form = element(
    "form",
    { class: "gp-patch-form gp-probe-form" },
    [
      element(
        "div",
        { class: "gp-choices", role: "group", "aria-label": "What is to be read" },
        ofs.map((of) =>
          element(
            "button",
            { type: "button", "data-key": `probe-of-${of}`, "aria-pressed": String(of === draft.of) },
            [OF[of]],
            {
              click: () => {
                draft.of = of;
                if (of === "frame") events.tablesAsked();
                events.changed();
              },
            },
          ),
        ),
      ),
      ...fields[draft.of](),
      element("div", { class: "gp-buttons" }, [go]),
    ],
    {
      submit: (event) => {
        event.preventDefault();
        if (!go.disabled) events.ask();
      },
    },
  );
  weigh();
  return [form];
}

function pairFields(
  draft: ProbeDraft,
  pair: OtherDraft,
  { result, others }: ProbeFormState,
  weigh: () => void,
  events: ProbeFormEvents,
): Child[] {
  const tokens = swappableTokens(result);
  const token = readToken(draft, result);
  const read = tokens.find((each) => each.token.index === token)?.token;
  return [
    ...otherPromptFields("probe", pair, result, others, {
      changed: events.changed,
      written: weigh,
      pointed: events.pointed,
    }),
    element("p", { class: "gp-quiet" }, [
      read === undefined ? "Read at the last token." : `Read at ${quoted(read.text.trim() || read.text)}:`,
    ]),
    tokens.length === 0
      ? null
      : tokenRow(
          "probe-read",
          "Token whose activation is read",
          tokens,
          token,
          (chosen) => {
            draft.token = chosen;
            events.changed();
          },
          events.pointed,
        ),
    numberField("probe-count", "Pairs", draft.count, PAIRS, (value) => {
      draft.count = value;
    }),
    element("p", { class: "gp-quiet" }, [
      "Pairs like these two are made with other words. Yes means: at that layer it can be read which of the two it was, " +
        "in pairs that the probe was not fitted on. At a token that differs itself, and before any that does, that says little: " +
        "read where the model has had to carry the difference to.",
    ]),
  ];
}

function taskFields(draft: ProbeDraft, catalogue: Catalogue | null, changed: () => void): Child[] {
  const task = chosenTask(draft, catalogue);
  if (task === null) {
    return [
      element("p", { class: "gp-quiet", role: "status" }, [
        "The tasks are not known yet: they come with the list of methods.",
      ]),
    ];
  }
  const menu = element(
    "select",
    { class: "gp-input", id: "gp-probe-task", "data-key": "probe-task" },
    (catalogue?.probe_tasks ?? []).map(({ name, label }) =>
      element("option", { value: name, selected: name === task.name }, [label]),
    ),
    {
      change: () => {
        draft.task = menu.value;
        changed();
      },
    },
  );
  return [
    labelled("gp-probe-task", "Task", menu),
    element("p", { class: "gp-quiet" }, [
      `${task.summary} Read at ${task.read_at}; of one ${task.grouped_by}, all texts are held out together. ` +
        `Classes: ${task.classes.join(", ")}.`,
    ]),
  ];
}

function tableFields(
  draft: ProbeDraft,
  tables: Side<TablesResult>,
  weigh: () => void,
  events: ProbeFormEvents,
): Child[] {
  const found = tables.at === "done" ? tables.answer.tables : [];
  const [first] = found;
  if (draft.table === "" && first !== undefined) takeTable(draft, first);
  const columns = found.find(({ name }) => name === draft.table)?.columns ?? [];
  const field = (key: "table" | "text" | "label" | "span", label: string, placeholder: string) => {
    const id = `gp-probe-${key}`;
    const offered = key === "table" ? found.map(({ name }) => name) : columns;
    const input = element(
      "input",
      {
        type: "text",
        class: "gp-input gp-code",
        id,
        "data-key": `probe-${key}`,
        value: draft[key],
        placeholder,
        list: `${id}-offered`,
        spellcheck: "false",
        autocomplete: "off",
      },
      [],
      {
        input: () => {
          draft[key] = input.value;
          weigh();
        },
      },
    );
    return [
      labelled(id, label, input),
      element(
        "datalist",
        { id: `${id}-offered` },
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

function offeredTables(draft: ProbeDraft, found: readonly Table[], events: ProbeFormEvents): Child {
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

function labelled(id: string, label: string, field: HTMLElement): HTMLElement {
  return element("label", { class: "gp-patch-choice", for: id }, [
    element("span", { class: "gp-quiet" }, [label]),
    field,
  ]);
}

function numberField(
  key: string,
  label: string,
  value: number,
  { least, most }: { readonly least: number; readonly most: number },
  taken: (value: number) => void,
): HTMLElement {
  const input = element(
    "input",
    {
      type: "number",
      class: "gp-input",
      id: `gp-${key}`,
      "data-key": key,
      value,
      min: least,
      max: most,
      step: 1,
    },
    [],
    {
      change: () => {
        const written = Math.round(Number(input.value));
        const kept = Number.isFinite(written) ? Math.min(most, Math.max(least, written)) : value;
        input.value = String(kept);
        taken(kept);
      },
    },
  );
  return labelled(`gp-${key}`, label, input);
}
