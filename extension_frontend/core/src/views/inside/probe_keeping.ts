/** Ways to keep probes, and tests of them. */
import type { ProbeChange, ProbeEffect, ProbeLayer, ProbeResult, ProbeTestResult } from "../../protocol.js";
import { type CsvColumn, csvTable } from "../csv.js";
import { type KeepingEvents, keepingWays } from "../keeping.js";
import { fileStem } from "../saving.js";

/** What files of an answer are called, without ending. */
export function probeStem({ request: { examples }, task }: ProbeResult): string {
  return fileStem({ text: `probes ${examples.source === "rows" ? task : examples.name}` });
}

/** `refining`: the job still runs. */
export function probeKeeping(result: ProbeResult, refining: boolean, events: KeepingEvents): HTMLElement {
  const layers = {
    name: "",
    label: "Table",
    title: "A row for every layer, as CSV",
    content: () => csvTable(layerColumns(result), result.layers),
  };
  return keepingWays(result, { key: "probe", stem: probeStem(result), tables: [layers], refining }, events);
}

/** `stem`: of the probes that are tested. */
export function testKeeping(test: ProbeTestResult, stem: string, events: KeepingEvents): HTMLElement {
  const effects = {
    name: "",
    label: "Table",
    title: "A row for every change and measure, as CSV",
    content: () => csvTable(EFFECT_COLUMNS, effectsOf(test)),
  };
  return keepingWays(test, { key: "probe-test", stem: `${stem}-test`, tables: [effects] }, events);
}

/** As `Probes.to_frame()` has them in Python. */
function layerColumns({ majority }: ProbeResult): readonly CsvColumn<ProbeLayer>[] {
  return [
    ["layer", ({ layer }) => layer],
    ["site", ({ site }) => site],
    ["accuracy", ({ accuracy }) => accuracy],
    ["low", ({ low }) => low],
    ["high", ({ high }) => high],
    ["balanced_accuracy", (layer) => layer.balanced_accuracy],
    ["majority", () => majority],
    ["seen_accuracy", (layer) => layer.seen_accuracy],
    ["control_accuracy", (layer) => layer.control_accuracy],
    ["control_low", (layer) => layer.control_low],
    ["control_high", (layer) => layer.control_high],
    ["selectivity", (layer) => layer.selectivity],
    ["selectivity_low", (layer) => layer.selectivity_low],
    ["selectivity_high", (layer) => layer.selectivity_high],
    ["regularisation", (layer) => layer.regularisation],
    ["decodable", ({ decodable }) => decodable],
  ];
}

interface EffectRow {
  readonly change: ProbeChange;
  readonly effect: ProbeEffect;
}

function effectsOf({ changes }: ProbeTestResult): EffectRow[] {
  return changes.flatMap((change) => change.effects.map((effect) => ({ change, effect })));
}

/** As `ProbeTest.to_frame()` has them in Python. */
const EFFECT_COLUMNS: readonly CsvColumn<EffectRow>[] = [
  ["change", ({ change }) => change.name],
  ["measure", ({ effect }) => effect.name],
  ["label", ({ effect }) => effect.label],
  ["unit", ({ effect }) => effect.unit],
  ["value", ({ effect }) => effect.value],
  ["low", ({ effect }) => effect.low],
  ["high", ({ effect }) => effect.high],
  ["random_mean", ({ effect }) => effect.random_mean],
  ["random_low", ({ effect }) => effect.random_low],
  ["random_high", ({ effect }) => effect.random_high],
  ["difference", ({ effect }) => effect.difference],
  ["difference_low", ({ effect }) => effect.difference_low],
  ["difference_high", ({ effect }) => effect.difference_high],
  ["as_large", ({ effect }) => effect.as_large],
  ["size", ({ change }) => change.size],
  ["used", ({ change }) => change.used],
];
