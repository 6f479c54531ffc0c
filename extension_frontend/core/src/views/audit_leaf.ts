/** Does the reasoning carry the answer? An audit of the explained prompt's chain of thought. */
import type { AttributionResult, AuditResult } from "../protocol.js";
import { auditAnswer } from "./audit/audit_answer.js";
import { draftedAudit, firstAuditDraft } from "./audit/audit_draft.js";
import { auditForm } from "./audit/audit_form.js";
import { bringIntoView, type Disclosures, element, region } from "./element.js";
import type { PaneEvents, PaneState } from "./pane_state.js";
import { sideFrame, sideProgress } from "./side_frame.js";
import type { AuditQuestion } from "./side_state.js";
import type { Leaf } from "./tabs.js";

export function auditLeaf(disclosures: Disclosures, events: PaneEvents): Leaf {
  const draft = firstAuditDraft();
  const look = { step: null as number | null };
  let asked: AuditQuestion | null = null;
  let priced: AuditQuestion | null = null;
  /** On view also while the next one is on its way. */
  let shown: AuditResult | null = null;
  let refining = false;
  /** What was asked here has not been seen yet. */
  let awaited = false;
  let last: PaneState | null = null;

  const run = (question: AuditQuestion) => {
    asked = question;
    awaited = true;
    refining = false;
    look.step = null;
    events.sideAsked({ side: "audit", ask: "audit", ...question });
  };
  const preview = (question: AuditQuestion) => {
    priced = question;
    events.sideAsked({ side: "audit_cost", ask: "audit_cost", ...question });
  };
  const report = () => events.sideAsked({ side: "audit_report", ask: "audit_report" });
  const form = element("section", { class: "gp-section" });
  const cost = element("section", { class: "gp-section" });
  const waiting = element("section", { class: "gp-section" });
  const answer = element("section", { class: "gp-section gp-audit-answer-box" });
  const writing = element("section", { class: "gp-section" });

  const drawForm = region<PaneState>(
    form,
    ({ result, phase, audit, audit_cost }) => [
      result?.subject.family,
      phase.at === "running" || audit.at === "running" || audit_cost.at === "running",
    ],
    ({ result, phase, audit, audit_cost }) => {
      if (result === null) return [];
      if (!writes(result)) return [refusal(result)];
      const busy = phase.at === "running" || audit.at === "running" || audit_cost.at === "running";
      return auditForm(draft, busy, disclosures, {
        run,
        preview,
        written: () => {
          if (last !== null) drawCost(last);
        },
      });
    },
  );
  const drawCost = region<PaneState>(
    cost,
    // A price of something else than what stands in the form now would mislead.
    (now) => [now.audit_cost, JSON.stringify(draftedAudit(draft)) === JSON.stringify(priced)],
    (now) =>
      sideFrame(now.audit_cost, {
        side: "audit_cost",
        unasked: () => [],
        done: ({ sentence }) =>
          JSON.stringify(draftedAudit(draft)) === JSON.stringify(priced)
            ? [
                element("p", { class: "gp-audit-cost", role: "status" }, [
                  `It would take at most: ${sentence}`,
                ]),
              ]
            : [],
        again: () => {
          if (priced !== null) preview(priced);
        },
        cancel: events.sideCancelled,
      }),
  );
  const drawWaiting = region<PaneState>(
    waiting,
    (now) => [now.audit],
    ({ audit }) =>
      audit.at === "running"
        ? sideProgress(audit, () => events.sideCancelled("audit"), "audit")
        : audit.at === "failed"
          ? sideFrame(audit, {
              side: "audit",
              unasked: () => [],
              done: () => [],
              again: () => {
                if (asked !== null) run(asked);
                else form.querySelector("form")?.requestSubmit();
              },
              cancel: events.sideCancelled,
            })
          : [],
  );
  const drawAnswer = region<PaneState>(
    answer,
    ({ audit }) => [shown, look.step, audit.at === "running", refining],
    ({ audit }) =>
      shown === null
        ? []
        : auditAnswer(shown, look, { running: audit.at === "running", refining }, disclosures, {
            opened(step) {
              look.step = step;
              if (last !== null) drawAnswer(last);
              const detail = answer.querySelector(".gp-audit-detail");
              if (detail !== null) bringIntoView(detail);
            },
            copyPython: events.copyPython,
            copyText: events.copyText,
            fileMade: events.fileMade,
            report,
          }),
  );
  const drawWriting = region<PaneState>(
    writing,
    (now) => [now.audit_report],
    (now) =>
      sideFrame(now.audit_report, {
        side: "audit_report",
        unasked: () => [],
        done: () => [],
        again: report,
        cancel: events.sideCancelled,
      }),
  );
  const take = ({ audit }: PaneState) => {
    const running = audit.at === "running";
    const partial = running ? (audit.progress?.partial ?? null) : null;
    // Later progress of the same job may come without a newer result.
    refining = running && (refining || partial?.kind === "audit");
    if (partial?.kind === "audit") shown = partial;
    else if (audit.at === "done") shown = audit.answer;
    else if (!running) shown = null;
    answer.classList.toggle("gp-waiting", running && !refining);
  };
  return {
    element: element("div", { class: "gp-audit" }, [form, cost, waiting, answer, writing]),
    update(state) {
      last = state;
      take(state);
      const failedNow = state.audit.at === "failed" && waiting.querySelector(".gp-problem") === null;
      drawForm(state);
      drawCost(state);
      drawWaiting(state);
      drawAnswer(state);
      drawWriting(state);
      if (failedNow) bringIntoView(waiting);
      if (awaited && state.audit.at === "done") {
        awaited = false;
        bringIntoView(answer.querySelector(".gp-audit-headline") ?? answer);
      }
    },
  };
}

/** Reasoning is written from left to right. */
function writes({ subject }: AttributionResult): boolean {
  return subject.family === "causal_lm";
}

function refusal({ subject }: AttributionResult): HTMLElement {
  return element("p", { class: "gp-caution-line", role: "note" }, [
    `! An audit needs a model that writes on from a prompt, and ${subject.name} does not. Choose another model.`,
  ]);
}
