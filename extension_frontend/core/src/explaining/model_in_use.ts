import type { Explainer } from "./explainer.js";
import type { Site } from "./site.js";
import { isSameModel, nameOfChoice } from "./subject_memory.js";

/** Name of the model that explains a document's prompts from now on; null: not known yet. */
export function modelInUse<OfHost extends Site>(
  { current, workplace }: Explainer<OfHost>,
  path: string | null,
): string | null {
  const explanation = current !== null && current.site.path === path ? current : null;
  const choice = explanation?.choice() ?? (path === null ? undefined : workplace.subjects.get(path).choice);
  const explained = explanation?.state.result?.subject ?? null;
  const open = choice === undefined || choice.ref.source === "auto";
  // What explained it has a fuller name, and is the answer where the choice is left to the kernel.
  if (explained !== null && (open || isSameModel(choice.ref, explained.ref))) return explained.name;
  return open ? null : nameOfChoice(choice);
}
