import { errorResult, GlasspaneFailure, promptLiterals } from "@glasspane/core";
import type { Explainer } from "./explainer";
import { answerTo } from "./jobs";
import { askedOf, askedOfUnknown, type Exchange, type OutputQuestion } from "./output_question";
import type { ReadPrompt } from "./prompt_reading";
import { kernelOf, placeOf, type Site } from "./site";

/** Reads an output's text and the selection within it from the page. */
export function questionAt(node: HTMLElement): OutputQuestion {
  const output = node.textContent ?? "";
  const selection = document.getSelection();
  const range = selection !== null && selection.rangeCount > 0 ? selection.getRangeAt(0) : null;
  if (range === null || range.collapsed || !node.contains(range.commonAncestorContainer)) {
    return { output, selection: null };
  }
  const before = document.createRange();
  before.selectNodeContents(node);
  before.setEnd(range.startContainer, range.startOffset);
  const from = before.toString().length;
  return { output, selection: { from, to: from + range.toString().length } };
}

/** "Why did it say this?": the prompt an output begins with, and the completion that follows. */
export async function explainOutput(
  explainer: Explainer,
  site: Site,
  question: OutputQuestion,
): Promise<void> {
  const whole = await split(explainer, site, question.output);
  const asked = whole === null ? askedOfUnknown(question) : askedOf(whole, question);
  if (asked === null) {
    throw new GlasspaneFailure(
      errorResult(
        "bad_request",
        "This output does not begin with a prompt of its cell or of the kernel's variables.",
        "Select the words you ask about: what stands before them is then taken as the prompt.",
      ),
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
  await explainer.explainGiven(site, read, { kind: "completion", text: completion });
}

/** The known prompt an output begins with; null if there is none. */
async function split(explainer: Explainer, site: Site, shown: string): Promise<Exchange | null> {
  const { client } = explainer.workplace;
  const literal = /^\s*[rbuRBU]*['"]/.test(shown) ? promptLiterals(shown.trim())[0] : undefined;
  const output = literal ?? shown.replace(/\n$/, "");
  const { result } = await answerTo(client, placeOf(kernelOf(site)), {
    kind: "output_prompt",
    output,
    candidates: promptLiterals(site.model.sharedModel.getSource()),
  });
  if (result.kind !== "output_prompt" || result.prompt === null || !result.completion) return null;
  return { prompt: result.prompt, completion: result.completion };
}
