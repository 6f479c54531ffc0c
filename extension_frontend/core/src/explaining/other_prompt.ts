/** The prompt that an explained one is compared with: an edit of it, or another one explained in the window. */
import { GlasspaneFailure } from "../job.js";
import type { ExplainRequest, Prompt } from "../protocol.js";
import type { ComparedPrompt } from "../views/side_state.js";

/** What another explanation of the window asked; null: it is gone. */
type RequestOf = (explanation: string) => ExplainRequest | null;

/** The other prompt, asked with the method of this one. */
export function otherRequest(
  before: ExplainRequest,
  after: ComparedPrompt,
  requestOf: RequestOf,
): ExplainRequest {
  if (after.from === "text") return { ...before, prompt: edited(before.prompt, after.text) };
  const { method, options, score } = before;
  return { ...found(after.id, requestOf), method, options, score };
}

/** The other prompt alone. */
export function otherPrompt(before: ExplainRequest, after: ComparedPrompt, requestOf: RequestOf): Prompt {
  return after.from === "text" ? edited(before.prompt, after.text) : found(after.id, requestOf).prompt;
}

function found(id: string, requestOf: RequestOf): ExplainRequest {
  const other = requestOf(id);
  if (other === null) {
    throw GlasspaneFailure.of(
      "bad_request",
      "The other explanation is gone.",
      "Choose another one, or write the prompt.",
    );
  }
  return other;
}

/** What a person writes of a prompt: its text, or of a conversation the last message's. */
export function writtenText(prompt: Prompt): string {
  return prompt.form === "text" ? prompt.text : (prompt.messages.at(-1)?.content ?? "");
}

/** The prompt with another {@link writtenText}. */
export function edited(prompt: Prompt, text: string): Prompt {
  if (prompt.form === "text") return { ...prompt, text };
  const [first, ...rest] = prompt.messages;
  const last = rest.pop();
  return {
    form: "messages",
    messages:
      last === undefined ? [{ ...first, content: text }] : [first, ...rest, { ...last, content: text }],
  };
}
