/**
 * Reads one Python string literal exactly as Python does, remembering where every decoded character is written.
 *
 * f- and t-strings follow PEP 701 (any quote may stand in a hole), which reads all older f-strings alike.
 */
import { TemplateBuilder, type TemplatePart } from "./prompt_template.js";
import type { HoleExpression } from "./protocol.js";
import { decodeEscape, lineBreakWidth } from "./python_escape.js";

export interface PythonLiteral {
  readonly from: number;
  readonly to: number;
  readonly contentFrom: number;
  readonly contentTo: number;
  readonly bytes: boolean;
  /** An f- or t-string. */
  readonly formatted: boolean;
  /** False: the line or the document ended before the closing quote. */
  readonly closed: boolean;
  /** Nothing for bytes: they are not text. */
  readonly parts: readonly TemplatePart[];
}

/** How the characters between the quotes are to be read. */
interface Style {
  readonly quote: string;
  readonly prefix: string;
  readonly raw: boolean;
  /** Whether a `{` opens a hole. */
  readonly holes: boolean;
}

interface Content {
  readonly parts: readonly TemplatePart[];
  readonly to: number;
  readonly closed: boolean;
}

const OPENING = /([uU]|[bB][rR]?|[rR][bBfFtT]?|[fFtT][rR]?)?('''|"""|'|")/y;
const NAME = /[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{M}\p{Nd}\p{Pc}]*/uy;
const NUMBER = /^[+-]?(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)([eE][+-]?\d+)?j?$/;

/** The literal that starts at `from` (at its prefix or quote), or null if none does. */
export function readLiteral(source: string, from: number): PythonLiteral | null {
  OPENING.lastIndex = from;
  const opening = OPENING.exec(source);
  const quote = opening?.[2];
  if (opening === null || quote === undefined) return null;
  const prefix = (opening[1] ?? "").toLowerCase();
  const formatted = /[ft]/.test(prefix);
  const bytes = prefix.includes("b");
  const style: Style = { quote, prefix, raw: prefix.includes("r"), holes: formatted };
  const contentFrom = from + opening[0].length;
  // A hole that never closes is half-typed: its brace is then text, and the first quote ends the literal.
  const content =
    readContent(source, style, contentFrom) ??
    readContent(source, { ...style, holes: false }, contentFrom) ??
    NOTHING;
  return {
    from,
    to: content.closed ? content.to + quote.length : content.to,
    contentFrom,
    contentTo: content.to,
    bytes,
    formatted,
    closed: content.closed,
    parts: bytes ? [] : content.parts,
  };
}

const NOTHING: Content = { parts: [], to: 0, closed: false };

/** Everything up to the closing quote; null when a hole does not close. */
function readContent(source: string, style: Style, from: number): Content | null {
  const builder = new TemplateBuilder();
  let at = from;
  while (at < source.length) {
    if (source.startsWith(style.quote, at)) return { parts: builder.parts, to: at, closed: true };
    const character = source.charAt(at);
    const lineBreak = lineBreakWidth(source, at);
    if (lineBreak > 0) {
      if (style.quote.length === 1) return { parts: builder.parts, to: at, closed: false };
      builder.write("\n", at, at + lineBreak);
      at += lineBreak;
    } else if (character === "\\") {
      at = style.raw ? readRawBackslash(source, style, at, builder) : readEscape(source, at, builder);
    } else if (style.holes && (character === "{" || character === "}")) {
      if (source.charAt(at + 1) === character) {
        builder.write(character, at, at + 2);
        at += 2;
      } else if (character === "{") {
        const hole = readHole(source, at, style);
        if (hole === null) return null;
        builder.append(hole.parts);
        at = hole.to;
      } else {
        builder.write(character, at, at + 1);
        at += 1;
      }
    } else {
      const width = (source.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
      builder.write(source.slice(at, at + width), at, at + width);
      at += width;
    }
  }
  return { parts: builder.parts, to: at, closed: false };
}

/** In a raw literal a backslash is itself, and so is the quote, backslash or line break after it. */
function readRawBackslash(source: string, style: Style, at: number, builder: TemplateBuilder): number {
  builder.write("\\", at, at + 1);
  const next = source.charAt(at + 1);
  const lineBreak = lineBreakWidth(source, at + 1);
  if (lineBreak > 0) builder.write("\n", at + 1, at + 1 + lineBreak);
  else if (next === "\\" || next === style.quote.charAt(0)) builder.write(next, at + 1, at + 2);
  else return at + 1;
  return at + 1 + Math.max(1, lineBreak);
}

function readEscape(source: string, at: number, builder: TemplateBuilder): number {
  const decoded = decodeEscape(source, at);
  const to = at + decoded.width;
  if (decoded.kind === "text") {
    builder.write(decoded.text, at, to);
  } else {
    const expression = plainExpression(`"${source.slice(at, to)}"`);
    builder.hole({ kind: "hole", expression, span: { from: at, to }, readAtOnce: true });
  }
  return to;
}

const plainExpression = (source: string): HoleExpression => ({ source, conversion: "", format_spec: "" });

/** One replacement field, from its `{` to behind its `}`; null if it does not close. */
function readHole(
  source: string,
  open: number,
  style: Style,
): { readonly parts: readonly TemplatePart[]; readonly to: number } | null {
  const expressionEnd = skipExpression(source, open + 1);
  if (expressionEnd === null) return null;
  const expressionSource = source.slice(open + 1, expressionEnd).trim();
  if (expressionSource === "") return null;

  let at = expressionEnd;
  const selfDocumented = source.charAt(at) === "=";
  if (selfDocumented) at = skipSpace(source, at + 1);
  const documentationEnd = at;

  let conversion: HoleExpression["conversion"] = "";
  if (source.charAt(at) === "!") {
    const letter = /[sra]/.exec(source.charAt(at + 1))?.[0];
    if (letter === undefined) return null;
    conversion = letter as HoleExpression["conversion"];
    at = skipSpace(source, at + 2);
  }
  const spec = source.charAt(at) === ":" ? readFormatSpec(source, at + 1, style) : null;
  if (spec !== null) at = spec.to;
  else if (source.charAt(at) === ":") return null;
  if (source.charAt(at) !== "}") return null;
  const to = at + 1;

  const builder = new TemplateBuilder();
  if (selfDocumented) {
    builder.verbatim(source, open + 1, documentationEnd);
    if (conversion === "" && spec === null) conversion = "r";
  }
  const span = { from: open, to };
  if (spec === null || spec.text !== null) {
    const expression = { source: expressionSource, conversion, format_spec: spec?.text ?? "" };
    builder.hole({ kind: "hole", expression, span, readAtOnce: isSettled(expressionSource) });
  } else {
    // The format has holes of its own: let Python read the field as the f-string it is. The kernel asks
    // before it evaluates one.
    const prefix = style.prefix.replace("t", "f");
    const field = `{ ${expressionSource} ${conversion && `!${conversion}`}:${spec.source}}`;
    const expression = plainExpression(`${prefix}${style.quote}${field}${style.quote}`);
    builder.hole({ kind: "hole", expression, span, readAtOnce: false });
  }
  return { parts: builder.parts, to };
}

/** The end of a hole's expression: its `}`, `:`, `!conversion` or self-documenting `=`. Null if there is none. */
function skipExpression(source: string, from: number): number | null {
  let depth = 0;
  let at = from;
  while (at < source.length) {
    const character = source.charAt(at);
    NAME.lastIndex = at;
    const name = NAME.exec(source);
    const literal = /['"]/.test(source.charAt(at + (name?.[0].length ?? 0))) ? readLiteral(source, at) : null;
    if (literal !== null) {
      if (!literal.closed) return null;
      at = literal.to;
      continue;
    }
    if (name !== null) {
      at += name[0].length;
      continue;
    }
    if (depth === 0) {
      if (character === "}" || character === ":") return at;
      if (character === "!" && source.charAt(at + 1) !== "=") return at;
      if (character === "=" && /[}!:]/.test(source.charAt(skipSpace(source, at + 1)))) return at;
    }
    if (character === "#") {
      while (at < source.length && lineBreakWidth(source, at) === 0) at += 1;
      continue;
    }
    if ("([{".includes(character)) depth += 1;
    else if (")]}".includes(character)) depth -= 1;
    if (depth < 0) return null;
    at += source.startsWith("!=", at) || source.startsWith("==", at) ? 2 : 1;
  }
  return null;
}

/** A format spec up to its field's `}`. `text` is null when it has holes: then `source` is all there is. */
function readFormatSpec(
  source: string,
  from: number,
  style: Style,
): { readonly text: string | null; readonly source: string; readonly to: number } | null {
  const builder = new TemplateBuilder();
  let nested = false;
  let at = from;
  while (at < source.length && source.charAt(at) !== "}") {
    const character = source.charAt(at);
    if (source.startsWith(style.quote, at)) return null;
    if (style.quote.length === 1 && lineBreakWidth(source, at) > 0) return null;
    if (character === "{") {
      const hole = readHole(source, at, style);
      if (hole === null) return null;
      nested = true;
      at = hole.to;
    } else if (character === "\\" && !style.raw) {
      at = readEscape(source, at, builder);
    } else {
      builder.verbatim(source, at, at + 1);
      at += 1;
    }
  }
  if (at >= source.length) return null;
  const first = builder.parts[0];
  const literal = !nested && builder.parts.every((part) => part.kind === "text");
  const text = literal ? (first?.kind === "text" ? first.text : "") : null;
  return { text, source: source.slice(from, at), to: at };
}

/** A name or a literal: reading it runs no code. */
function isSettled(expression: string): boolean {
  if (isPythonName(expression) || NUMBER.test(expression)) return true;
  const literal = readLiteral(expression, 0);
  return (
    literal?.closed === true &&
    literal.to === expression.length &&
    literal.parts.every((p) => p.kind === "text")
  );
}

/** One identifier and nothing else. */
export function isPythonName(text: string): boolean {
  NAME.lastIndex = 0;
  return NAME.exec(text)?.[0].length === text.length && text !== "";
}

/** Whether a name may start at `at`; its end, else `at`. */
export function nameEnd(source: string, at: number): number {
  NAME.lastIndex = at;
  return at + (NAME.exec(source)?.[0].length ?? 0);
}

function skipSpace(source: string, from: number): number {
  let at = from;
  while (/\s/.test(source.charAt(at))) at += 1;
  return at;
}
