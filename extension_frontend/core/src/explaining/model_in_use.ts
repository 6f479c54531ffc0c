import type { Explainer } from "./explainer.js";
import type { Site } from "./site.js";
import { nameOfChoice } from "./subject_memory.js";

/** Name of the model that explains a document's prompts: the one that did, else the one chosen; null: not known yet. */
export function modelInUse<OfHost extends Site>(
  { current, workplace }: Explainer<OfHost>,
  path: string | null,
): string | null {
  const result = current !== null && current.site.path === path ? current.state.result : null;
  if (result !== null) return result.subject.name;
  const choice = path === null ? undefined : workplace.subjects.get(path).choice;
  return choice === undefined ? null : nameOfChoice(choice);
}
