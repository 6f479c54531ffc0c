/** Which matrix is on view, with the ways to its neighbours. */
import type { HeadFigures } from "../../protocol.js";
import { button, type Child, element } from "../element.js";
import { entropySentence, headName } from "./head_figures.js";
import type { HeadPlace } from "./head_grid.js";

export interface HeadBarEvents {
  open(place: HeadPlace): void;
  leaveOut(sink: boolean): void;
}

/** `heads`: in the order of their neighbours, layer by layer; none before the overview is there. */
export function headBar(
  heads: readonly HeadFigures[],
  place: HeadPlace,
  withoutSink: boolean,
  { open, leaveOut }: HeadBarEvents,
): Child[] {
  const index = heads.findIndex(({ layer, head }) => layer === place.layer && head === place.head);
  const turn = (key: string, label: string, said: string, by: number) => {
    const next = index < 0 ? undefined : heads[index + by];
    return button(key, label, () => next && open(next), {
      "aria-label": said,
      title: said,
      disabled: next === undefined,
    });
  };
  const figures = heads[index];
  const box = element(
    "input",
    { type: "checkbox", class: "gp-input", "data-key": "without-sink", checked: withoutSink },
    [],
    { change: () => leaveOut(box.checked) },
  );
  return [
    element("div", { class: "gp-head-title" }, [
      element("h3", {}, [headName(place)]),
      turn("previous-head", "‹", "Previous head ([)", -1),
      turn("next-head", "›", "Next head (])", 1),
      element("label", { class: "gp-inline-label" }, [box, "Leave out the first token"]),
    ]),
    figures === undefined ? null : element("p", { class: "gp-quiet" }, [entropySentence(figures)]),
  ];
}

export function rolloutWords(): Child[] {
  return [
    element("p", { class: "gp-quiet" }, [
      "Attention rollout: the mean over heads, half of it the token itself, multiplied through all layers (Abnar & Zuidema 2020). Rows add up to 100 %.",
    ]),
  ];
}
