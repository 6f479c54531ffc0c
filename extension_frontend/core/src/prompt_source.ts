/** What is the prompt? One answer for every host, from a document's text and the person's selection. */
import { cellMagic } from "./cell_magic.js";
import { withJinjaHoles } from "./jinja_holes.js";
import {
  expressionTemplate,
  type PromptTemplate,
  type SourceSpan,
  verbatimTemplate,
} from "./prompt_template.js";
import { findPythonPrompt, pythonLiterals, pythonPromptPlaces } from "./python_prompt.js";

export * from "./prompt_template.js";

export interface TemplateMessage {
  readonly role: string;
  readonly template: PromptTemplate;
}

export type FoundPrompt =
  | {
      readonly kind: "text";
      readonly origin: "selection" | "literal" | "fstring" | "paragraph";
      readonly template: PromptTemplate;
    }
  | { readonly kind: "name"; readonly name: string; readonly span: SourceSpan }
  | {
      readonly kind: "messages";
      readonly messages: readonly TemplateMessage[];
      /** The message under the cursor. */
      readonly clicked: number;
      readonly span: SourceSpan;
    }
  | { readonly kind: "none" /** A sentence for the person. */; readonly reason: string };

/** "text" is anything that is not Python: Markdown, Jinja, plain text. */
export type DocumentLanguage = "python" | "text";

/**
 * The prompt meant by a selection (empty: a cursor), in UTF-16 offsets of `source`.
 *
 * In Python: a selection within a literal is that part of it, decoded; a selected literal, list of messages or name
 * is what it stands for; any other selection is taken as it stands. A cursor means the literal around it with
 * all that Python joins to it, the conversation whose message it is in, or else the variable it is on. In text, a
 * cursor means its paragraph; under `%%explain`, the whole body. Names in double braces (`{{ name }}`) are holes
 * wherever a cursor means a literal that is no f-string, a message or a paragraph; in a selection they are text.
 */
export function findPrompt(source: string, selection: SourceSpan, language: DocumentLanguage): FoundPrompt {
  const from = clamp(Math.min(selection.from, selection.to), source.length);
  const to = clamp(Math.max(selection.from, selection.to), source.length);
  if (language === "text") return findTextPrompt(source, { from, to }, 0, false);
  const magic = cellMagic(source);
  if (magic !== null && !magic.bodyIsPython && to >= magic.bodyFrom) {
    return findTextPrompt(source, { from, to }, magic.bodyFrom, magic.name === "explain");
  }
  return findPythonPrompt(source, { from, to });
}

/** The templates to resolve for a found prompt: one, or one per message; a name is a template of one hole. */
export function templatesOf(found: FoundPrompt): PromptTemplate[] {
  switch (found.kind) {
    case "text":
      return [found.template];
    case "name":
      return [expressionTemplate(found.name, found.span, true)];
    case "messages":
      return found.messages.map((message) => message.template);
    case "none":
      return [];
  }
}

/** The text of every string literal of a Python cell that has no holes, in source order. */
export function promptLiterals(source: string): string[] {
  const magic = cellMagic(source);
  return magic === null || magic.bodyIsPython ? pythonLiterals(source) : [];
}

/** Where the literals of a Python cell stand that read like prompts, in source order. */
export function promptPlaces(source: string): SourceSpan[] {
  const magic = cellMagic(source);
  return magic === null || magic.bodyIsPython ? pythonPromptPlaces(source) : [];
}

function findTextPrompt(source: string, selection: SourceSpan, start: number, whole: boolean): FoundPrompt {
  const span =
    selection.from < selection.to
      ? { from: Math.max(start, selection.from), to: selection.to }
      : whole
        ? trimmedEnd(source, start)
        : paragraphAround(source, selection.from, start);
  if (source.slice(span.from, span.to).trim() === "") {
    return {
      kind: "none",
      reason: "There is no text here: put the cursor in a paragraph, or select the text.",
    };
  }
  const template = verbatimTemplate(source, span);
  // What a person selects is taken as it stands.
  return selection.from < selection.to
    ? { kind: "text", origin: "selection", template }
    : { kind: "text", origin: "paragraph", template: withJinjaHoles(template) };
}

function trimmedEnd(source: string, from: number): SourceSpan {
  return { from, to: from + source.slice(from).replace(/[\r\n]+$/, "").length };
}

/** The lines around the cursor up to the next blank ones, without the last line end. */
function paragraphAround(source: string, cursor: number, start: number): SourceSpan {
  const lines: { from: number; to: number; blank: boolean }[] = [];
  let at = start;
  for (const line of source.slice(start).split(/(?<=\r\n|\n|\r(?!\n))/)) {
    const text = line.replace(/[\r\n]+$/, "");
    lines.push({ from: at, to: at + text.length, blank: text.trim() === "" });
    at += line.length;
  }
  let first = lines.length - 1;
  while (first > 0 && (lines[first]?.from ?? 0) > cursor) first -= 1;
  let last = first;
  if (lines[first]?.blank !== false) return { from: cursor, to: cursor };
  while (lines[first - 1]?.blank === false) first -= 1;
  while (lines[last + 1]?.blank === false) last += 1;
  return { from: lines[first]?.from ?? cursor, to: lines[last]?.to ?? cursor };
}

const clamp = (offset: number, length: number) => Math.max(0, Math.min(offset, length));
