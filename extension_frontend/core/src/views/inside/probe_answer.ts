/** An answer of probes: the bars by layer, what they say, and how to keep them. */

import type { MadeFile } from "../../made_file.js";
import type { LabelledText, ProbeLayer, ProbeResult } from "../../protocol.js";
import { cautionLines } from "../caution_lines.js";
import { chartFrame } from "../chart_frame.js";
import { type Child, type Disclosures, element } from "../element.js";
import type { KeepingEvents } from "../keeping.js";
import { steadyReadout } from "../readout.js";
import { type ProbeChart, probeChart } from "./probe_chart.js";
import { aroundSpan } from "./probe_draft.js";
import { probeKeeping, probeStem } from "./probe_keeping.js";
import { layerSentence, several } from "./probe_words.js";

/** What a person looks at: it stays while layers come in. */
export interface ProbeLook {
  /** The opened layer. */
  layer: number | null;
  /** How far a wide chart is scrolled. */
  scrolled: number;
}

export interface BarsEvents {
  opened(layer: ProbeLayer): void;
  fileMade(file: MadeFile): void;
}

export interface ProbeBars {
  readonly children: readonly Child[];
  readonly chart: ProbeChart;
}

/** `refining`: the job still runs. */
export function probeBars(
  result: ProbeResult,
  look: ProbeLook,
  refining: boolean,
  events: BarsEvents,
): ProbeBars {
  const readout = steadyReadout("gp-probe-readout");
  const opened = () => result.layers.find(({ layer }) => layer === look.layer) ?? null;
  const say = (layer: ProbeLayer | null) => {
    const shown = layer ?? opened();
    readout.textContent = shown === null ? resting(result) : layerSentence(shown, result);
  };
  const drawn = probeChart(result, {
    pointed: say,
    opened: (layer) => {
      events.opened(layer);
      say(layer);
    },
  });
  drawn.choose(look.layer);
  say(null);
  const box = element("div", { class: "gp-chart-box" }, [drawn.chart], {
    scroll: () => {
      if (box.isConnected) look.scrolled = box.scrollLeft;
    },
  });
  // Once there is a width to scroll.
  queueMicrotask(() => {
    box.scrollLeft = look.scrolled;
  });
  const children = [
    element("p", { class: "gp-patch-headline" }, [
      result.sentence,
      result.complete && !refining
        ? null
        : element("span", { class: "gp-badge" }, [
            refining ? "layers are being added" : "partial: stopped early",
          ]),
    ]),
    readout,
    chartFrame(probeStem(result), drawn.chart, events.fileMade, box),
    legend(result),
    ...cautionLines(result.warnings),
  ];
  return { children, chart: drawn };
}

function resting({ layers, best }: ProbeResult): string {
  const site = layers.find(({ layer }) => layer === best)?.site ?? "";
  return `Best: ${site}. Point at a layer for its figures; open one to test whether the model uses what is read there.`;
}

function legend({ grouped_by }: ProbeResult): HTMLElement {
  return element("div", { class: "gp-patch-legend gp-quiet" }, [
    element("span", {}, [
      `Bars: accuracy on ${several(grouped_by)} that were not in training. Full: readable, its whole interval lies above the largest class (dashed line). Hollow, dashed: not readable. ★ the best layer.`,
    ]),
    element("span", {}, [
      `Hollow dots: the control task, random labels, one for each ${grouped_by}. Below: selectivity, how much more than these is read; a full dot lies off zero.`,
    ]),
  ]);
}

/** How the figures came about, some of the texts, and ways to keep all of it. */
export function probeRest(
  result: ProbeResult,
  refining: boolean,
  disclosures: Disclosures,
  keep: KeepingEvents,
): Child[] {
  return [
    disclosures.make("probe-samples", "Some of the texts", [
      element(
        "ul",
        { class: "gp-probe-samples" },
        result.samples.map((sample) => element("li", {}, written(sample))),
      ),
    ]),
    element("p", { class: "gp-quiet" }, [
      `${result.examples} texts of ${result.groups} ${several(result.grouped_by)}, read at ${result.read_at}. ${result.intervals}`,
    ]),
    probeKeeping(result, refining, keep),
  ];
}

function written(sample: LabelledText): Child[] {
  const [before, marked, after] = aroundSpan(sample);
  return [
    element("span", { class: "gp-code" }, [
      before,
      marked === "" ? null : element("mark", { class: "gp-probe-mark" }, [marked]),
      after,
    ]),
    element("span", { class: "gp-quiet" }, [` — ${sample.label}`]),
  ];
}
