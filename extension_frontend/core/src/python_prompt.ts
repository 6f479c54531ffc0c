import type { SyntaxNode } from "@lezer/common";
import { formatHoles } from "./format_holes.js";
import { withJinjaHoles } from "./jinja_holes.js";
import type { FoundPrompt, TemplateMessage } from "./prompt_source.js";
import {
  clipTemplate,
  expressionTemplate,
  type PromptTemplate,
  type SourceSpan,
  TemplateBuilder,
  verbatimTemplate,
} from "./prompt_template.js";
import { groupAt, type LiteralGroup, type PythonCell, readPythonCell } from "./python_cell.js";
import { isPythonName } from "./python_literal.js";

const BYTES = "This is a bytes literal; a prompt is text. Decode it, or select a string.";
const NOTHING_HERE =
  "There is no prompt here: put the cursor in a string or on a variable that holds one, or select the text.";
const DOTTED =
  "Only plain variables are read without running code: select the text, or give the value a name.";
const NOT_WHOLE =
  "This conversation cannot be read whole from the code: run the cell, then right-click the variable that holds it.";

/** The prompt a person means by this selection of Python code. */
export function findPythonPrompt(source: string, selection: SourceSpan): FoundPrompt {
  const cell = readPythonCell(source);
  return selection.from === selection.to ? atCursor(cell, selection.from) : inSelection(cell, selection);
}

/** Literals joined into one template; null if any is bytes. */
export function groupTemplate(group: LiteralGroup): PromptTemplate | null {
  if (group.literals.some((literal) => literal.bytes)) return null;
  const builder = new TemplateBuilder();
  for (const literal of group.literals) builder.append(literal.parts);
  return { parts: builder.parts, span: { from: group.from, to: group.to } };
}

/** Doubled braces of an f-string are braces, and no template's. */
const isFormatted = (group: LiteralGroup): boolean => group.literals.some((literal) => literal.formatted);

function fromGroup(cell: PythonCell, group: LiteralGroup): FoundPrompt {
  const template = groupTemplate(group);
  if (template === null) return { kind: "none", reason: BYTES };
  return isFormatted(group)
    ? { kind: "text", origin: "fstring", template }
    : {
        kind: "text",
        origin: "literal",
        template: formatHoles(cell, group, template) ?? withJinjaHoles(template),
      };
}

function inSelection(cell: PythonCell, selection: SourceSpan): FoundPrompt {
  const bare = withoutParentheses(cell.source, selection);
  for (const group of cell.groups) {
    const whole = [group, ...group.literals.map((literal) => ({ ...literal, literals: [literal] }))];
    for (const candidate of whole) {
      if (candidate.from === bare.from && candidate.to === bare.to) return fromGroup(cell, candidate);
    }
    if (group.from <= selection.from && selection.to <= group.to) {
      const template = groupTemplate(group);
      if (template === null) return { kind: "none", reason: BYTES };
      const clipped = clipTemplate(template, selection);
      return clipped.parts.length === 0
        ? fromGroup(cell, group)
        : { kind: "text", origin: "selection", template: clipped };
    }
  }
  const text = cell.source.slice(bare.from, bare.to);
  const node = cell.tree.resolveInner(bare.from, 1);
  if (isPythonName(text) && node.name === "VariableName") return { kind: "name", name: text, span: bare };
  const array = enclosing(node, "ArrayExpression");
  if (array?.from === bare.from && array.to === bare.to) {
    const conversation = conversationIn(cell, array, bare.from);
    if (conversation !== null) return conversation;
  }
  if (text.trim() === "") return { kind: "none", reason: "The selection is empty." };
  return { kind: "text", origin: "selection", template: verbatimTemplate(cell.source, selection) };
}

/** The selection without the space and the brackets around it. */
function withoutParentheses(source: string, selection: SourceSpan): SourceSpan {
  let { from, to } = selection;
  const trim = () => {
    while (from < to && /\s/.test(source.charAt(from))) from += 1;
    while (to > from && /\s/.test(source.charAt(to - 1))) to -= 1;
  };
  trim();
  while (to - from > 2 && source.charAt(from) === "(" && source.charAt(to - 1) === ")") {
    from += 1;
    to -= 1;
    trim();
  }
  return { from, to };
}

function atCursor(cell: PythonCell, cursor: number): FoundPrompt {
  const group =
    cell.groups.find((one) => one.from < cursor && cursor < one.to) ??
    cell.groups.find((one) => one.from <= cursor && cursor <= one.to);
  if (group !== undefined) {
    const inner = cell.tree.resolveInner(group.from, 1);
    return conversationAround(cell, inner, cursor) ?? fromGroup(cell, group);
  }
  const node = variableAt(cell, cursor) ?? cell.tree.resolveInner(cursor, 0);
  // A variable among the messages is a prompt of its own where the whole cannot be read.
  const conversation = conversationAround(cell, node, cursor);
  const alone = node.name === "VariableName" && node.parent?.name === "ArrayExpression";
  if (conversation !== null && !(conversation.kind === "none" && alone)) return conversation;
  if (node.name === "VariableName") return fromName(cell, node);
  return { kind: "none", reason: node.name === "PropertyName" ? DOTTED : NOTHING_HERE };
}

function variableAt(cell: PythonCell, cursor: number): SyntaxNode | null {
  for (const side of [1, -1] as const) {
    const node = cell.tree.resolveInner(cursor, side);
    if (node.name === "VariableName" || node.name === "PropertyName") return node;
  }
  return null;
}

/** A name: what it is given here if that is a literal, else its value in the kernel. */
function fromName(cell: PythonCell, node: SyntaxNode): FoundPrompt {
  if (namesNoText(cell, node)) return { kind: "none", reason: NOTHING_HERE };
  const given = valueGivenTo(node);
  if (given !== null) {
    const group = groupAt(cell, given);
    if (group !== null && group.to === given.to) return fromGroup(cell, group);
    // What is assigned can be asked of the kernel; an argument cannot.
    const read = node.parent?.name === "ArgList" ? conversationIn : readConversation;
    const conversation = read(cell, given, given.from);
    if (conversation !== null) return conversation;
    if (given.name === "VariableName" && node.parent?.name === "ArgList") return fromName(cell, given);
  }
  if (node.parent?.name === "ArgList" && given !== null) return { kind: "none", reason: DOTTED };
  const span = { from: node.from, to: node.to };
  return { kind: "name", name: cell.source.slice(node.from, node.to), span };
}

/** A function that is called, or what an import, a function or a class of this code names: no prompt. */
function namesNoText(cell: PythonCell, node: SyntaxNode): boolean {
  if (node.parent?.name === "CallExpression" && node.parent.firstChild?.from === node.from) return true;
  const name = cell.source.slice(node.from, node.to);
  let declared = false;
  let assigned = false;
  cell.tree.iterate({
    enter({ node: { name: kind, from, to, parent } }) {
      if (kind !== "VariableName" || cell.source.slice(from, to) !== name || parent === null) return;
      if (parent.name === "ImportStatement") declared = true;
      else if (["FunctionDefinition", "ClassDefinition"].includes(parent.name)) declared = true;
      else if (["AssignStatement", "ForStatement", "ParamList"].includes(parent.name)) assigned = true;
    },
  });
  return declared && !assigned;
}

/** The right side of `name = …` or of the keyword argument `name=…`. */
function valueGivenTo(node: SyntaxNode): SyntaxNode | null {
  const parent = node.parent;
  if (parent?.name !== "AssignStatement" && parent?.name !== "ArgList") return null;
  let operator = node.nextSibling;
  // name: str = "…"
  if (operator?.name === "TypeDef") operator = operator.nextSibling;
  if (operator?.name !== "AssignOp") return null;
  let value = operator.nextSibling;
  while (value?.name === "ParenthesizedExpression") value = value.firstChild?.nextSibling ?? null;
  return value;
}

function enclosing(node: SyntaxNode | null, name: string): SyntaxNode | null {
  let at = node;
  while (at !== null && at.name !== name) at = at.parent;
  return at;
}

function conversationAround(cell: PythonCell, node: SyntaxNode, cursor: number): FoundPrompt | null {
  for (
    let at = enclosing(node, "ArrayExpression");
    at !== null;
    at = enclosing(at.parent, "ArrayExpression")
  ) {
    const conversation = conversationIn(cell, at, cursor);
    if (conversation !== null) return conversation;
  }
  return null;
}

/** The conversation that an array is; one that cannot be read whole is not explained in part. Null: it is none. */
function conversationIn(cell: PythonCell, array: SyntaxNode, cursor: number): FoundPrompt | null {
  if (array.name !== "ArrayExpression") return null;
  const conversation = readConversation(cell, array, cursor);
  if (conversation !== null) return conversation;
  const hasMessage = meaningfulChildren(array).some((element) => isMessage(cell, element));
  return hasMessage ? { kind: "none", reason: NOT_WHOLE } : null;
}

/** `{"role": …, "content": …, …}` or `dict(role=…, …)`, readable or not. */
function isMessage(cell: PythonCell, element: SyntaxNode): boolean {
  if (element.name === "DictionaryExpression") {
    const keys = meaningfulChildren(element).map((key) => plainText(cell, key));
    return keys.includes("role") && keys.includes("content");
  }
  const written = cell.source.slice(element.from, element.to);
  return element.name === "CallExpression" && /^dict\s*\([\s\S]*\brole\s*=/.test(written);
}

const PUNCTUATION = new Set(["[", "]", "{", "}", ",", ":", "Comment"]);

/** `[{"role": …, "content": …}, …]` as a conversation; null if it is anything else. */
function readConversation(cell: PythonCell, array: SyntaxNode, cursor: number): FoundPrompt | null {
  if (array.name !== "ArrayExpression") return null;
  const messages: TemplateMessage[] = [];
  let clicked = 0;
  for (const element of meaningfulChildren(array)) {
    const message = element.name === "DictionaryExpression" ? readMessage(cell, element) : null;
    if (message === null) return null;
    if (element.from <= cursor) clicked = messages.length;
    messages.push(message);
  }
  if (messages.length === 0) return null;
  return { kind: "messages", messages, clicked, span: { from: array.from, to: array.to } };
}

function readMessage(cell: PythonCell, dictionary: SyntaxNode): TemplateMessage | null {
  let role: string | null = null;
  let template: PromptTemplate | null = null;
  const entries = meaningfulChildren(dictionary);
  for (let at = 0; at + 1 < entries.length; at += 2) {
    const [key, value] = [entries[at], entries[at + 1]];
    if (key === undefined || value === undefined) return null;
    const name = plainText(cell, key);
    if (name === "role") role = plainText(cell, value);
    else if (name === "content") template = contentTemplate(cell, value);
    // Tool calls and the like would be lost: the model would read another conversation.
    else return null;
  }
  return role === null || template === null ? null : { role, template };
}

function contentTemplate(cell: PythonCell, node: SyntaxNode): PromptTemplate | null {
  let value = node;
  while (value.name === "ParenthesizedExpression" && value.firstChild?.nextSibling) {
    value = value.firstChild.nextSibling;
  }
  const group = groupAt(cell, value);
  if (group !== null && group.to === value.to) {
    const template = groupTemplate(group);
    return template === null || isFormatted(group) ? template : withJinjaHoles(template);
  }
  if (value.name === "None" || value.name === "ArrayExpression" || value.name === "⚠") return null;
  const source = cell.source.slice(value.from, value.to);
  return expressionTemplate(source, { from: value.from, to: value.to }, value.name === "VariableName");
}

function plainText(cell: PythonCell, node: SyntaxNode): string | null {
  const group = groupAt(cell, node);
  const template = group !== null && group.to === node.to ? groupTemplate(group) : null;
  if (template === null || template.parts.some((part) => part.kind === "hole")) return null;
  return template.parts.map((part) => (part.kind === "text" ? part.text : "")).join("");
}

function meaningfulChildren(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (!PUNCTUATION.has(child.name)) children.push(child);
  }
  return children;
}

/** Every string literal of the document that has no holes, decoded, in source order. */
export function pythonLiterals(source: string): string[] {
  const texts: string[] = [];
  for (const group of readPythonCell(source).groups) {
    const template = groupTemplate(group);
    if (template === null || template.parts.some((part) => part.kind === "hole")) continue;
    texts.push(template.parts.map((part) => (part.kind === "text" ? part.text : "")).join(""));
  }
  return texts;
}

/** Where the literals stand that read like prompts: three words or more, and no docstring. */
export function pythonPromptPlaces(source: string): SourceSpan[] {
  const { groups, tree } = readPythonCell(source);
  return groups.flatMap((group) => {
    const template = groupTemplate(group);
    const words = template?.parts
      .map((part) => (part.kind === "text" ? part.text : "x"))
      .join("")
      .match(/[\p{L}\p{N}]+/gu);
    const node = tree.resolveInner(group.from, 1);
    // A literal that is a statement of its own is documentation.
    const documentation = node.parent?.name === "ExpressionStatement";
    const { from, to } = group;
    return (words?.length ?? 0) < 3 || documentation ? [] : [{ from, to }];
  });
}
