/** Why drawn heat no longer describes what stands in the document. */
export type StaleReason = "prompt_changed" | "weights_changed" | "model_chosen" | "model_gone";

/** Compares what a result explained with what is there now; null = still true. */
export function staleReason(
  explained: { readonly texts: readonly string[]; readonly weights: string },
  now: { readonly texts: readonly string[] | null; readonly weights?: string },
): StaleReason | null {
  const textsEqual =
    now.texts !== null &&
    now.texts.length === explained.texts.length &&
    now.texts.every((text, index) => text === explained.texts[index]);
  if (!textsEqual) return "prompt_changed";
  if (now.weights !== undefined && now.weights !== explained.weights) return "weights_changed";
  return null;
}

/** A short sentence for a hover or a status line. */
export function staleSentence(reason: StaleReason): string {
  switch (reason) {
    case "prompt_changed":
      return "The prompt has changed since this was computed.";
    case "weights_changed":
      return "The model's weights have changed since this was computed.";
    case "model_gone":
      return "The model that was explained is no longer in the kernel.";
    case "model_chosen":
      return "Another model has been chosen since this was computed.";
  }
}
