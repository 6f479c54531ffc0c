/** What is patched, which way, and what is read. */
import type { AttributionResult } from "../../protocol.js";
import { type Child, element } from "../element.js";
import type { PatchDraft } from "./patch_draft.js";
import { comparesAnswers, DIRECTIONS, GRIDS, METRICS, SITES } from "./patch_words.js";

export function patchChoices(draft: PatchDraft, result: AttributionResult, changed: () => void): Child[] {
  const grids = SITES[draft.site].grids;
  if (!grids.includes(draft.grid)) draft.grid = grids[0];
  const names = <Name extends string>(labels: Readonly<Record<Name, { label: string } | string>>) =>
    (Object.keys(labels) as Name[]).map((name) => {
      const said = labels[name] as { label: string } | string;
      return [name, typeof said === "string" ? said : said.label] as const;
    });
  return [
    element("div", { class: "gp-patch-choices" }, [
      choice("site", "Patch", names(SITES), draft.site, (site) => {
        draft.site = site;
        changed();
      }),
      choice(
        "grid",
        "Map",
        names(GRIDS).filter(([name]) => grids.includes(name)),
        draft.grid,
        (grid) => {
          draft.grid = grid;
        },
      ),
      choice("direction", "Way", names(DIRECTIONS), draft.direction, (direction) => {
        draft.direction = direction;
        changed();
      }),
      choice("metric", "Read", names(METRICS), draft.metric, (metric) => {
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
  options: readonly (readonly [name: Name, label: string])[],
  chosen: Name,
  choose: (name: Name) => void,
): HTMLElement {
  const menu = element(
    "select",
    { class: "gp-input", id: `gp-patch-${key}`, "data-key": `patch-${key}` },
    options.map(([name, said]) => element("option", { value: name, selected: name === chosen }, [said])),
    { change: () => choose(menu.value as Name) },
  );
  return element("label", { class: "gp-patch-choice", for: `gp-patch-${key}` }, [
    element("span", { class: "gp-quiet" }, [label]),
    menu,
  ]);
}

function wrongAnswer(draft: PatchDraft, { target, predictions }: AttributionResult): HTMLElement {
  const input = element(
    "input",
    {
      type: "text",
      class: "gp-input gp-code",
      id: "gp-patch-wrong",
      "data-key": "patch-wrong",
      value: draft.wrong,
      placeholder: unlessNamed(draft, target, predictions[0]?.id),
      title:
        "The answer that the other prompt should get: one token, with its leading space. Left empty, it is what the model says after the other prompt, where the explained answer is the model’s own.",
      spellcheck: "false",
      autocomplete: "off",
    },
    [],
    {
      input: () => {
        draft.wrong = input.value;
      },
    },
  );
  return element("label", { class: "gp-patch-choice", for: "gp-patch-wrong" }, [
    element("span", { class: "gp-quiet" }, ["Rather than"]),
    input,
  ]);
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
