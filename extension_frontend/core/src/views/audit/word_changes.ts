/** What one text has that another has not, word by word. */

export interface WordRun {
  readonly kind: "same" | "added" | "gone";
  readonly text: string;
}

/** Longer texts are not compared word by word: the table would grow with the square. */
const MOST_WORDS = 600;

/** The longest common subsequence of words and blanks; both texts can be put together again from it. */
export function wordChanges(before: string, after: string): WordRun[] {
  const from = wordsOf(before);
  const to = wordsOf(after);
  if (from.length > MOST_WORDS || to.length > MOST_WORDS) {
    return before === after ? [{ kind: "same", text: after }] : [{ kind: "added", text: after }];
  }
  const wide = to.length + 1;
  const longest = new Uint16Array((from.length + 1) * wide);
  for (let i = from.length - 1; i >= 0; i -= 1) {
    for (let j = to.length - 1; j >= 0; j -= 1) {
      longest[i * wide + j] =
        from[i] === to[j]
          ? 1 + (longest[(i + 1) * wide + j + 1] ?? 0)
          : Math.max(longest[(i + 1) * wide + j] ?? 0, longest[i * wide + j + 1] ?? 0);
    }
  }
  const runs: { kind: WordRun["kind"]; text: string }[] = [];
  const add = (kind: WordRun["kind"], text: string) => {
    const last = runs.at(-1);
    if (last?.kind === kind) last.text += text;
    else runs.push({ kind, text });
  };
  let [i, j] = [0, 0];
  while (i < from.length || j < to.length) {
    const [one, other] = [from[i], to[j]];
    if (one !== undefined && one === other) {
      add("same", one);
      i += 1;
      j += 1;
    } else if (
      one !== undefined &&
      (other === undefined || (longest[(i + 1) * wide + j] ?? 0) >= (longest[i * wide + j + 1] ?? 0))
    ) {
      add("gone", one);
      i += 1;
    } else {
      add("added", other ?? "");
      j += 1;
    }
  }
  return runs;
}

const wordsOf = (text: string): readonly string[] => text.match(/\s+|[^\s]+/g) ?? [];
