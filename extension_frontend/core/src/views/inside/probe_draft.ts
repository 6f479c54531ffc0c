/** What is to be read off the layers, as it stands in the form; kept as long as the pane lives. */

import { writtenText } from "../../explaining/other_prompt.js";
import type {
  AttributionResult,
  Catalogue,
  LabelledText,
  PairTemplate,
  PairTemplateResult,
  ProbeRequest,
  ProbeResult,
  Table,
} from "../../protocol.js";
import type { ComparedPrompt, ProbeQuestion, Side } from "../side_state.js";
import { swappableTokens } from "./token_swap.js";

export interface ProbeDraft {
  of: ProbeQuestion["of"];
  /** The token of the prompt that is read; null: the last one. */
  token: number | null;
  /** Pairs that are made of a template. */
  count: number;
  task: string;
  table: string;
  text: string;
  label: string;
  span: string;
}

export const PAIRS = { least: 20, first: 100, most: 400 } as const;

export const emptyProbeDraft = (): ProbeDraft => ({
  of: "pairs",
  token: null,
  count: PAIRS.first,
  task: "",
  table: "",
  text: "",
  label: "",
  span: "",
});

/** The token that is read, of those that can be; the last one where none is meant. */
export function readToken({ token }: ProbeDraft, result: AttributionResult): number | null {
  const tokens = swappableTokens(result);
  const chosen = tokens.find((each) => each.token.index === token) ?? tokens.at(-1);
  return chosen?.token.index ?? null;
}

/** A template that is there for just these two prompts; null: it has to be asked for. `known`: an other prompt whose template it is. */
export function fittingTemplate(
  template: Side<PairTemplateResult>,
  other: ComparedPrompt,
  known: ComparedPrompt | null,
): PairTemplateResult | null {
  if (template.at !== "done") return null;
  const { answer } = template;
  const fits =
    other.from === "text"
      ? other.text === writtenText(answer.request.pair.corrupted)
      : known?.from === "explanation" && known.id === other.id;
  return fits ? answer : null;
}

/** What is asked of a task or a table; null: something is missing in the form. */
export function labelledQuestion(draft: ProbeDraft, catalogue: Catalogue | null): ProbeQuestion | null {
  if (draft.of === "task") {
    const task = chosenTask(draft, catalogue);
    return task === null ? null : { of: "task", name: task.name };
  }
  const [name, text, label, span] = [draft.table, draft.text, draft.label, draft.span].map((each) =>
    each.trim(),
  ) as [string, string, string, string];
  return name === "" || text === "" || label === ""
    ? null
    : { of: "frame", name, text, label, span: span === "" ? null : span };
}

export function pairsQuestion(
  draft: ProbeDraft,
  template: PairTemplate,
  result: AttributionResult,
): ProbeQuestion {
  return { of: "pairs", template, count: draft.count, token: readToken(draft, result) };
}

export function chosenTask({ task }: ProbeDraft, catalogue: Catalogue | null) {
  const tasks = catalogue?.probe_tasks ?? [];
  return tasks.find(({ name }) => name === task) ?? tasks[0] ?? null;
}

/** Names under which people keep texts, classes and what is marked. */
const USUAL = {
  text: ["text", "sentence", "prompt", "review", "content"],
  label: ["label", "class", "target", "category", "y"],
  span: ["span"],
} as const;

/** Takes a table, and of its columns those that are called as such columns usually are. */
export function takeTable(draft: ProbeDraft, { name, columns }: Pick<Table, "name" | "columns">): void {
  const called = (names: readonly string[]) => columns.find((column) => names.includes(column.toLowerCase()));
  const text = called(USUAL.text) ?? columns[0] ?? "";
  const label = called(USUAL.label) ?? columns.find((column) => column !== text) ?? "";
  Object.assign(draft, { table: name, text, label, span: called(USUAL.span) ?? "" });
}

/** What an answer was asked by, for who did not keep the question; null: its texts came with the request. */
export function probeQuestionBehind({ request: { examples } }: ProbeResult): ProbeQuestion | null {
  switch (examples.source) {
    case "task":
      return { of: "task", name: examples.name };
    case "frame": {
      const { name, text, label, span } = examples;
      return { of: "frame", name, text, label, span };
    }
    case "rows":
      return null;
  }
}

/** Whether two answers are about the same texts. */
export function sameExamples(
  one: Pick<ProbeRequest, "examples">,
  other: Pick<ProbeRequest, "examples">,
): boolean {
  return JSON.stringify(one.examples) === JSON.stringify(other.examples);
}

/** A labelled text as it is shown: its marked stretch apart. */
export function aroundSpan({ text, start, end }: LabelledText): readonly [string, string, string] {
  const points = Array.from(text);
  if (start === null || end === null) return [text, "", ""];
  return [points.slice(0, start).join(""), points.slice(start, end).join(""), points.slice(end).join("")];
}
