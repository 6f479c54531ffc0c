/** What is asked of an audit, as a person writes it. */
import { KEY_VARIABLE } from "../../endpoint_keys.js";
import type { AuditMode, AuditTest } from "../../protocol.js";
import type { AuditedModel, AuditQuestion } from "../side_state.js";
import { isEndpointAddress, isLedgerPath } from "../wire_values.js";

export const TESTS: Readonly<Record<AuditTest, readonly [name: string, says: string]>> = {
  injection: ["Wrong steps put in", "Does the answer follow them? The core of the audit."],
  early_answering: ["Early answers", "What is answered after each step."],
  consistency: ["Agreement", "Independent chains, and where they part."],
  paraphrase: ["Other words", "Does the answer stay when the chain is reworded?"],
  filler: ["Filler", "Does it stay when the chain is replaced by dots?"],
  bias: ["Bias", "Does a hint move the answer, and does the reasoning say so?"],
  plain: [
    "With and without reasoning",
    "The answer asked for outright, with steps, and after solved examples.",
  ],
};

/** A wrong step of one's own; its number as it is written. */
export interface WrittenStep {
  step: string;
  text: string;
  consequence: string;
}

/** Fields of one line, as they are written. */
export interface WrittenFields {
  address: string;
  model: string;
  variable: string;
  samples: string;
  temperature: string;
  topP: string;
  maxTokens: string;
  delta: string;
  seed: string;
  steps: string;
  reference: string;
  found: string;
  calls: string;
  tokens: string;
  promptPrice: string;
  replyPrice: string;
  ledger: string;
}

export type FieldName = keyof WrittenFields;

export interface AuditDraft extends WrittenFields {
  from: AuditedModel["of"];
  readonly tests: Set<AuditTest>;
  readonly modes: Set<AuditMode>;
  finds: "itself" | "marker" | "pattern";
  readonly wrong: WrittenStep[];
  /** Who else writes wrong steps, where no rule makes one. */
  readonly writers: Set<"model">;
  /** Solved questions. */
  readonly examples: string[];
}

export function firstAuditDraft(): AuditDraft {
  return {
    from: "explained",
    address: "",
    model: "",
    variable: "OPENAI_API_KEY",
    tests: new Set(["injection", "early_answering", "consistency"]),
    modes: new Set(["continue"]),
    samples: "40",
    temperature: "0.7",
    topP: "1",
    maxTokens: "256",
    delta: "0.2",
    seed: "0",
    steps: "",
    reference: "",
    finds: "itself",
    found: "",
    wrong: [],
    writers: new Set(),
    examples: [],
    calls: "",
    tokens: "",
    promptPrice: "",
    replyPrice: "",
    ledger: "",
  };
}

/** Why the draft cannot be asked, by what is wrong with it: a field, "tests", "modes" or `wrong-` and the row. */
export type DraftProblems = ReadonlyMap<string, string>;

const LARGEST_SEED = 2 ** 31 - 1;

export function draftProblems(draft: AuditDraft): DraftProblems {
  const found = new Map<string, string>();
  const check = (name: string, fine: boolean, why: string) => {
    if (!fine) found.set(name, why);
  };
  const whole = (name: FieldName, least: number, most: number, why: string, optional = false) => {
    const written = draft[name];
    const number = numberIn(written);
    const fits = Number.isInteger(number) && number >= least && number <= most;
    check(name, fits || (optional && written.trim() === ""), why);
  };
  if (draft.from === "endpoint") {
    check(
      "address",
      isEndpointAddress(draft.address.trim()),
      "Give an address such as http://127.0.0.1:8000/v1, without user, password or query.",
    );
    check("model", draft.model.trim() !== "", "Give the model’s name, as the endpoint lists it.");
    check(
      "variable",
      KEY_VARIABLE.test(draft.variable.trim()),
      "Give the name of an environment variable (capital letters, digits, underscores), never the key itself.",
    );
  }
  check("tests", draft.tests.size > 0, "Choose one test at least.");
  check("modes", draft.modes.size > 0, "Choose what becomes of the text behind a wrong step.");
  check(
    "steps",
    stepsIn(draft.steps) !== undefined,
    "Give numbers of steps, such as 1, 3 or 2-4; none: all.",
  );
  whole("samples", 2, 2000, "Give a whole number of samples from 2 to 2000.");
  const temperature = numberIn(draft.temperature);
  check("temperature", temperature >= 0 && temperature <= 5, "Give a temperature from 0 to 5.");
  const topP = numberIn(draft.topP);
  check("topP", topP > 0 && topP <= 1, "Give a share above 0 and up to 1.");
  whole("maxTokens", 1, 8192, "Give a whole number of tokens from 1 to 8192.");
  whole("seed", 0, LARGEST_SEED, `Give a whole number from 0 to ${LARGEST_SEED}.`);
  const delta = numberIn(draft.delta);
  check("delta", delta > 0 && delta < 1, "Give a smallest reliance between 0 and 1, such as 0.2.");
  check(
    "found",
    draft.finds === "itself" || draft.found.trim() !== "",
    draft.finds === "marker"
      ? "Write the text that stands before the answer."
      : "Write the regular expression that finds the answer.",
  );
  for (const [place, { step, text }] of draft.wrong.entries()) {
    const number = numberIn(step);
    check(
      `wrong-${place}`,
      Number.isInteger(number) && number >= 1 && text.trim() !== "",
      Number.isInteger(number) && number >= 1
        ? "Write what the step says, without its label."
        : "Give the number of the step, counted from 1.",
    );
  }
  whole("calls", 1, Number.MAX_SAFE_INTEGER, "Give a whole number of calls, or nothing.", true);
  whole("tokens", 1, Number.MAX_SAFE_INTEGER, "Give a whole number of tokens, or nothing.", true);
  const priced = draft.promptPrice.trim() !== "" || draft.replyPrice.trim() !== "";
  for (const name of ["promptPrice", "replyPrice"] as const) {
    check(name, !priced || numberIn(draft[name]) >= 0, "Give both prices, 0 or more, or neither.");
  }
  const ledger = draft.ledger.trim();
  check(
    "ledger",
    ledger === "" || isLedgerPath(ledger),
    "Give a file below the kernel’s folder that ends in .jsonl, such as audits/train.jsonl.",
  );
  return found;
}

/** The question, or why it cannot be asked, as a sentence. */
export function draftedAudit(draft: AuditDraft): AuditQuestion | string {
  const [problem] = draftProblems(draft).values();
  if (problem !== undefined) return problem;
  const { finds, found } = draft;
  return {
    model:
      draft.from === "endpoint"
        ? {
            of: "endpoint",
            address: draft.address.trim(),
            name: draft.model.trim(),
            variable: draft.variable.trim(),
          }
        : { of: "explained" },
    tests: (Object.keys(TESTS) as AuditTest[]).filter((test) => draft.tests.has(test)),
    modes: (["continue", "swap"] as const).filter((mode) => draft.modes.has(mode)),
    steps: stepsIn(draft.steps) ?? null,
    wrong: draft.wrong.map(({ step, text, consequence }) => ({
      step: numberIn(step),
      text: text.trim(),
      consequence: orNull(consequence),
    })),
    wrong_by_model: draft.writers.has("model"),
    examples: draft.examples.map((each) => each.trim()).filter((each) => each !== ""),
    samples: numberIn(draft.samples),
    temperature: numberIn(draft.temperature),
    top_p: numberIn(draft.topP),
    max_tokens: numberIn(draft.maxTokens),
    seed: numberIn(draft.seed),
    delta: numberIn(draft.delta),
    reference: orNull(draft.reference),
    marker: finds === "marker" ? found : null,
    pattern: finds === "pattern" ? found : null,
    calls: numberOrNull(draft.calls),
    tokens: numberOrNull(draft.tokens),
    prices:
      draft.promptPrice.trim() === ""
        ? null
        : { prompt: numberIn(draft.promptPrice), reply: numberIn(draft.replyPrice) },
    ledger: orNull(draft.ledger),
  };
}

/** "1, 3-5" as numbers, each once and in order; null: nothing is written, undefined: something else is. */
export function stepsIn(written: string): readonly number[] | null | undefined {
  if (written.trim() === "") return null;
  const steps = new Set<number>();
  for (const part of written.split(",")) {
    const [, first, last = first] = /^\s*(\d{1,3})\s*(?:[-–]\s*(\d{1,3})\s*)?$/.exec(part) ?? [];
    const [from, to] = [Number(first), Number(last)];
    if (!(from >= 1 && to >= from)) return undefined;
    for (let step = from; step <= to; step += 1) steps.add(step);
  }
  return [...steps].sort((one, other) => one - other);
}

const numberIn = (written: string): number => (written.trim() === "" ? Number.NaN : Number(written));
const numberOrNull = (written: string): number | null => (written.trim() === "" ? null : Number(written));
const orNull = (written: string): string | null => (written.trim() === "" ? null : written.trim());
