/** What is to be read: this prompt or the other one, a task that comes with Glasspane, or a table of one's own. */

import type { AttributionResult, Catalogue, PairTemplateResult, TablesResult } from "../../protocol.js";
import { cautionLines } from "../caution_lines.js";
import { type Child, element } from "../element.js";
import { choiceBar, labelledField, menu, optionsOf } from "../fields.js";
import { count, quoted } from "../figures.js";
import type { OtherExplanation } from "../pane_state.js";
import type { Side } from "../side_state.js";
import { otherPromptFields, tokenRow } from "./other_prompt_fields.js";
import { draftedOther, type OtherDraft } from "./patch_draft.js";
import { chosenTask, labelledQuestion, PAIRS, type ProbeDraft, readToken } from "./probe_draft.js";
import { tableFields } from "./probe_table_fields.js";
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
  /** Pairs like these two, where they are made already. */
  readonly pairs: PairTemplateResult | null;
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
  // A pair becomes many by the words after which a model says the same kind of next token.
  const offered = { pairs: result.subject.family === "causal_lm", task: true, frame: state.ownKernel };
  const ofs = optionsOf(OF).filter(([of]) => offered[of]);
  const [first] = ofs;
  if (!offered[draft.of] && first !== undefined) draft.of = first[0];
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
      choiceBar("probe-of", "What is to be read", ofs, draft.of, (of) => {
        draft.of = of;
        if (of === "frame") events.tablesAsked();
        events.changed();
      }),
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
  { result, others, pairs }: ProbeFormState,
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
    pairs === null ? null : madePairs(pairs),
    element("p", { class: "gp-quiet" }, [
      "Pairs like these two are made with other words. A readable layer holds which of the two it was, " +
        "in pairs that the probe was not fitted on. At a token that differs itself, and before any that does, that says little: " +
        "read where the model has had to carry the difference to.",
    ]),
  ];
}

function madePairs({ template, sentence, combinations, warnings }: PairTemplateResult): HTMLElement {
  return element("details", { class: "gp-disclosure" }, [
    element("summary", { "data-key": "disclosure-probe-pairs" }, [
      `Made already: ${count(combinations)} ${combinations === 1 ? "pair" : "pairs"}`,
    ]),
    element("p", { class: "gp-quiet" }, [sentence]),
    ...[template.clean, template.corrupted].map((text) => element("p", { class: "gp-code" }, [text])),
    element(
      "ul",
      { class: "gp-probe-samples gp-quiet" },
      Object.entries(template.words).map(([hole, words]) =>
        element("li", {}, [`{${hole}}: ${words.join(", ")}`]),
      ),
    ),
    ...cautionLines(warnings),
  ]);
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
  const tasks = (catalogue?.probe_tasks ?? []).map(({ name, label }) => [name, label] as const);
  const choice = menu("probe-task", tasks, task.name, (name) => {
    draft.task = name;
    changed();
  });
  return [
    labelledField("probe-task", "Task", choice),
    element("p", { class: "gp-quiet" }, [
      `${task.summary} Read at ${task.read_at}; of one ${task.grouped_by}, all texts are held out together. ` +
        `Classes: ${task.classes.join(", ")}.`,
    ]),
  ];
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
  return labelledField(key, label, input);
}
