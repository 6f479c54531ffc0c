/** Whether the model uses what a probe reads: three changes of its direction, each beside random directions. */

import { rangeChart } from "../../charts/range_chart.js";
import type { ProbeChange, ProbeEffect, ProbeTestResult } from "../../protocol.js";
import { cautionLines } from "../caution_lines.js";
import { type Child, element } from "../element.js";
import { figure, percent } from "../figures.js";
import type { KeepingEvents } from "../keeping.js";
import { testKeeping } from "./probe_keeping.js";
import { between } from "./probe_words.js";

/** `stem`: what its files are called, without ending. */
export function probeTest(test: ProbeTestResult, stem: string, keep: KeepingEvents): Child[] {
  return [
    element("h3", { class: "gp-label" }, [`Is it used? ${test.site}`]),
    element("p", { class: "gp-probe-verdict" }, [
      element("strong", {}, [verdict(test)]),
      ` ${test.sentence}`,
    ]),
    element("div", { class: "gp-probe-table" }, [changesTable(test)]),
    element("p", { class: "gp-quiet" }, [
      `Grey: where 95 % of ${test.directions} random directions lie, and their mean, with changes of the same size; below, that range and the share of them with as large an effect. ` +
        "A full dot: surely more than they do, by the interval of the difference and by at most 5 % as large; a hollow one: not surely.",
    ]),
    element("p", { class: "gp-quiet" }, [
      `Fitted on ${test.fitted_on} texts, tested on ${test.tested_on} of other groups, where the probe is right in ${percent(test.accuracy)} (${between(test.accuracy_low, test.accuracy_high)}; the largest class is ${percent(test.majority)}). ` +
        `Changed: ${test.changed}. Measured: ${test.measured}.` +
        (test.answers.length === 0
          ? ""
          : ` Answers: ${test.labels.map((label, at) => `${label} “${test.answers[at] ?? ""}”`).join(", ")}.`),
    ]),
    ...cautionLines(test.warnings),
    testKeeping(test, stem, keep),
  ];
}

function verdict(test: ProbeTestResult): string {
  if (test.used) return "Used.";
  return test.accuracy_low > test.majority ? "No use was found." : "It cannot be said.";
}

function changesTable({ changes }: ProbeTestResult): HTMLElement {
  return element("table", { class: "gp-plain-table gp-probe-changes" }, [
    element("thead", {}, [
      element(
        "tr",
        {},
        ["Measure", "Effect", "Beside random directions"].map((head) =>
          element("th", { scope: "col" }, [head]),
        ),
      ),
    ]),
    ...changes.map((change) =>
      element("tbody", {}, [
        element("tr", {}, [
          element("th", { scope: "rowgroup", colspan: 3 }, [
            element("strong", {}, [change.label]),
            element("span", { class: "gp-badge" }, [
              change.used ? "✓ more than random" : "not more than random",
            ]),
            element("span", { class: "gp-quiet gp-probe-below" }, [
              `changes ${percent(change.relative_size)} of the stream’s size`,
            ]),
          ]),
        ]),
        ...change.effects.map((effect) => effectRow(change, effect)),
      ]),
    ),
  ]);
}

function effectRow(change: ProbeChange, effect: ProbeEffect): HTMLElement {
  const below = (text: string) => element("span", { class: "gp-quiet gp-probe-below" }, [text]);
  return element("tr", {}, [
    element("td", {}, [effect.label, below(effect.unit)]),
    element("td", { class: "gp-number" }, [
      figure(effect.value),
      below(`${figure(effect.low)} to ${figure(effect.high)}`),
    ]),
    element("td", { class: "gp-probe-range" }, [
      range(change, effect),
      below(
        `${figure(effect.random_low)} to ${figure(effect.random_high)}; ${percent(effect.as_large)} as large`,
      ),
    ]),
  ]);
}

function range(change: ProbeChange, effect: ProbeEffect): SVGSVGElement {
  return rangeChart({
    value: effect.value,
    mean: effect.random_mean,
    low: effect.random_low,
    high: effect.random_high,
    direction: null,
    standing: effect.difference_low > 0 && effect.as_large <= 0.05 ? "better" : "same",
    name: `${change.label}, ${effect.label}: ${figure(effect.value)} ${effect.unit}; random directions ${figure(effect.random_mean)} in the mean, 95 % of them from ${figure(effect.random_low)} to ${figure(effect.random_high)}`,
  });
}
