/** `"… {name} …".format(name=…)`: its fields are holes, whose values are the arguments. */
import type { SyntaxNode } from "@lezer/common";
import { type PromptTemplate, type SourceSpan, TemplateBuilder } from "./prompt_template.js";
import type { HoleExpression } from "./protocol.js";
import type { LiteralGroup, PythonCell } from "./python_cell.js";

interface Argument {
  readonly source: string;
  /** A name: the kernel answers without running any code. */
  readonly isName: boolean;
}

/** By their names, and by their places from 0 as text. */
type Arguments = ReadonlyMap<string, Argument>;

const FIELD =
  /\{\{|\}\}|\{(?<name>[\p{L}\p{Nl}_][\p{L}\p{N}\p{M}\p{Pc}]*|\d*)(?:!(?<how>[rsa]))?(?::(?<spec>[^{}]*))?\}/gu;

/** The literals' template with its fields as holes; null: no `.format` follows, or one that cannot be read here. */
export function formatHoles(
  cell: PythonCell,
  group: LiteralGroup,
  template: PromptTemplate,
): PromptTemplate | null {
  const given = argumentsOf(cell, group);
  return given === null ? null : withFields(template, given);
}

function argumentsOf(cell: PythonCell, group: LiteralGroup): Arguments | null {
  const callee = memberBehind(cell, group);
  const call = callee?.parent;
  const list =
    call?.name === "CallExpression" && call.firstChild?.from === callee?.from ? call.lastChild : null;
  return list?.name === "ArgList" ? argumentsIn(cell, list) : null;
}

/** `"…".format`, brackets around the literals included. */
function memberBehind(cell: PythonCell, group: LiteralGroup): SyntaxNode | null {
  let node: SyntaxNode | null = cell.tree.resolveInner(group.from, 1);
  while (node !== null && (node.to <= group.to || node.name === "ParenthesizedExpression"))
    node = node.parent;
  const property = node?.name === "MemberExpression" ? node.lastChild : null;
  const isFormat =
    property?.name === "PropertyName" && cell.source.slice(property.from, property.to) === "format";
  return isFormat ? node : null;
}

function argumentsIn(cell: PythonCell, list: SyntaxNode): Arguments | null {
  const found = new Map<string, Argument>();
  let place = 0;
  let name: string | null = null;
  for (let node = list.firstChild; node !== null; node = node.nextSibling) {
    if (["(", ")", ",", "Comment", "AssignOp"].includes(node.name)) continue;
    // What unpacks, or is not written to its end, has names that only running it would tell.
    if (["*", "**", "⚠"].includes(node.name)) return null;
    const source = cell.source.slice(node.from, node.to);
    if (name === null && node.nextSibling?.name === "AssignOp") {
      name = source;
      continue;
    }
    found.set(name ?? String(place), { source, isName: node.name === "VariableName" });
    if (name === null) place += 1;
    name = null;
  }
  return found;
}

function withFields(template: PromptTemplate, given: Arguments): PromptTemplate | null {
  const builder = new TemplateBuilder();
  let automatic = 0;
  for (const part of template.parts) {
    if (part.kind === "hole") {
      builder.hole(part);
      continue;
    }
    const { text, spans } = part;
    let done = 0;
    const upTo = (end: number) => {
      const between = text.slice(done, end);
      builder.place(between, spans.slice(done, end));
      return !/[{}]/.test(between);
    };
    for (const match of text.matchAll(FIELD)) {
      const [whole] = match;
      const span = joined(spans, match.index, whole.length);
      if (span === null || !upTo(match.index)) return null;
      done = match.index + whole.length;
      if (match.groups?.name === undefined) {
        builder.place(whole.charAt(0), [span]);
        continue;
      }
      const { name, how = "", spec = "" } = match.groups;
      const argument = given.get(name === "" ? String(automatic) : name);
      if (name === "") automatic += 1;
      if (argument === undefined) return null;
      const expression: HoleExpression = {
        source: argument.source,
        conversion: how as HoleExpression["conversion"],
        format_spec: spec,
      };
      builder.hole({ kind: "hole", expression, span, readAtOnce: argument.isName });
    }
    if (!upTo(text.length)) return null;
  }
  return { parts: builder.parts, span: template.span };
}

function joined(spans: readonly SourceSpan[], at: number, length: number): SourceSpan | null {
  const [first, last] = [spans[at], spans[at + length - 1]];
  return first === undefined || last === undefined ? null : { from: first.from, to: last.to };
}
