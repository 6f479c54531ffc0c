import { element } from "../element.js";
import { FIGURE_NAMES, type FigureName, HEAD_FIGURES } from "./head_figures.js";

/** "Colour by": which figure, and what its ends mean. */
export function figurePicker(current: FigureName, choose: (figure: FigureName) => void): HTMLElement {
  const menu = element(
    "select",
    { class: "gp-input", "data-key": "head-figure", "aria-label": "Colour heads by" },
    FIGURE_NAMES.map((name) =>
      element("option", { value: name, selected: name === current }, [HEAD_FIGURES[name].label]),
    ),
    { change: () => choose(menu.value as FigureName) },
  );
  const { low, high, signed } = HEAD_FIGURES[current];
  return element("div", { class: "gp-head-colours" }, [
    element("label", { class: "gp-inline-label" }, [
      element("span", { class: "gp-quiet" }, ["Colour by"]),
      menu,
    ]),
    element("p", { class: "gp-scale gp-quiet" }, [
      low,
      element("span", {
        class: `gp-scale-bar ${signed ? "gp-scale-signed" : "gp-scale-unsigned"}`,
        "aria-hidden": true,
      }),
      high,
    ]),
  ]);
}
