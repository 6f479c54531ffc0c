import { GlasspaneFailure } from "../job.js";
import { promptLiterals } from "../prompt_source.js";
import { wholeCompletion } from "../views/target_line.js";
import { answerTo } from "./answer.js";
import type { Explainer } from "./explainer.js";
import { askedOf, askedOfUnknown, type Exchange, type OutputQuestion } from "./output_question.js";
import type { ReadPrompt } from "./prompt_reading.js";
import type { Site } from "./site.js";
import type { Workplace } from "./workplace.js";

/**
 * "Why did it say this?": the prompt an output begins with, and the completion that follows.
 *
 * `nextStep`: what a person can do in this editor where no prompt is found.
 */
export async function explainOutput<OfHost extends Site>(
  explainer: Explainer<OfHost>,
  site: OfHost,
  question: OutputQuestion,
  nextStep = "Select the words you ask about: what stands before them is then taken as the prompt.",
): Promise<void> {
  const whole = await split(explainer.workplace, site, question.output);
  const asked = whole === null ? askedOfUnknown(question) : askedOf(whole, question);
  if (asked === null) {
    throw GlasspaneFailure.of(
      "bad_request",
      "This output does not begin with a prompt of its cell or of the kernel's variables.",
      nextStep,
    );
  }
  const { prompt, completion } = asked;
  const read: ReadPrompt = {
    // Prompt and completion are shown as the model wrote them: no template is put around them again.
    wire: { form: "text", text: prompt, template: "raw" },
    resolved: [],
    span: { from: 0, to: 0 },
    texts: [prompt],
    fromSelection: false,
    variable: null,
    names: [],
    values: [],
  };
  await explainer.explainGiven(site, read, wholeCompletion(completion));
}

/** The known prompt an output begins with; null if there is none. */
async function split<OfHost extends Site>(
  workplace: Workplace<OfHost>,
  site: OfHost,
  shown: string,
): Promise<Exchange | null> {
  const literal = /^\s*[rbuRBU]*['"]/.test(shown) ? promptLiterals(shown.trim())[0] : undefined;
  const output = literal ?? shown.replace(/\n$/, "");
  const kernel = workplace.variablesOf(site) ?? workplace.host.dedicatedKernel();
  const { result } = await answerTo(kernel, {
    kind: "output_prompt",
    output,
    candidates: promptLiterals(site.source()),
  });
  if (result.kind !== "output_prompt" || result.prompt === null || !result.completion) return null;
  return { prompt: result.prompt, completion: result.completion };
}
