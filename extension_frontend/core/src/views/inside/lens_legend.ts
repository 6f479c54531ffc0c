/** What the colours and marks of a lens mean, and what the cell pointed at would say. */
import { svg } from "../../charts/svg.js";
import { visibleToken } from "../../heat.js";
import type { LensResult } from "../../protocol.js";
import { element } from "../element.js";
import { labelledField, menu, optionsOf } from "../fields.js";
import { percent } from "../figures.js";
import { tokenText } from "../token_text.js";
import type { LensCell } from "./lens_cells.js";
import { SHADES, type Shade, type ShadeName } from "./lens_shades.js";
import { appearsMark, settlesMark } from "./lens_table.js";

export function shadeChoice(
  result: LensResult,
  chosen: ShadeName,
  choose: (shade: ShadeName) => void,
): HTMLElement {
  const offered = optionsOf(SHADES).filter(([name]) => !SHADES[name].compares || result.versus !== null);
  return labelledField("lens-shade", "Coloured by", menu("lens-shade", offered, chosen, choose));
}

export function lensLegend(result: LensResult, { ends: [low, high], signed }: Shade): HTMLElement {
  const answer = visibleToken(result.answer.text);
  return element("div", { class: "gp-patch-legend gp-quiet" }, [
    element("span", { class: "gp-scale" }, [
      low,
      element("span", {
        class: `gp-scale-bar gp-scale-${signed ? "signed" : "unsigned"}`,
        "aria-hidden": "true",
      }),
      high,
    ]),
    signed &&
      element("span", {}, [
        `Orange: ${answer} is the likelier of the two. Blue with a dashed border: the other is.`,
      ]),
    element("span", { class: "gp-lens-mark" }, [
      swatch(appearsMark(0, 0, 22, 16)),
      result.answer_layer === null
        ? `From there on ${answer} would stay first; it is not first in the end.`
        : `From there on ${answer} stays first.`,
    ]),
    element("span", { class: "gp-lens-mark" }, [
      swatch(settlesMark(0, 0)),
      "From there on what the model itself says after that token stays first.",
    ]),
    element("span", {}, [`Bold: ${answer} comes first there. The arrow: where the answer is read.`]),
  ]);
}

function swatch(mark: SVGElement): SVGElement {
  return svg(
    "svg",
    { class: "gp-lens-swatch", viewBox: "0 0 22 16", width: 22, height: 16, "aria-hidden": "true" },
    [mark],
  );
}

/** The likeliest tokens of a cell: always as many, so that what is below stays where it is. */
export function likelyList({ likely }: LensCell, result: LensResult): HTMLElement {
  return element(
    "ol",
    { class: "gp-lens-list", "aria-label": "Likeliest tokens" },
    likely.map(({ text, probability }) =>
      element("li", { class: text === result.answer.text ? "gp-lens-answer" : null }, [
        element("span", { class: "gp-code" }, tokenText(text)),
        element("span", { class: "gp-number" }, [percent(probability)]),
      ]),
    ),
  );
}
