/** Where a prompt stands in a document that is being edited, and what its source says by now. */
import type { ChangeDesc, ChangeSet, Text } from "@codemirror/state";
import { type DocumentLanguage, findPrompt, type SourceSpan, templatesOf } from "../prompt_source.js";

export interface PromptPlace {
  readonly span: SourceSpan;
  /** Where the person pointed: reading from there finds the prompt. */
  readonly at: SourceSpan;
  readonly language: DocumentLanguage;
}

/** Where a prompt stands after an edit. */
interface Moved {
  readonly span: SourceSpan;
  readonly at: SourceSpan;
  /** As {@link lookUp} has it; undefined: the edit did not reach the prompt, which says what it did. */
  readonly said: string | null | undefined;
}

/** The prompt found from a place: what it says (its roles, texts and holes) and where it stands; nothing where none is found. */
export function lookUp(
  doc: Text,
  at: SourceSpan,
  language: DocumentLanguage,
): { readonly said: string | null; readonly span: SourceSpan | null } {
  const found = findPrompt(doc.toString(), at, language);
  if (found.kind === "none") return { said: null, span: null };
  const roles = found.kind === "messages" ? found.messages.map(({ role }) => role) : [];
  const texts = templatesOf(found).map(({ parts }) =>
    parts.map((part) => (part.kind === "text" ? part.text : part.expression)),
  );
  return {
    said: JSON.stringify([roles, texts]),
    span: found.kind === "text" ? found.template.span : found.span,
  };
}

/** Edits elsewhere only shift a prompt; after one that may reach it, it is read anew. Null: it was deleted. */
export function afterEdit(place: PromptPlace, changes: ChangeSet, before: Text, after: Text): Moved | null {
  const span = { from: changes.mapPos(place.span.from, 1), to: changes.mapPos(place.span.to, -1) };
  if (span.from >= span.to) return null;
  const at = atAfter(place, span, changes);
  const { from, to } = reach(place, before);
  if (changes.touchesRange(from, to) === false) return { span, at, said: undefined };
  const found = lookUp(after, at, place.language);
  return { span: found.span ?? span, at, said: found.said };
}

/** A cursor within the prompt stays within it; a selection goes on meaning what was selected. */
function atAfter({ at, span }: PromptPlace, now: SourceSpan, changes: ChangeDesc): SourceSpan {
  if (at.from < at.to) return { from: changes.mapPos(at.from, 1), to: changes.mapPos(at.to, -1) };
  const cursor = changes.mapPos(at.from, 1);
  if (at.from < span.from || at.from > span.to) return { from: cursor, to: cursor };
  const inside = Math.min(Math.max(cursor, now.from), now.to);
  return { from: inside, to: inside };
}

/** As far as an edit can join something to the prompt: over space, line ends and comments. */
function reach({ span }: PromptPlace, doc: Text): SourceSpan {
  const before = doc.sliceString(Math.max(0, span.from - LONGEST_GAP), span.from);
  const after = doc.sliceString(span.to, span.to + LONGEST_GAP);
  return {
    from: span.from - (before.length - before.trimEnd().length),
    to: span.to + (/^(?:\s|\\|#.*)*/.exec(after)?.[0].length ?? 0),
  };
}

const LONGEST_GAP = 1000;
