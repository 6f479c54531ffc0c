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

/** With the columns that `Probes.to_frame()` has in Python. */
const COLUMNS: readonly (readonly [string, (layer: ProbeLayer, result: ProbeResult) => string | number])[] = [
  ["layer", ({ layer }) => layer],
  ["site", ({ site }) => quotedCell(site)],
  ["accuracy", ({ accuracy }) => accuracy],
  ["low", ({ low }) => low],
  ["high", ({ high }) => high],
  ["balanced_accuracy", (layer) => layer.balanced_accuracy],
  ["majority", (_, { majority }) => majority],
  ["seen_accuracy", (layer) => layer.seen_accuracy],
  ["control_accuracy", (layer) => layer.control_accuracy],
  ["control_low", (layer) => layer.control_low],
  ["control_high", (layer) => layer.control_high],
  ["selectivity", (layer) => layer.selectivity],
  ["selectivity_low", (layer) => layer.selectivity_low],
  ["selectivity_high", (layer) => layer.selectivity_high],
  ["regularisation", (layer) => layer.regularisation],
  ["decodable", ({ decodable }) => (decodable ? "True" : "False")],
];

export function csvOfProbes(result: ProbeResult): string {
  const lines = result.layers.map((layer) => COLUMNS.map(([, value]) => value(layer, result)).join(","));
  return `${[COLUMNS.map(([name]) => name).join(","), ...lines].join("\n")}\n`;
}

/** RFC 4180; a spreadsheet takes what begins like a formula for one, unless it is marked as text. */
export function quotedCell(text: string): string {
  return `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replace(/"/g, '""')}"`;
}

/** What files of an answer are called, without ending. */
export function probeStem({ request: { examples }, task }: ProbeResult): string {
  const named =
    examples.source === "task" ? examples.name : examples.source === "frame" ? examples.name : task;
  const words = named.normalize("NFKD").match(/[A-Za-z0-9]+/g) ?? [];
  return ["glasspane-probes", ...words.slice(0, 6)].join("-").slice(0, 60).toLowerCase();
}
