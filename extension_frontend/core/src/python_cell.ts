/**
 * The literals and the syntax tree of a Python document, Jupyter cells with magics and shell lines included.
 *
 * Literals are read by python_literal.ts. The tree only tells how they stand together, so it is parsed from a
 * copy of equal length in which every literal is blank and every line that is not Python is a comment.
 */
import type { SyntaxNode, Tree } from "@lezer/common";
import { parser } from "@lezer/python";
import { lineBreakWidth } from "./python_escape.js";
import { nameEnd, type PythonLiteral, readLiteral } from "./python_literal.js";

/** Literals that Python joins into one string, because nothing stands between them. */
export interface LiteralGroup {
  readonly from: number;
  readonly to: number;
  readonly literals: readonly PythonLiteral[];
}

export interface PythonCell {
  readonly source: string;
  readonly tree: Tree;
  /** In source order. */
  readonly groups: readonly LiteralGroup[];
}

export function readPythonCell(source: string): PythonCell {
  const { parsable, literals } = scan(source);
  const tree = parser.parse(parsable);
  return { source, tree, groups: groupLiterals(tree, literals) };
}

/** The literals written at exactly this node. */
export function groupAt(cell: PythonCell, node: SyntaxNode): LiteralGroup | null {
  return cell.groups.find((group) => group.from === node.from) ?? null;
}

function groupLiterals(tree: Tree, literals: readonly PythonLiteral[]): LiteralGroup[] {
  const joined: { from: number; to: number }[] = [];
  tree.iterate({
    enter(node) {
      if (node.name === "ContinuedString") joined.push({ from: node.from, to: node.to });
    },
  });
  const groups: LiteralGroup[] = [];
  let next = 0;
  for (let at = 0; at < literals.length; ) {
    const first = literals[at];
    if (first === undefined) break;
    while ((joined[next]?.to ?? Infinity) <= first.from) next += 1;
    const span = joined[next];
    let end = at + 1;
    if (span !== undefined && span.from <= first.from) {
      while ((literals[end]?.from ?? Infinity) < span.to) end += 1;
    }
    const members = literals.slice(at, end);
    groups.push({ from: first.from, to: members[members.length - 1]?.to ?? first.to, literals: members });
    at = end;
  }
  return groups;
}

/** One pass over the source: every literal, and the copy that can be parsed. */
function scan(source: string): { parsable: string; literals: PythonLiteral[] } {
  const literals: PythonLiteral[] = [];
  let parsable = "";
  let depth = 0;
  let statementStart = true;
  let at = 0;
  const copy = (to: number) => {
    parsable += source.slice(at, to);
    at = to;
  };
  const blank = (to: number) => {
    parsable += " ".repeat(to - at);
    at = to;
  };
  while (at < source.length) {
    if (statementStart && depth === 0) {
      const foreign = foreignLine(source, at);
      if (foreign !== null) {
        copy(foreign.from);
        parsable += "#";
        at += 1;
        blank(foreign.to);
        statementStart = true;
        continue;
      }
    }
    const character = source.charAt(at);
    const lineBreak = lineBreakWidth(source, at);
    if (lineBreak > 0) {
      copy(at + lineBreak);
      statementStart = true;
      continue;
    }
    if (character === " " || character === "\t") {
      copy(at + 1);
      continue;
    }
    statementStart = false;
    const wordEnd = nameEnd(source, at);
    const literal = /['"]/.test(source.charAt(wordEnd)) ? readLiteral(source, at) : null;
    if (literal !== null) {
      literals.push(literal);
      // The parser knows no t-strings; with a blank body an f-string is as good.
      parsable += source.slice(at, literal.contentFrom).replace(/t/i, "f");
      at = literal.contentFrom;
      blank(literal.contentTo);
      copy(literal.to);
    } else if (wordEnd > at) {
      copy(wordEnd);
    } else if (character === "#") {
      copy(lineEnd(source, at));
    } else if (character === "\\" && lineBreakWidth(source, at + 1) > 0) {
      copy(at + 1 + lineBreakWidth(source, at + 1));
    } else {
      if ("([{".includes(character)) depth += 1;
      else if (")]}".includes(character)) depth = Math.max(0, depth - 1);
      copy(at + 1);
    }
  }
  return { parsable, literals };
}

const MAGIC_LINE = /[ \t]*(?=[%!?])/y;
const MAGIC_ASSIGNMENT = /[ \t]*[\p{L}_][\p{L}\p{N}_., \t]*=[ \t]*(?=!|%[\p{L}%])/uy;
const HELP_LINE = /[ \t]*[\p{L}_][\p{L}\p{N}_.*]*(?=\?\??[ \t]*(?:\r|\n|$))/uy;

/** A line magic, shell line, help line or their assignment to a name: the stretch that is not Python. */
function foreignLine(source: string, lineStart: number): { from: number; to: number } | null {
  for (const pattern of [MAGIC_LINE, MAGIC_ASSIGNMENT, HELP_LINE]) {
    pattern.lastIndex = lineStart;
    const start = pattern.exec(source);
    if (start === null) continue;
    let to = lineEnd(source, lineStart);
    // A shell line goes on behind a backslash.
    while (source.charAt(to - 1) === "\\" && to < source.length) {
      to = lineEnd(source, to + lineBreakWidth(source, to));
    }
    return { from: lineStart + start[0].length, to };
  }
  return null;
}

function lineEnd(source: string, from: number): number {
  let at = from;
  while (at < source.length && lineBreakWidth(source, at) === 0) at += 1;
  return at;
}
