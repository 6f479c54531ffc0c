import { CodePointIndex } from "./offsets.js";
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

/** A template with its holes filled. */
export interface ResolvedPrompt {
  readonly text: string;
  /** The whole literal(s) or selection, as in the template. */
  readonly span: SourceSpan;
  /** Its holes, in the order in which they are written. */
  readonly holes: readonly { readonly expression: HoleExpression; readonly span: SourceSpan }[];
  /** Where code points `start..end` of `text` are written; a hole's characters are its whole span. */
  spansOf(start: number, end: number): SourceSpan[];
}

/** The holes of a template, in order: what to ask the kernel for. */
export function holesOf(template: PromptTemplate): HolePart[] {
  return template.parts.filter((part) => part.kind === "hole");
}

/** A template of one hole: the value of an expression written at `span`. */
export function expressionTemplate(source: string, span: SourceSpan, readAtOnce: boolean): PromptTemplate {
  const expression: HoleExpression = { source, conversion: "", format_spec: "" };
  return { parts: [{ kind: "hole", expression, span, readAtOnce }], span };
}

/** Text as it stands in the document, line ends read as Python reads them. */
export function verbatimTemplate(source: string, span: SourceSpan): PromptTemplate {
  const builder = new TemplateBuilder();
  builder.verbatim(source, span.from, span.to);
  return { parts: builder.parts, span };
}

/** Collects parts, joining neighbouring text. */
export class TemplateBuilder {
  readonly parts: TemplatePart[] = [];
  private text = "";
  private spans: SourceSpan[] = [];
  private open = false;

  /** `decoded` is written at from…to: each of its units maps to all of it. */
  write(decoded: string, from: number, to: number): void {
    const span = { from, to };
    this.place(
      decoded,
      Array.from({ length: decoded.length }, () => span),
    );
  }

  /** Text with the place of each of its units. */
  place(text: string, spans: readonly SourceSpan[]): void {
    if (text === "") return;
    if (!this.open) {
      this.text = "";
      this.spans = [];
      this.open = true;
      this.parts.push({ kind: "text", text: "", spans: this.spans });
    }
    this.text += text;
    for (const span of spans) this.spans.push(span);
    this.parts[this.parts.length - 1] = { kind: "text", text: this.text, spans: this.spans };
  }

  /** Source text that stands for itself; `\r\n` and `\r` are one `\n`, as Python and text mode read them. */
  verbatim(source: string, from: number, to: number): void {
    for (let at = from; at < to; ) {
      const character = source.charAt(at);
      if (character === "\r") {
        const width = source[at + 1] === "\n" && at + 1 < to ? 2 : 1;
        this.write("\n", at, at + width);
        at += width;
      } else {
        const width = (source.codePointAt(at) ?? 0) > 0xffff && at + 1 < to ? 2 : 1;
        this.write(source.slice(at, at + width), at, at + width);
        at += width;
      }
    }
  }

  hole(part: HolePart): void {
    this.parts.push(part);
    this.open = false;
  }

  append(parts: readonly TemplatePart[]): void {
    for (const part of parts) {
      if (part.kind === "hole") this.hole(part);
      else this.place(part.text, part.spans);
    }
  }
}

/** The part of a template that is written within `span`; a hole or escape cut in two is kept whole. */
export function clipTemplate(template: PromptTemplate, span: SourceSpan): PromptTemplate {
  const builder = new TemplateBuilder();
  const inside = (at: SourceSpan) => at.from < span.to && at.to > span.from;
  for (const part of template.parts) {
    if (part.kind === "hole") {
      if (inside(part.span)) builder.hole(part);
      continue;
    }
    for (let unit = 0; unit < part.text.length; unit += 1) {
      const at = part.spans[unit];
      if (at !== undefined && inside(at)) builder.place(part.text.charAt(unit), [at]);
    }
  }
  return { parts: builder.parts, span };
}

/** Fills the holes with `values`, one per hole in order. */
export function resolveTemplate(template: PromptTemplate, values: readonly string[]): ResolvedPrompt {
  const holes = holesOf(template);
  if (values.length !== holes.length) {
    throw new RangeError(`The prompt has ${holes.length} holes but ${values.length} values were given.`);
  }
  let text = "";
  let filled = 0;
  const unitSpans: SourceSpan[] = [];
  for (const part of template.parts) {
    if (part.kind === "text") {
      text += part.text;
      for (const span of part.spans) unitSpans.push(span);
    } else {
      const value = values[filled] ?? "";
      filled += 1;
      text += value;
      for (let unit = 0; unit < value.length; unit += 1) unitSpans.push(part.span);
    }
  }
  const index = new CodePointIndex(text);
  return {
    text,
    span: template.span,
    holes,
    spansOf: (start, end) => joinedSpans(unitSpans.slice(index.toUtf16(start), index.toUtf16(end))),
  };
}

/** The same places as few, ascending, disjoint spans. */
export function joinedSpans(spans: readonly SourceSpan[]): SourceSpan[] {
  const joined: SourceSpan[] = [];
  const ascending = [...spans].sort((one, other) => one.from - other.from || one.to - other.to);
  for (const span of ascending) {
    const last = joined[joined.length - 1];
    if (last !== undefined && span.from <= last.to) {
      if (span.to > last.to) joined[joined.length - 1] = { from: last.from, to: span.to };
    } else {
      joined.push({ from: span.from, to: span.to });
    }
  }
  return joined;
}
