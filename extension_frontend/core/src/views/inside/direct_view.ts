/** The answer's logit as a sum of what each part wrote: by layer, then by head. */
import { layerTermsChart } from "../../charts/layer_terms.js";
import { fitBetween } from "../../charts/svg.js";
import { visibleToken } from "../../heat.js";
import type { MadeFile } from "../../made_file.js";
import type { DirectAttribution, LensResult } from "../../protocol.js";
import type { HeadPlace } from "../attention/head_grid.js";
import { chartFrame } from "../chart_frame.js";
import { type Child, element } from "../element.js";
import { alignedFigures, figure } from "../figures.js";
import { headTerms, headTermsGrid, strongestHeads } from "./head_terms.js";
import { lensStem } from "./lens_keeping.js";

const FROZEN =
  "The final norm is held at its scale on this prompt; then everything behind the residual stream is linear, and what each part wrote there adds up to the logit.";

const DIRECT_ONLY =
  "These are direct effects alone: a head that works through later layers adds little here and much in Patching.";

export interface DirectEvents {
  openHead(place: HeadPlace): void;
  fileMade(file: MadeFile): void;
}

export function directView(result: LensResult, events: DirectEvents): Child[] {
  const { direct } = result;
  if (direct === null) return [];
  const heads = headTerms(direct.heads);
  const grid = headTermsGrid(heads, `What each head adds to ${sumName(result)}`, events.openHead);
  const box = element("div", { class: "gp-chart-box" }, [grid.chart]);
  const terms = termsChart(result, direct);
  return [
    element("h3", { class: "gp-label" }, ["Which parts write it?"]),
    element("p", { class: "gp-quiet" }, [FROZEN]),
    chartFrame(
      `${lensStem(result)}-parts`,
      terms,
      events.fileMade,
      element("div", { class: "gp-chart-box" }, [terms]),
    ),
    ...sumWords(result, direct).map((sentence) =>
      element("p", { class: "gp-quiet gp-lens-sum" }, [sentence]),
    ),
    grid.readout,
    chartFrame(`${lensStem(result)}-heads`, grid.chart, events.fileMade, box),
    element("p", { class: "gp-quiet" }, [
      "Orange adds to it. Blue with a dashed border takes from it. ",
      DIRECT_ONLY,
    ]),
    strongestHeads(heads, events.openHead),
  ];
}

function termsChart(result: LensResult, direct: DirectAttribution): SVGSVGElement {
  const others: (readonly [string, number])[] = [
    ["bias", direct.bias],
    ...(direct.positions === null ? [] : [["positions", direct.positions] as const]),
    ["embedding", direct.embedding],
  ];
  const aligned = alignedFigures([...direct.attention, ...direct.mlp, ...others.map(([, value]) => value)]);
  const chart = layerTermsChart(
    {
      attention: direct.attention,
      mlp: direct.mlp,
      others,
      total: [result.versus === null ? "the logit" : "the difference", direct.value],
    },
    { title: `Written straight to ${sumName(result)}`, written: (value) => aligned(value, true) },
  );
  // Its numbers are read as text: it is more than an image, and is scrolled where it would be too small.
  chart.setAttribute("role", "group");
  fitBetween(chart, { least: 280 });
  return chart;
}

/** What the terms add up to. */
function sumName({ answer, versus }: LensResult): string {
  return versus === null
    ? `the logit of ${visibleToken(answer.text)}`
    : `the logit of ${visibleToken(answer.text)} less that of ${visibleToken(versus.text)}`;
}

function sumWords(result: LensResult, { value, gap, capped }: DirectAttribution): string[] {
  const what = result.versus === null ? "the logit" : "the difference of the two logits";
  return [
    `All parts together are ${figure(value)}, ${what}${capped === null ? "" : " before the cap"}; rounding leaves ${figure(gap)}.`,
    ...(capped === null ? [] : [`This model caps its logits: behind the cap it is ${figure(capped)}.`]),
  ];
}
