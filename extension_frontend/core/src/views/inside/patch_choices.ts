/** What is patched, which way, and what is read. */
import type { AttributionResult } from "../../protocol.js";
import { type Child, element } from "../element.js";
import { codeLine, labelledField, menu, type Option, optionsOf } from "../fields.js";
import type { PatchDraft } from "./patch_draft.js";
import { comparesAnswers, DIRECTIONS, GRIDS, METRICS, SITES } from "./patch_words.js";

export function patchChoices(draft: PatchDraft, result: AttributionResult, changed: () => void): Child[] {
  const grids = SITES[draft.site].grids;
  if (!grids.includes(draft.grid)) draft.grid = grids[0];
  return [
    element("div", { class: "gp-patch-choices" }, [
      choice("site", "Patch", optionsOf(SITES), draft.site, (site) => {
        draft.site = site;
        changed();
      }),
      choice(
        "grid",
        "Map",
        optionsOf(GRIDS).filter(([name]) => grids.includes(name)),
        draft.grid,
        (grid) => {
          draft.grid = grid;
        },
      ),
      choice("direction", "Way", optionsOf(DIRECTIONS), draft.direction, (direction) => {
        draft.direction = direction;
        changed();
      }),
      choice("metric", "Read", optionsOf(METRICS), draft.metric, (metric) => {
        draft.metric = metric;
        changed();
      }),
      ...(comparesAnswers(draft.metric) ? [wrongAnswer(draft, result)] : []),
    ]),
    element("p", { class: "gp-quiet" }, [DIRECTIONS[draft.direction].asks]),
  ];
}

function choice<Name extends string>(
  key: string,
  label: string,
  options: readonly Option<Name>[],
  chosen: Name,
  choose: (name: Name) => void,
): HTMLElement {
  return labelledField(`patch-${key}`, label, menu(`patch-${key}`, options, chosen, choose));
}

function wrongAnswer(draft: PatchDraft, { target, predictions }: AttributionResult): HTMLElement {
  const written = (text: string) => {
    draft.wrong = text;
  };
  const line = codeLine("patch-wrong", draft.wrong, written, {
    placeholder: unlessNamed(draft, target, predictions[0]?.id),
    title:
      "The answer that the other prompt should get: one token, with its leading space. Left empty, it is what the model says after the other prompt, where the explained answer is the model’s own.",
  });
  return labelledField("patch-wrong", "Rather than", line);
}

/** What the explained answer is compared with where nothing is written. */
function unlessNamed(
  { metric }: PatchDraft,
  target: AttributionResult["target"],
  likeliest: number | undefined,
): string {
  if (target.kind === "contrast" && target.versus_text !== null) return target.versus_text;
  const isOwn = target.ids.length !== 1 || target.ids[0] === likeliest;
  return metric === "logit_difference" && isOwn ? "empty: the model’s own" : "empty: the answer alone";
}
