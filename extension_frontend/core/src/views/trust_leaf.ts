/** "Check this explanation": the figures of faithfulness, each beside random rankings. */

import { curveChart } from "../charts/curve_chart.js";
import type { FaithfulnessResult } from "../protocol.js";
import { cautionLines } from "./caution_lines.js";
import { chartFrame } from "./chart_frame.js";
import { checkFigures } from "./check_figures.js";
import { checkOptions } from "./check_options.js";
import { button, type Child, type Disclosures, element, region } from "./element.js";
import { duration, figure, percent } from "./figures.js";
import type { PaneEvents, PaneState } from "./pane_state.js";
import { isPartial } from "./partial.js";
import { fileStem } from "./saving.js";
import { sideFrame } from "./side_frame.js";
import type { Leaf } from "./tabs.js";
import { cautionBlock, trustBlock } from "./trust.js";
import { verdictBadge } from "./verdict.js";

const REFINING = "The scores are still being refined: what can be trusted is known when they are there.";

export function trustLeaf(disclosures: Disclosures, events: PaneEvents): Leaf {
  const faith = element("section", { class: "gp-section gp-check" });
  const checks = element("section", { class: "gp-section" });
  const options = checkOptions(events.sideAsked);
  const ask = () => events.sideAsked(options.wanted);
  const draws = [
    region<PaneState>(
      faith,
      (now) => [now.check, now.phase.at === "running", isPartial(now)],
      (now) => {
        const { check } = now;
        if (isPartial(now)) return [element("p", { class: "gp-quiet" }, [REFINING])];
        const frame = sideFrame(check, {
          side: "check",
          unasked: () => unasked(now, ask),
          done: (answer) => {
            options.take(answer.request);
            return checked(answer, now, options.draw(), disclosures, events);
          },
          again: ask,
          cancel: events.sideCancelled,
        });
        // What cannot be put in a token's place here may be chosen otherwise.
        return check.at === "failed" ? [...frame, options.draw()] : frame;
      },
    ),
    region<PaneState>(
      checks,
      (now) => [now.result, isPartial(now)],
      (now) =>
        now.result === null || isPartial(now)
          ? []
          : [
              element("h3", { class: "gp-label" }, ["The scores themselves"]),
              ...cautionBlock(now.result),
              ...trustBlock(now.result, disclosures),
            ],
    ),
  ];
  return {
    element: element("div", {}, [faith, checks]),
    update: (state) => {
      for (const draw of draws) draw(state);
    },
  };
}

function unasked({ result, phase }: PaneState, ask: () => void): Child[] {
  const seconds = result?.checks.check_seconds ?? null;
  return [
    element("p", {}, [
      "Do these scores say what the model does? Its strongest tokens are left out, and kept, and the answer is compared with that of random rankings.",
    ]),
    element("div", { class: "gp-buttons" }, [
      button("check", "Check this explanation", ask, {
        class: "gp-button gp-primary",
        disabled: phase.at === "running",
      }),
      seconds === null ? null : element("span", { class: "gp-quiet" }, [`about ${duration(seconds)}`]),
    ]),
  ];
}

/** Why single figures may say less than the verdict. */
function oneByOne({ verdict, figures, tokens }: FaithfulnessResult): Child[] {
  const modest = figures.filter((each) => each.verdict === "no better than random").length;
  if (verdict !== "better than random" || modest === 0) return [];
  return [
    element("p", { class: "gp-quiet" }, [
      `One by one, ${modest} of ${figures.length} figures cannot be told from chance: of ${tokens} tokens many random rankings do as well on a single figure. The verdict takes them together.`,
    ]),
  ];
}

function checked(
  answer: FaithfulnessResult,
  { result }: PaneState,
  options: HTMLElement,
  disclosures: Disclosures,
  events: PaneEvents,
): Child[] {
  const stem = result === null ? "glasspane" : fileStem(result);
  const written = answer.confidence === null ? (value: number) => figure(value) : percent;
  return [
    element("div", { class: "gp-verdicts" }, [
      element("div", {}, [
        element("h3", { class: "gp-label" }, ["This explanation"]),
        verdictBadge(answer.verdict),
        element("p", {}, [answer.sentence]),
      ]),
      element("div", {}, [
        element("h3", { class: "gp-label" }, ["The model’s confidence"]),
        answer.confidence === null
          ? null
          : element("p", { class: "gp-confidence" }, [percent(answer.confidence)]),
        element("p", {}, [answer.confidence_sentence]),
        element("p", { class: "gp-quiet" }, ["A good story about a wrong answer is worse than none."]),
      ]),
    ]),
    ...cautionLines(answer.warnings),
    options,
    element("p", { class: "gp-quiet" }, [
      `Left out tokens become: ${answer.replacement}. Ranked ${answer.ranked}.`,
    ]),
    ...oneByOne(answer),
    checkFigures(answer.figures, disclosures),
    element(
      "div",
      { class: "gp-curves" },
      answer.curves.map((curve) =>
        chartFrame(
          `${stem}-${curve.name}`,
          curveChart(curve, { measured: answer.measured, written }),
          events.fileMade,
        ),
      ),
    ),
    element("p", { class: "gp-cost gp-quiet" }, [costLine(answer)]),
    element("div", { class: "gp-buttons" }, [
      button("copy-check", "Copy as Python", () => events.copyPython(answer.code)),
    ]),
  ];
}

/** "31 maskings evaluated of 1,452 asked, 0.4 s": each masked prompt once. */
function costLine({ maskings, maskings_asked, cost, rankings, every_ranking }: FaithfulnessResult): string {
  const those = every_ranking ? `all ${rankings.toLocaleString("en")}` : rankings.toLocaleString("en");
  return [
    `${maskings.toLocaleString("en")} maskings evaluated of ${maskings_asked.toLocaleString("en")} asked (each once), ${duration(cost.seconds)}`,
    `beside ${those} ${every_ranking ? "" : "random "}rankings`,
  ].join(" · ");
}
