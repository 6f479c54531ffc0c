/** What a circuit is looked for on, as it stands in the form: a template, its words, and how. */
import { type DividedPairs, dividedPairs, holesOf } from "../../explaining/pair_filling.js";
import { GlasspaneFailure } from "../../job.js";
import type { CircuitRequest, PairTemplate } from "../../protocol.js";
import type { CircuitQuestion } from "../side_state.js";

export interface TemplateDraft {
  clean: string;
  corrupted: string;
  /** Empty: the model's own. */
  right: string;
  wrong: string;
  /** By hole, words with commas between them. */
  readonly words: Map<string, string>;
}

export interface CircuitDraft {
  /** Null: no template was made yet. */
  template: TemplateDraft | null;
  count: number;
  ablation: CircuitRequest["ablation"];
  enough: number;
  /** Of other texts with the same holes; both empty: it is validated on further pairs of the template itself. */
  readonly heldOut: { clean: string; corrupted: string };
}

export const emptyCircuitDraft = (): CircuitDraft => ({
  template: null,
  count: 16,
  ablation: "resample",
  enough: 0.9,
  heldOut: { clean: "", corrupted: "" },
});

export function draftOf({ clean, corrupted, right, wrong, words }: PairTemplate): TemplateDraft {
  return {
    clean,
    corrupted,
    right: right ?? "",
    wrong: wrong ?? "",
    words: new Map(Object.entries(words).map(([hole, each]) => [hole, each.join(", ")])),
  };
}

function templateOf({ clean, corrupted, right, wrong, words }: TemplateDraft): PairTemplate {
  return {
    clean,
    corrupted,
    right: right === "" ? null : right,
    wrong: wrong === "" ? null : wrong,
    words: Object.fromEntries([...words].map(([hole, written]) => [hole, wordsIn(written)])),
  };
}

function wordsIn(written: string): string[] {
  return written
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
}

/** The holes that the texts have now; those that were written anew have no words yet. */
export function draftedHoles(template: TemplateDraft): string[] {
  return holesOf(templateOf(template));
}

/** What is asked by the form as it stands. Throws what `dividedPairs` throws, and where only half of a template is written. */
export function circuitQuestion({
  template,
  count,
  ablation,
  enough,
  heldOut,
}: CircuitDraft): CircuitQuestion {
  if (template === null) throw new Error("a circuit is asked for with a template");
  const { clean, corrupted } = heldOut;
  if ((clean === "") !== (corrupted === "")) {
    throw GlasspaneFailure.of(
      "bad_option",
      "Of the other template only one text is written.",
      "Write both, or leave both empty.",
    );
  }
  if (!Number.isInteger(count) || count < MOST_AND_LEAST.least || count > MOST_AND_LEAST.most) {
    throw GlasspaneFailure.of(
      "bad_option",
      "That is no number of pairs.",
      `Give a whole number from ${MOST_AND_LEAST.least} to ${MOST_AND_LEAST.most}.`,
    );
  }
  if (!(enough > 0 && enough <= 1)) {
    throw GlasspaneFailure.of(
      "bad_option",
      "That is no share of the behaviour.",
      "Give a number above 0 and up to 1, for example 0.9.",
    );
  }
  const asked = templateOf(template);
  return {
    template: asked,
    held_out: clean === "" ? null : { ...asked, clean, corrupted },
    count,
    ablation,
    enough,
    seed: 0,
  };
}

export const MOST_AND_LEAST = { least: 2, most: 500 } as const;

/** Distinct held-out pairs from which a verdict is given, as in Python. */
const FEWEST = 4;

export interface Readiness {
  /** Null: it cannot be asked as it stands. */
  readonly question: CircuitQuestion | null;
  readonly sentence: string;
}

/** Whether a circuit can be asked for, and on how many pairs. */
export function readiness(draft: CircuitDraft): Readiness {
  try {
    const question = circuitQuestion(draft);
    const { template, held_out, count, seed } = question;
    return made(question, dividedPairs(template, held_out, count, seed));
  } catch (failure) {
    if (!(failure instanceof GlasspaneFailure)) throw failure;
    const { message, next_step } = failure.result;
    return { question: null, sentence: `${message} ${next_step}` };
  }
}

function made(question: CircuitQuestion, { found, others }: DividedPairs): Readiness {
  if (found.length < MOST_AND_LEAST.least) {
    return {
      question: null,
      sentence:
        "The words make too few pairs. Write more of them: a circuit is found on two pairs at least, and validated on four others.",
    };
  }
  const pairs = `It is looked for on ${found.length} pairs and validated on ${others.length} ${
    question.held_out === null ? "others" : "of the other template"
  }.`;
  return {
    question,
    sentence:
      others.length < FEWEST ? `${pairs} Fewer than ${FEWEST} validate nothing: write more words.` : pairs,
  };
}
