/** Figures of probes in words and as a table. */
import type { ProbeLayer, ProbeResult } from "../../protocol.js";
import { figure, percent } from "../figures.js";

const THIN = "\u202f";

/** An interval of shares: 0.915, 0.962 → "92–96 %". */
export function between(low: number, high: number): string {
  return `${(100 * low).toFixed(0)}–${(100 * high).toFixed(0)}${THIN}%`;
}

/** A difference of shares: 0.116 → "+12 points"; what is not nothing never reads so. */
export function points(share: number): string {
  return `${pointsAlone(share)} points`;
}

function pointsAlone(share: number): string {
  const size = Math.abs(100 * share);
  if (size === 0) return "0";
  if (size < 0.1) return share < 0 ? "> −0.1" : "< +0.1";
  const said = size < 1 ? size.toFixed(1) : size.toFixed(0);
  return `${share < 0 ? "−" : "+"}${said}`;
}

/** The plural of what makes a group: words, countries. */
export function several(name: string): string {
  return /[^aeiou]y$/.test(name) ? `${name.slice(0, -1)}ies` : `${name}s`;
}

/** Everything that is known of a layer. */
export function layerSentence(layer: ProbeLayer, { majority }: Pick<ProbeResult, "majority">): string {
  return [
    `${layer.site}: ${percent(layer.accuracy)} right (${between(layer.low, layer.high)}), ${
      layer.decodable ? "readable" : "not readable"
    }: the largest class is ${percent(majority)}`,
    `random labels ${percent(layer.control_accuracy)} (${between(layer.control_low, layer.control_high)})`,
    `selectivity ${points(layer.selectivity)} (${pointsAlone(layer.selectivity_low)} to ${pointsAlone(layer.selectivity_high)})`,
  ].join(" · ");
}

/** The figures of a layer, each with its name. */
export function layerFacts(layer: ProbeLayer, result: ProbeResult): readonly (readonly [string, string])[] {
  return [
    [
      "Accuracy",
      `${percent(layer.accuracy)} (${between(layer.low, layer.high)}) on ${several(result.grouped_by)} that were not in training`,
    ],
    ["Largest class", `${percent(result.majority)}: what always naming it would get`],
    ["Mean over classes", percent(layer.balanced_accuracy)],
    [
      "Control task",
      `${percent(layer.control_accuracy)} (${between(layer.control_low, layer.control_high)}): random labels, one for each ${result.grouped_by}`,
    ],
    [
      "Selectivity",
      `${points(layer.selectivity)} (${pointsAlone(layer.selectivity_low)} to ${pointsAlone(layer.selectivity_high)}): ${percent(layer.seen_accuracy)} on the control task’s folds, minus the control task`,
    ],
    ["Regularisation", `C = ${figure(layer.regularisation)}, chosen within folds`],
  ];
}
