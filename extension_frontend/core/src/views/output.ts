import { tokenRows } from "../heat.js";
import type { AttributionResult } from "../protocol.js";
import { type Child, Disclosures, element, region } from "./element.js";
import { percent, subjectDetails, subjectLine } from "./figures.js";
import { heatStrip } from "./heat_strip.js";
import type { Mounted } from "./mounted.js";
import { ANSWER_NAMES } from "./prediction_chips.js";
import { targetSentence } from "./target_line.js";
import { READING_ORDER, type TokenTableState, tokenTable } from "./token_table.js";
import { tokenText } from "./token_text.js";
import { cautionBlock, trustBlock } from "./trust.js";

/** A stored result as a notebook output: all of it can be read without a kernel. */
export function mountOutput(container: HTMLElement, result: AttributionResult): Mounted<AttributionResult> {
  const disclosures = new Disclosures();
  const tableState: TokenTableState = { order: READING_ORDER, all: false };
  const root = element("div", { class: "gp-output" });
  const draw = region<AttributionResult>(
    root,
    (now) => [now],
    (now) => content(now, disclosures, tableState),
  );
  draw(result);
  container.replaceChildren(root);
  return { update: draw, dispose: () => container.replaceChildren() };
}

function content(result: AttributionResult, disclosures: Disclosures, tableState: TokenTableState): Child[] {
  const { method, subject } = result;
  const rows = tokenRows(result);
  const strip = heatStrip(result, rows, (index) => table.point(index));
  const table = tokenTable(rows, method.signed, tableState, (index) => strip.point(index));
  return [
    predictionLine(result),
    element("p", { class: "gp-target" }, [targetSentence(result)]),
    strip.element,
    ...cautionBlock(result),
    ...trustBlock(result, disclosures),
    disclosures.make("table", "All tokens", [table.element]),
    element("p", { class: "gp-quiet", title: subjectDetails(subject) }, [
      `${method.label} · ${subject.name} · ${subjectLine(subject)}`,
    ]),
  ];
}

function predictionLine({ predictions, subject }: AttributionResult): Child {
  return element("p", { class: "gp-predictions" }, [
    element("span", { class: "gp-quiet" }, [ANSWER_NAMES[subject.family]]),
    ...predictions
      .slice(0, 5)
      .map((prediction) =>
        element("span", { class: "gp-prediction" }, [
          element("span", { class: "gp-code" }, tokenText(prediction.text)),
          ` ${percent(prediction.probability)}`,
        ]),
      ),
  ]);
}
