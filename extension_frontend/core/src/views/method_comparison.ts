/** The part of the Compare leaf for several methods: which, their rows, and how far they agree. */

import { isThroughInseq, THROUGH_INSEQ } from "../method_groups.js";
import type { ComparisonResult, MethodSpec } from "../protocol.js";
import { agreementMatrix } from "./agreement_matrix.js";
import { cautionLines } from "./caution_lines.js";
import { chartFrame } from "./chart_frame.js";
import { button, type Child, type Disclosures, element, region } from "./element.js";
import { spent } from "./keeping.js";
import { methodRows, methodRowsPicture } from "./method_rows.js";
import type { PaneEvents, PaneState } from "./pane_state.js";
import { fileStem } from "./saving.js";
import { sideFrame } from "./side_frame.js";
import type { Leaf } from "./tabs.js";
import { targetSentence } from "./target_line.js";
import { withCode } from "./token_text.js";

/** Beside the method in use: one pass, one at a time without gradients, and the one that people take for an answer. */
const SENSIBLE: readonly string[] = ["input_x_gradient", "occlusion", "attention"];
/** Rows beside the first that the kernel takes. */
const MOST = 7;

export function methodComparison(disclosures: Disclosures, events: PaneEvents): Leaf {
  const host = element("section", { class: "gp-section gp-comparison" });
  let chosen: ReadonlySet<string> = new Set(SENSIBLE);
  let light: (token: number | null) => void = () => {};

  const draw = (state: PaneState): Child[] => {
    light = () => {};
    const { comparison, catalogue, result } = state;
    if (catalogue === null || result === null) return [];
    const usable = catalogue.methods.filter((spec) => spec.families.includes(result.subject.family));
    const others = () => usable.filter(({ name }) => chosen.has(name) && name !== state.method);
    const ask = () =>
      events.sideAsked({
        side: "comparison",
        ask: "compare",
        methods: others().map(({ name }) => ({ method: name, options: {} })),
      });
    const choice = (openAtFirst: boolean) =>
      methodChoice(usable, state, disclosures, openAtFirst, {
        isChosen: (name) => chosen.has(name),
        choose: (name, on) => {
          const now = new Set(chosen);
          if (on) now.add(name);
          else now.delete(name);
          chosen = now;
        },
        count: () => others().length,
        ask,
      });
    return [
      element("h3", { class: "gp-label" }, ["Do other methods say the same?"]),
      ...(comparison.at === "running" ? [] : [choice(comparison.at !== "done")]),
      ...sideFrame(comparison, {
        side: "comparison",
        unasked: () => [],
        done: (answer) => {
          const rows = methodRows(answer, state.method, events);
          light = rows.point;
          return compared(answer, rows.element, fileStem(result), disclosures, events);
        },
        again: ask,
        cancel: events.sideCancelled,
      }),
    ];
  };
  const drawn = region<PaneState>(
    host,
    (now) => [now.comparison, now.catalogue, now.method, now.result, now.phase.at === "running"],
    draw,
  );
  let lit: number | null = null;
  return {
    element: host,
    update(state) {
      drawn(state);
      if (state.focusedToken === lit) return;
      lit = state.focusedToken;
      light(lit);
    },
  };
}

function compared(
  answer: ComparisonResult,
  rows: HTMLElement,
  stem: string,
  disclosures: Disclosures,
  events: PaneEvents,
): Child[] {
  const title = targetSentence(answer);
  const picture = element("div");
  const details = disclosures.make("compare-picture", "As a picture", [picture]);
  const draw = () => {
    if (!details.open || picture.hasChildNodes()) return;
    picture.append(chartFrame(`${stem}-methods`, methodRowsPicture(answer, title), events.fileMade));
  };
  details.addEventListener("toggle", draw);
  draw();
  return [
    element(
      "ul",
      { class: "gp-sentences" },
      answer.sentences.map((sentence) => element("li", {}, withCode(sentence))),
    ),
    ...cautionLines(answer.complete ? [] : ["It was stopped before every method had answered."]),
    ...cautionLines(answer.warnings),
    element("p", { class: "gp-quiet" }, [`${title} Each row has a scale of its own.`]),
    rows,
    details,
    agreementMatrix(answer),
    element("div", { class: "gp-buttons" }, [
      button("copy-comparison", "Copy as Python", () => events.copyPython(answer.code)),
      element("span", { class: "gp-quiet" }, [spent(answer.cost)]),
    ]),
  ];
}

interface Choice {
  isChosen(name: string): boolean;
  choose(name: string, on: boolean): void;
  /** How many are chosen beside the one in use. */
  count(): number;
  ask(): void;
}

function methodChoice(
  usable: readonly MethodSpec[],
  { method, phase }: PaneState,
  disclosures: Disclosures,
  openAtFirst: boolean,
  choice: Choice,
): HTMLElement {
  const go = button("compare", "Compare", choice.ask, { class: "gp-button gp-primary" });
  const remark = element("span", { class: "gp-quiet", role: "status" });
  const weigh = () => {
    const count = choice.count();
    go.disabled = count === 0 || count > MOST || phase.at === "running";
    remark.textContent =
      count === 0
        ? "Choose one method or more."
        : count > MOST
          ? `At most ${MOST} beside the one in use.`
          : `${count + 1} methods on this prompt`;
  };
  const box = (spec: MethodSpec) => {
    const inUse = spec.name === method;
    const input = element(
      "input",
      {
        type: "checkbox",
        class: "gp-input",
        "data-key": `compare-${spec.name}`,
        checked: inUse || choice.isChosen(spec.name),
        disabled: inUse,
      },
      [],
      {
        change: () => {
          choice.choose(spec.name, input.checked);
          weigh();
        },
      },
    );
    return element("label", { class: "gp-check-box", title: spec.summary }, [
      input,
      ` ${spec.label}`,
      inUse ? element("span", { class: "gp-quiet" }, [" in use"]) : null,
    ]);
  };
  const through = usable.filter(isThroughInseq);
  const boxes = (specs: readonly MethodSpec[]) => element("div", { class: "gp-check-boxes" }, specs.map(box));
  weigh();
  return element("div", {}, [
    disclosures.make(
      `compare-methods-${openAtFirst ? "asking" : "asked"}`,
      "Methods",
      [
        boxes(usable.filter((spec) => !isThroughInseq(spec))),
        through.length === 0 ? null : disclosures.make("compare-inseq", THROUGH_INSEQ, [boxes(through)]),
      ],
      openAtFirst,
    ),
    element("div", { class: "gp-buttons" }, [go, remark]),
  ]);
}
