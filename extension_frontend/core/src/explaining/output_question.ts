import { promptLiterals } from "../prompt_source.js";

/** What a person asks about in a cell's output. */
export interface OutputQuestion {
  readonly output: string;
  /** The part marked with the mouse, as offsets into the output; null: all of it. */
  readonly selection: { readonly from: number; readonly to: number } | null;
}

/** What the model was given, and what it went on with. */
export interface Exchange {
  readonly prompt: string;
  readonly completion: string;
}

/** Only what was marked of the answer is asked about; what precedes it belongs to the prompt. */
export function askedOf(whole: Exchange, question: OutputQuestion): Exchange {
  const { selection, output } = question;
  if (selection === null) return whole;
  const text = whole.prompt + whole.completion;
  for (const marked of readings(output.slice(selection.from, selection.to))) {
    // What follows the marked words is shown alike in the output and in the text: count from there.
    const later = output.slice(selection.to).split(marked).length - 1;
    const at = nthFromEnd(text, marked, later) ?? nthFromEnd(text, marked, 0);
    if (at !== null) return exchange(text.slice(0, at), marked);
  }
  return whole;
}

/** Where no prompt is known: what stands before the marked words, within a quoted text if that is what was printed. */
export function askedOfUnknown({ output, selection }: OutputQuestion): Exchange | null {
  if (selection === null) return null;
  const marked = output.slice(selection.from, selection.to);
  if (marked.trim() === "") return null;
  if (/^\s*(?:[[{(]|[rbuRBU]*['"])/.test(output)) {
    const literal = promptLiterals(output.trim()).find((text) => text.includes(marked));
    if (literal !== undefined) return askedOf({ prompt: "", completion: literal }, { output, selection });
  }
  return exchange(output.slice(0, selection.from).trimStart(), marked);
}

/** Marked text as it is, without the space around it, and with its escapes read. */
function readings(marked: string): string[] {
  const bare = marked.trim();
  if (bare === "") return [];
  const decoded = bare.includes("\\") ? promptLiterals(`"${bare.replaceAll('"', '\\"')}"`) : [];
  return [bare, ...decoded];
}

/** Tokens carry the space before a word; a selection usually leaves it with the prompt. */
function exchange(prompt: string, completion: string): Exchange {
  const kept = prompt.trimEnd();
  return { prompt: kept, completion: prompt.slice(kept.length) + completion.trimEnd() };
}

function nthFromEnd(text: string, part: string, later: number): number | null {
  let at = text.length;
  for (let left = later; left >= 0; left -= 1) {
    at = at === 0 ? -1 : text.lastIndexOf(part, at - 1);
    if (at < 0) return null;
  }
  return at;
}
