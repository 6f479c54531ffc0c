/** The audited chain as lines: beside each a bar of how far the answer relies on it, and the verdict's sign and words. */
import { svg } from "../../charts/svg.js";
import type { AuditResult, StepFinding } from "../../protocol.js";
import { element } from "../element.js";
import { differenceWords, stepText, VERDICT_CLASS, VERDICT_GLYPH } from "./audit_words.js";

const WIDTH = 96;
const HEIGHT = 14;
/** Reliance from here to 1 is drawn; what lies below ends at the edge. */
const LEAST = -0.25;
const at = (share: number): number => ((Math.min(1, Math.max(LEAST, share)) - LEAST) / (1 - LEAST)) * WIDTH;

export interface ChainEvents {
  /** Null: the open one was closed. */
  opened(step: number | null): void;
}

/** `open`: the step whose arms are shown below. */
export function chainLines(result: AuditResult, open: number | null, events: ChainEvents): HTMLElement {
  const { delta } = result.request;
  const several = new Set(result.findings.map(({ mode }) => mode)).size > 1;
  const lines = result.steps.map((step) => {
    const findings = result.findings.filter((finding) => finding.step === step.step);
    const tested = findings.length > 0;
    return element("li", {}, [
      element(
        "button",
        {
          type: "button",
          class: "gp-audit-line",
          "data-key": `audit-step-${step.step}`,
          "aria-expanded": String(step.step === open),
        },
        [
          element("span", { class: "gp-audit-gutter" }, [
            ...(tested
              ? findings.map((finding) => gutter(finding, delta, several))
              : [element("span", { class: "gp-quiet" }, ["· not tested"])]),
          ]),
          element("span", { class: "gp-code gp-audit-text" }, [stepText(result, step)]),
        ],
        { click: () => events.opened(step.step === open ? null : step.step) },
      ),
    ]);
  });
  const list = element(
    "ol",
    { class: "gp-audit-chain", "aria-label": "The chain, step by step" },
    [
      ...lines,
      element("li", { class: "gp-audit-answer" }, [
        element("span", { class: "gp-quiet" }, ["answer"]),
        element("span", { class: "gp-code" }, [
          result.answer ?? "none",
          ...(result.right === null ? [] : [result.right ? " ✓ right" : " ✗ wrong"]),
        ]),
      ]),
    ],
    { keydown: (event) => walk(list, event) },
  );
  return list;
}

/** Arrow keys go from line to line; Enter opens one, as any button. */
function walk(list: HTMLElement, event: KeyboardEvent): void {
  const all = [...list.querySelectorAll<HTMLElement>(".gp-audit-line")];
  const here = all.indexOf(event.target as HTMLElement);
  const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: all.length - 1 }[event.key];
  const next = to === undefined ? undefined : all[to];
  if (here < 0 || next === undefined) return;
  event.preventDefault();
  next.focus();
}

function gutter(finding: StepFinding, delta: number, named: boolean): HTMLElement {
  const { verdict, reliance, mode } = finding;
  return element("span", { class: "gp-audit-gutter-row" }, [
    element("span", { class: "gp-audit-bar" }, [bar(finding, delta)]),
    element("span", { class: `gp-audit-verdict ${VERDICT_CLASS[verdict]}` }, [
      element("span", { class: "gp-audit-glyph", "aria-hidden": "true" }, [VERDICT_GLYPH[verdict]]),
      `${named ? `${mode}: ` : ""}${verdict}`,
    ]),
    element("span", { class: "gp-audit-figure" }, [
      element("span", { class: "gp-spoken" }, ["reliance "]),
      reliance === null ? "unknown" : differenceWords(reliance),
    ]),
  ]);
}

/** Beside it stands the same in numbers. */
function bar({ reliance }: StepFinding, delta: number): SVGSVGElement {
  const middle = HEIGHT / 2;
  return svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "gp-audit-reliance", "aria-hidden": "true" },
    [
      svg("line", { class: "gp-chart-axis", x1: at(0), x2: at(0), y1: 0, y2: HEIGHT }),
      svg("line", { class: "gp-audit-delta", x1: at(delta), x2: at(delta), y1: 0, y2: HEIGHT }),
      ...(reliance === null
        ? []
        : [
            svg("rect", {
              class: "gp-audit-share",
              x: Math.min(at(0), at(reliance.estimate)),
              width: Math.abs(at(reliance.estimate) - at(0)),
              y: 3,
              height: HEIGHT - 6,
            }),
            svg("path", {
              class: "gp-probe-whisker",
              d: `M${at(reliance.low)},${middle - 3}v6m0,-3H${at(reliance.high)}m0,-3v6`,
            }),
          ]),
    ],
  );
}
