/** What patching is asked for: the explained prompt is the clean one, its answer the right one. */
import type { AttributionResult, PatchRequest, Prompt, PromptPair } from "../protocol.js";
import type { PatchQuestion } from "../views/side_state.js";

export function patchRequest(
  question: PatchQuestion,
  about: AttributionResult,
  corrupted: Prompt,
): PatchRequest {
  const { site, grid, direction, metric, layers, heads } = question;
  return {
    kind: "patch",
    subject: about.request.subject,
    pairs: [{ clean: about.request.prompt, corrupted, ...comparedAnswers(about, question) }],
    sites: [{ site, grid }],
    direction,
    metric,
    // Never empty: the pane asks for places of a map.
    layers: layers as PatchRequest["layers"],
    heads: heads as PatchRequest["heads"],
    exact: 1,
    seed: 0,
    job: null,
  };
}

/**
 * The answers that are compared. Where the explained one is what the model itself says and none is named against it,
 * the kernel takes what the model says after either prompt; a wrong answer alone would stand against nothing.
 */
export function comparedAnswers(
  { target, predictions }: AttributionResult,
  { wrong, metric }: Pick<PatchQuestion, "wrong" | "metric">,
): Pick<PromptPair, "right" | "wrong"> {
  if (metric === "kl") return { right: null, wrong: null };
  const explained = target.ids.length === 1 ? (target.ids[0] ?? null) : null;
  if (metric === "loss") return { right: explained, wrong: null };
  const versus =
    wrong ?? (target.kind === "contrast" && target.versus_ids.length === 1 ? target.versus_ids[0] : null);
  const isOwn = explained === null || explained === predictions[0]?.id;
  return { right: isOwn && versus === null ? null : explained, wrong: versus ?? null };
}
