import type { HoleExpression } from "./protocol.js";

/** A half-open stretch of a document, in UTF-16 units. */
export interface SourceSpan {
  readonly from: number;
  readonly to: number;
}

/** Text the document spells out; `spans[i]` is where its i-th UTF-16 unit is written. */
export interface TextPart {
  readonly kind: "text";
  readonly text: string;
  readonly spans: readonly SourceSpan[];
}

/** Something only the kernel can tell: an f-string hole, a variable, a `\N{…}` escape. */
export interface HolePart {
  readonly kind: "hole";
  readonly expression: HoleExpression;
  readonly span: SourceSpan;
  /** A name or a literal: the kernel answers without running any code. */
  readonly readAtOnce: boolean;
}

export type TemplatePart = TextPart | HolePart;

/** A prompt as the document holds it: text, and holes whose values the kernel has. */
export interface PromptTemplate {
  readonly parts: readonly TemplatePart[];
  /** The whole literal, its quotes included, or the selection. */
  readonly span: SourceSpan;
}

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

export type DocumentLanguage = "python" | "text";

/** A template with its holes filled. */
export interface ResolvedPrompt {
  readonly text: string;
  /** The whole literal(s) or selection, as in the template. */
  readonly span: SourceSpan;
  /** Where code points `start..end` of `text` are written; a hole's characters are its whole span. */
  spansOf(start: number, end: number): SourceSpan[];
}

export function findPrompt(source: string, selection: SourceSpan, language: DocumentLanguage): FoundPrompt {
  throw new Error(`not yet ${source} ${selection} ${language}`);
}

/** The holes of a template, in order: what to ask the kernel for. */
export function holesOf(template: PromptTemplate): HolePart[] {
  return template.parts.filter((part) => part.kind === "hole");
}

/** Fills the holes with `values`, one per hole in order. */
export function resolveTemplate(template: PromptTemplate, values: readonly string[]): ResolvedPrompt {
  throw new Error(`not yet ${template} ${values}`);
}

/** The text of every string literal of a Python cell that has no holes, in source order. */
export function promptLiterals(source: string): string[] {
  throw new Error(`not yet ${source}`);
}
