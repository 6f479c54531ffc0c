/** What circuits, lenses and probes are asked for: all of them about the explained prompt and its answer. */
import { GlasspaneFailure } from "../job.js";
import { CodePointIndex } from "../offsets.js";
import type {
  AttributionResult,
  CircuitRequest,
  LabelledText,
  LensRequest,
  LensTarget,
  PairTemplate,
  PairTemplateRequest,
  ProbeRequest,
  ProbeTestRequest,
  Prompt,
  PromptPair,
} from "../protocol.js";
import { swappableTokens } from "../views/inside/token_swap.js";
import type { ProbeQuestion, SideQuestions } from "../views/side_state.js";
import { edited, writtenText } from "./other_prompt.js";
import { dividedPairs, type FilledPair, filledPairs } from "./pair_filling.js";
import { comparedAnswers } from "./patch_request.js";

export function pairTemplateRequest(
  { wrong }: SideQuestions["template"],
  about: AttributionResult,
  corrupted: Prompt,
): PairTemplateRequest {
  const { subject, prompt } = about.request;
  const answers = comparedAnswers(about, { wrong, metric: "logit_difference" });
  return { kind: "pair_template", subject, pair: { clean: prompt, corrupted, ...answers }, words: 12 };
}

export function circuitRequest(
  { template, held_out, count, ablation, enough, seed }: SideQuestions["circuit"],
  about: AttributionResult,
): CircuitRequest {
  const { subject, prompt } = about.request;
  const { found, others } = dividedPairs(template, held_out, count, seed);
  if (found.length < 2) {
    throw GlasspaneFailure.of(
      "bad_option",
      "The template's words make too few pairs.",
      "Write more words for its holes: a circuit is found on two pairs at least, and validated on four others.",
    );
  }
  const asPair = (pair: FilledPair): PromptPair => ({
    clean: edited(prompt, pair.clean),
    corrupted: edited(prompt, pair.corrupted),
    right: pair.right,
    wrong: pair.wrong,
  });
  return {
    kind: "circuit",
    subject,
    pairs: found.map(asPair) as CircuitRequest["pairs"],
    held_out: others.map(asPair),
    ablation,
    enough,
    steps: 5,
    random_sets: 50,
    sets: [],
    seed,
    job: null,
  };
}

export function lensRequest(
  { position }: SideQuestions["lens"],
  { request }: AttributionResult,
): LensRequest {
  return {
    kind: "lens",
    subject: request.subject,
    prompt: request.prompt,
    target: lensTarget(request.target),
    position: position ?? -1,
    last: null,
    top: 5,
    direct: true,
    job: null,
  };
}

/** A lens reads next tokens: for a completion or a class it reads what the model says itself. */
function lensTarget(target: AttributionResult["request"]["target"]): LensTarget {
  return target.kind === "completion" || target.kind === "class" ? { kind: "top" } : target;
}

export function probeRequest(question: ProbeQuestion, about: AttributionResult): ProbeRequest {
  return {
    kind: "probe",
    subject: about.request.subject,
    examples: examplesOf(question, about),
    layers: null,
    folds: 5,
    seed: 0,
    job: null,
  };
}

export function probeTestRequest(
  { probe, layer, where, answers }: SideQuestions["probe_test"],
  about: AttributionResult,
): ProbeTestRequest {
  return {
    kind: "probe_test",
    probe: probeRequest(probe, about),
    layer,
    answers: answers === null ? null : [...answers],
    where,
    examples: 64,
    directions: 20,
    job: null,
  };
}

function examplesOf(question: ProbeQuestion, about: AttributionResult): ProbeRequest["examples"] {
  switch (question.of) {
    case "task":
      return { source: "task", name: question.name, count: 400 };
    case "frame": {
      const { name, text, label, span } = question;
      return { source: "frame", name, text, label, span, group: null };
    }
    case "pairs": {
      refuseExchanged(question.template);
      const pairs = filledPairs(question.template, question.count, 0);
      const place = question.token === null ? null : placeOf(question.token, question.template, about);
      return {
        source: "rows",
        task: "which of two such prompts it is",
        grouped_by: "clean prompt",
        rows: pairs.flatMap((pair) => [
          labelled(pair.clean, "this prompt", pair, place),
          labelled(pair.corrupted, "the other prompt", pair, place),
        ]),
      };
    }
  }
}

/** So many pairs are looked through for texts that are both. */
const LOOKED_THROUGH = 2_000;

/** Where every text that is clean in one pair is corrupted in another, nothing says which of the two it is. */
function refuseExchanged(template: PairTemplate): void {
  const pairs = filledPairs(template, LOOKED_THROUGH, 0);
  const corrupted = new Set(pairs.map((pair) => pair.corrupted));
  const both = pairs.find((pair) => corrupted.has(pair.clean));
  if (both === undefined) return;
  throw GlasspaneFailure.of(
    "bad_examples",
    `Nothing but the word itself tells these two prompts apart, and pairs like them exchange it: “${both.clean}” is this prompt in one pair and the other one in the next. There is nothing for a probe to learn.`,
    "Write another prompt that says something else with the same words, for example in another order; or give texts that are labelled by what the word means, as a table of the kernel.",
  );
}

/** Where a template is read: in which of its words, and how far into it where the word is the same in every pair. */
interface ReadPlace {
  readonly word: number;
  readonly end: number | null;
}

const WORD = /\S+/g;

function placeOf(token: number, template: PairTemplate, about: AttributionResult): ReadPlace | null {
  const place = swappableTokens(about).find((each) => each.token.index === token);
  if (place === undefined) return null;
  const { prompt } = about.request;
  const words = [...writtenText(prompt).matchAll(WORD)];
  const word = words.findLastIndex(({ index }) => index < place.to);
  const found = words[word];
  if (found === undefined) return null;
  const hasHole = /\{/.test([...template.clean.matchAll(WORD)][word]?.[0] ?? "{");
  return { word, end: hasHole ? null : Math.min(place.to - found.index, found[0].length) };
}

/** All pairs of one clean prompt are one group: a probe that has learned one by heart gains nothing on the other. */
function labelled(text: string, label: string, { clean }: FilledPair, place: ReadPlace | null): LabelledText {
  const found = place === null ? undefined : [...text.matchAll(WORD)][place.word];
  if (place === null || found === undefined) return { text, label, start: null, end: null, group: clean };
  const points = new CodePointIndex(text);
  const end = found.index + (place.end ?? found[0].length);
  return {
    text,
    label,
    start: points.toCodePoint(found.index),
    end: points.toCodePoint(end),
    group: clean,
  };
}
