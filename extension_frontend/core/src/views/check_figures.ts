/** Every figure of a check: its number beside random rankings, drawn and in words. */
import { rangeChart } from "../charts/range_chart.js";
import type { FaithfulnessFigure, FigureAt } from "../protocol.js";
import { type Child, type Disclosures, element } from "./element.js";
import { alignedFigures, figure } from "./figures.js";
import { STANDING, verdictBadge } from "./verdict.js";

export function checkFigures(figures: readonly FaithfulnessFigure[], disclosures: Disclosures): HTMLElement {
  return element(
    "ul",
    { class: "gp-figures", "aria-label": "Figures of faithfulness" },
    figures.map((each) => figureRow(each, disclosures)),
  );
}

function figureRow(each: FaithfulnessFigure, disclosures: Disclosures): HTMLElement {
  const { name, label, value, unit, sentence } = each;
  return element("li", { class: "gp-figure-row" }, [
    element("div", { class: "gp-figure-head" }, [
      element("span", { class: "gp-figure-label" }, [label]),
      value === null
        ? element("span", { class: "gp-quiet" }, ["not given here"])
        : element("span", { class: "gp-figure-value", title: unit }, [figure(value)]),
      drawn(each),
      each.verdict === null ? null : verdictBadge(each.verdict, true),
    ]),
    element("p", { class: "gp-quiet" }, [sentence]),
    disclosures.make(`figure-${name}`, "How it is measured", [
      element("dl", { class: "gp-facts" }, [
        ...fact("Unit", `${unit}, ${each.direction} is better`),
        ...fact("What is left out becomes", each.replacement),
        ...fact("Source", each.reference),
      ]),
      each.at.length === 0 ? null : thresholds(each.at),
    ]),
  ]);
}

function drawn({ value, random_mean, random_low, random_high, ...each }: FaithfulnessFigure): Child {
  if (value === null || random_mean === null || random_low === null || random_high === null) return null;
  return rangeChart({
    value,
    mean: random_mean,
    low: random_low,
    high: random_high,
    direction: each.direction,
    standing: each.verdict === null ? "same" : STANDING[each.verdict],
    name: `${each.label}: ${figure(value)}; random rankings ${figure(random_mean)} in the mean, 95 % of them from ${figure(random_low)} to ${figure(random_high)}; ${each.direction} is better`,
  });
}

const fact = (name: string, said: string): Child[] => [element("dt", {}, [name]), element("dd", {}, [said])];

/** The figure is the mean over these. */
function thresholds(at: readonly FigureAt[]): HTMLElement {
  const written = alignedFigures(at.flatMap((each) => [each.value, each.random_low, each.random_high]));
  const cell = (text: string) => element("td", { class: "gp-number" }, [text]);
  return element("table", { class: "gp-plain-table" }, [
    element("caption", {}, ["The mean of:"]),
    element("thead", {}, [
      element(
        "tr",
        {},
        ["Strongest", "Here", "Random", "95 % of random"].map((head) =>
          element("th", { scope: "col" }, [head]),
        ),
      ),
    ]),
    element(
      "tbody",
      {},
      at.map((each) =>
        element("tr", {}, [
          element("th", { scope: "row" }, [
            `${each.percent} % (${each.tokens} ${each.tokens === 1 ? "token" : "tokens"})`,
          ]),
          cell(written(each.value, false)),
          cell(written(each.random_mean, false)),
          cell(`${written(each.random_low, false)} … ${written(each.random_high, false)}`),
        ]),
      ),
    ),
  ]);
}
