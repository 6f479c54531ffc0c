import {
  type DocumentLanguage,
  expressionTemplate,
  findPrompt,
  type HolePart,
  holesOf,
  type PromptTemplate,
  type ResolvedPrompt,
  resolveTemplate,
  type SourceSpan,
} from "../prompt_source.js";
import type { HoleExpression, HoleValue, Prompt } from "../protocol.js";
import type { PaneQuestion } from "../views/pane_state.js";
import { type HoleAnswers, holeKey } from "./hole_answers.js";

/** A prompt with every hole filled, ready to be sent and to be coloured. */
export interface ReadPrompt {
  readonly wire: Prompt;
  /** One, or one per message: where each character stands in the document. */
  readonly resolved: readonly ResolvedPrompt[];
  readonly span: SourceSpan;
  readonly texts: readonly string[];
  readonly fromSelection: boolean;
  readonly variable: string | null;
  /** What the kernel can be asked again at no risk, and what it answered: changed values make heat stale. */
  readonly names: readonly HoleExpression[];
  readonly values: readonly HoleValue[];
}

export type Reading =
  | { readonly got: "prompt"; readonly prompt: ReadPrompt }
  | { readonly got: "question"; readonly question: PaneQuestion }
  | { readonly got: "nothing"; readonly reason: string };

export interface ReadingHelp {
  /** Asks the kernel; null where there is none to ask. */
  readonly valuesOf:
    | ((expressions: readonly HoleExpression[], consent: boolean) => Promise<readonly HoleValue[]>)
    | null;
  /** Why a value is not known where no kernel is asked, as a sentence. */
  readonly unknown: string;
  /** Expressions of any kind may be evaluated unasked. */
  readonly evaluateFreely: boolean;
  readonly answers: HoleAnswers;
}

interface Piece {
  readonly role: string | null;
  readonly template: PromptTemplate;
}

/** What is the prompt at this place? Asks the kernel for what only it can tell. */
export async function readPrompt(
  source: string,
  selection: SourceSpan,
  language: DocumentLanguage,
  help: ReadingHelp,
): Promise<Reading> {
  const found = findPrompt(source, selection, language);
  switch (found.kind) {
    case "none":
      return { got: "nothing", reason: found.reason };
    case "name":
      return readPieces(
        [{ role: null, template: expressionTemplate(found.name, found.span, true) }],
        found.span,
        help,
        {
          variable: found.name,
          fromSelection: false,
        },
      );
    case "messages":
      return readPieces(found.messages, found.span, help, { variable: null, fromSelection: false });
    case "text":
      return readPieces([{ role: null, template: found.template }], found.template.span, help, {
        variable: null,
        fromSelection: found.origin === "selection",
      });
  }
}

async function readPieces(
  pieces: readonly Piece[],
  span: SourceSpan,
  help: ReadingHelp,
  how: { readonly variable: string | null; readonly fromSelection: boolean },
): Promise<Reading> {
  const holes = pieces.flatMap((piece) => holesOf(piece.template));
  const values = await valuesOf(holes, help);
  const question = questionAbout(holes, values, help);
  if (question !== null) return question;

  const only = values[0];
  const template = pieces[0]?.template;
  if (how.variable !== null && only?.messages && template) {
    const resolved = only.messages.map((message) => resolveTemplate(template, [message.content]));
    return promptOf(
      resolved,
      only.messages.map((each) => each.role),
      span,
      holes,
      values,
      how,
    );
  }
  const texts = values.map((value, index) => textFor(holes[index], value, help.answers));
  let used = 0;
  const resolved = pieces.map((piece) => {
    const count = holesOf(piece.template).length;
    used += count;
    return resolveTemplate(piece.template, texts.slice(used - count, used));
  });
  return promptOf(
    resolved,
    pieces.map((each) => each.role),
    span,
    holes,
    values,
    how,
  );
}

function promptOf(
  resolved: readonly ResolvedPrompt[],
  roles: readonly (string | null)[],
  span: SourceSpan,
  holes: readonly HolePart[],
  values: readonly HoleValue[],
  how: { readonly variable: string | null; readonly fromSelection: boolean },
): Reading {
  const messages = resolved.map((each, index) => ({ role: roles[index] ?? "user", content: each.text }));
  const [first, ...rest] = messages;
  if (first === undefined) return { got: "nothing", reason: "This conversation has no messages." };
  const wire: Prompt =
    roles[0] === null
      ? { form: "text", text: first.content, template: "ask" }
      : { form: "messages", messages: [first, ...rest] };
  const safe = holes.flatMap((hole, index) => (hole.readAtOnce ? [index] : []));
  return {
    got: "prompt",
    prompt: {
      wire,
      resolved,
      span,
      texts: messages.map((each) => each.content),
      ...how,
      names: safe.flatMap((index) => holes[index]?.expression ?? []),
      values: safe.flatMap((index) => values[index] ?? []),
    },
  };
}

/** The kernel's values; what may have effects is evaluated only once all of it is agreed to. */
async function valuesOf(holes: readonly HolePart[], help: ReadingHelp): Promise<readonly HoleValue[]> {
  if (holes.length === 0) return [];
  const expressions = holes.map((hole) => hole.expression);
  const ask = help.valuesOf;
  if (ask === null) {
    return expressions.map(({ source }) => ({
      source,
      status: "failed",
      text: null,
      messages: null,
      problem: help.unknown,
    }));
  }
  const values = await ask(expressions, help.evaluateFreely);
  const open = expressions.flatMap((expression, index) => {
    const value = values[index];
    return value?.status === "needs_consent" && isOpen(expression, value, help.answers)
      ? [{ expression, index }]
      : [];
  });
  if (open.length === 0 || !open.every(({ expression }) => help.answers.mayEvaluate(expression)))
    return values;
  const evaluated = await ask(
    open.map(({ expression }) => expression),
    true,
  );
  return values.map((value, index) => evaluated[open.findIndex((each) => each.index === index)] ?? value);
}

/** The kernel knows best; what the person typed stands in where it does not know. */
function textFor(hole: HolePart | undefined, value: HoleValue, answers: HoleAnswers): string {
  if (value.status === "value" || hole === undefined) return value.text ?? "";
  return answers.typedFor(hole.expression) ?? "";
}

function isOpen(expression: HoleExpression, value: HoleValue, answers: HoleAnswers): boolean {
  return value.status !== "value" && answers.typedFor(expression) === null;
}

/** What must be asked before the prompt is complete; null when nothing. */
function questionAbout(
  holes: readonly HolePart[],
  values: readonly HoleValue[],
  help: ReadingHelp,
): Reading | null {
  const open = new Map<string, { expression: HoleExpression; value: HoleValue }>();
  holes.forEach(({ expression }, index) => {
    const value = values[index];
    if (value && isOpen(expression, value, help.answers))
      open.set(holeKey(expression), { expression, value });
  });
  if (open.size === 0) return null;
  const waiting = [...open.values()].flatMap(({ expression, value }) =>
    value.status === "needs_consent" && !help.answers.ratherTyped(expression) ? [expression] : [],
  );
  if (waiting.length > 0) return { got: "question", question: { ask: "consent", expressions: waiting } };
  return {
    got: "question",
    question: {
      ask: "holes",
      holes: [...open.values()].map(({ expression, value }) => ({
        expression,
        value: "",
        problem: value.problem ?? null,
      })),
    },
  };
}
