/** What patching is asked by: the other prompt, what is patched, and what is read. */
import type { AttributionResult } from "../../protocol.js";
import { type Child, element } from "../element.js";
import type { OtherExplanation } from "../pane_state.js";
import { type OtherPromptEvents, otherPromptFields } from "./other_prompt_fields.js";
import { patchChoices } from "./patch_choices.js";
import { draftedQuestion, type PatchDraft } from "./patch_draft.js";

export interface FormEvents extends Omit<OtherPromptEvents, "written"> {
  ask(): void;
}

/** `busy`: the explanation itself is under way. */
export function counterfactualForm(
  draft: PatchDraft,
  result: AttributionResult,
  others: readonly OtherExplanation[],
  busy: boolean,
  events: FormEvents,
): Child[] {
  const go = element("button", { type: "submit", class: "gp-button gp-primary", "data-key": "patch" }, [
    "Patch",
  ]);
  const written = () => {
    go.disabled = busy || draftedQuestion(draft, result) === null;
  };
  const { changed, pointed } = events;
  const form = element(
    "form",
    { class: "gp-patch-form" },
    [
      ...otherPromptFields("patch", draft, result, others, { changed, written, pointed }),
      element("div", { class: "gp-buttons" }, [go]),
      ...patchChoices(draft, result, changed),
    ],
    {
      submit: (event) => {
        event.preventDefault();
        if (!go.disabled) events.ask();
      },
    },
  );
  written();
  return [form];
}
