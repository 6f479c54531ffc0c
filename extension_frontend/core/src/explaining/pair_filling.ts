/** Pairs of prompts from a template, as `gp.pairs` makes them. */
import { GlasspaneFailure } from "../job.js";
import type { PairTemplate } from "../protocol.js";

/** One pair: its texts, and what stands in each hole. */
export interface FilledPair {
  readonly clean: string;
  readonly corrupted: string;
  readonly right: string | null;
  readonly wrong: string | null;
}

/** So many combinations are listed and drawn from; of more, some are drawn at random. */
const LISTED = 20_000;

/** `count` different pairs in an order that depends on `seed` alone; fewer where the words make no more. */
export function filledPairs(template: PairTemplate, count: number, seed: number): FilledPair[] {
  const names = holesOf(template);
  const words = names.map((name) => [
    ...new Set(Object.hasOwn(template.words, name) ? template.words[name] : []),
  ]);
  const missing = names.filter((_, at) => words[at]?.length === 0);
  if (missing.length > 0) {
    throw GlasspaneFailure.of(
      "bad_option",
      `The template has no words for ${missing.map((name) => `{${name}}`).join(", ")}.`,
      "Write the words that may stand there, or take the hole out.",
    );
  }
  const random = randomNumbers(seed);
  const all = words.reduce((product, each) => product * each.length, 1);
  const chosen =
    all <= LISTED ? shuffled(combinations(words), random).slice(0, count) : drawn(words, count, random);
  return chosen.map((choice) => {
    const values = new Map(names.map((name, at) => [name, choice[at] ?? ""]));
    const fill = (text: string) => filledText(text, values);
    const { clean, corrupted, right, wrong } = template;
    return {
      clean: fill(clean),
      corrupted: fill(corrupted),
      right: right === null ? null : fill(right),
      wrong: wrong === null ? null : fill(wrong),
    };
  });
}

/** Pairs that a circuit is found on, and others that it is validated on. */
export interface DividedPairs {
  readonly found: readonly FilledPair[];
  readonly others: readonly FilledPair[];
}

/** `heldOut`: the template of the others; null: they are further pairs of the same one. */
export function dividedPairs(
  template: PairTemplate,
  heldOut: PairTemplate | null,
  count: number,
  seed: number,
): DividedPairs {
  if (heldOut !== null) {
    return { found: filledPairs(template, count, seed), others: filledPairs(heldOut, count, seed) };
  }
  const made = filledPairs(template, 2 * count, seed);
  // Of few pairs, half are left to validate on.
  const half = Math.min(count, Math.ceil(made.length / 2));
  return { found: made.slice(0, half), others: made.slice(half) };
}

const HOLE = /\{\{|\}\}|\{([A-Za-z_]\w*)\}/g;

/** The text with a value in each hole; doubled braces are braces. */
export function filledText(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(HOLE, (found, name: string | undefined) =>
    name === undefined ? found.slice(0, 1) : (values.get(name) ?? found),
  );
}

/** The holes of all its texts, in the order in which they come. */
export function holesOf({ clean, corrupted, right, wrong }: PairTemplate): string[] {
  const texts = [clean, corrupted, right ?? "", wrong ?? ""];
  const names = texts.flatMap((text) => [...text.matchAll(HOLE)].map(([, name]) => name));
  return [...new Set(names.filter((name) => name !== undefined))];
}

/** Every choice of a word for each hole in which no word comes twice. */
function combinations(words: readonly (readonly string[])[]): string[][] {
  return words.reduce<string[][]>(
    (found, each) =>
      found.flatMap((before) =>
        each.filter((word) => !before.includes(word)).map((word) => [...before, word]),
      ),
    [[]],
  );
}

function drawn(words: readonly (readonly string[])[], count: number, random: () => number): string[][] {
  const found = new Map<string, string[]>();
  for (let tries = 0; tries < 20 * count && found.size < count; tries += 1) {
    const choice = words.map((each) => each[Math.floor(random() * each.length)] ?? "");
    if (new Set(choice).size === choice.length) found.set(choice.join("\n"), choice);
  }
  return [...found.values()];
}

function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  const mixed = [...items];
  for (let last = mixed.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [mixed[last], mixed[other]] = [mixed[other] as Item, mixed[last] as Item];
  }
  return mixed;
}

/** Numbers from 0 to 1 that follow from the seed (mulberry32, public domain). */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
