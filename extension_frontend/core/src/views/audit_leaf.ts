/** Does the reasoning carry the answer? An audit of the explained prompt's chain of thought. */
import type { AbilityFinding, AttributionResult, AuditResult } from "../protocol.js";
import { auditAnswer } from "./audit/audit_answer.js";
import { draftedAudit, firstAuditDraft } from "./audit/audit_draft.js";
import { auditForm } from "./audit/audit_form.js";
import { bringIntoView, type Disclosures, element, region } from "./element.js";
import type { PaneEvents, PaneState } from "./pane_state.js";
import { sideFrame, sideProgress } from "./side_frame.js";
import type { AuditQuestion } from "./side_state.js";
import { asksElsewhere, type Leaf } from "./tabs.js";

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

  /** What was found out of endpoints, by address and name. */
  const known = new Map<string, readonly AbilityFinding[]>();
  const abilities = () => known.get(endpointKey(draft.address.trim(), draft.model.trim())) ?? null;

  const drawForm = region<PaneState>(
    form,
    ({ result, phase, audit, audit_cost, keyPlace, prompt }) => [
      result === null && phase.at === "failed" && prompt !== null,
      result?.subject.family,
      result?.subject.name,
      phase.at === "running" || audit.at === "running" || audit_cost.at === "running",
      keyPlace,
      abilities(),
    ],
    (now) => {
      const { result, phase, audit, audit_cost, keyPlace } = now;
      if (result === null && !asksElsewhere(now)) return [];
      const busy = phase.at === "running" || audit.at === "running" || audit_cost.at === "running";
      const explained = result !== null && writes(result) ? result.subject.name : null;
      if (explained === null) draft.from = "endpoint";
      const offer = { explained, keyPlace, abilities: abilities() };
      return [
        ...(explained === null ? [refusal(result)] : []),
        ...auditForm(draft, offer, busy, disclosures, {
          run,
          preview,
          written: () => {
            if (last !== null) drawCost(last);
          },
        }),
      ];
    },
  );
  const writeStep = (step: number, text: string) => {
    draft.wrong.push({ step: String(step), text, consequence: "" });
    disclosures.show("audit-wrong");
    if (last === null) return;
    drawForm(last, true);
    const written = form.querySelector<HTMLElement>(
      `[data-key="audit-wrong-${draft.wrong.length - 1}-text"]`,
    );
    written?.focus();
    if (written !== null) bringIntoView(written);
  };
  const drawCost = region<PaneState>(
    cost,
    // A price of something else than what stands in the form now would mislead.
    (now) => [now.audit_cost, JSON.stringify(draftedAudit(draft)) === JSON.stringify(priced)],
    (now) =>
      sideFrame(now.audit_cost, {
        side: "audit_cost",
        unasked: () => [],
        done: ({ sentence, over_budget, warnings }) =>
          JSON.stringify(draftedAudit(draft)) === JSON.stringify(priced)
            ? [
                element(
                  "p",
                  { class: over_budget ? "gp-audit-cost gp-caution-line" : "gp-audit-cost", role: "status" },
                  [`${over_budget ? "! " : ""}It would take at most: ${sentence}`],
                ),
                ...warnings.map((each) => element("p", { class: "gp-caution-line" }, [`! ${each}`])),
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
            ownStep: writeStep,
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
  const learn = ({ audit, audit_cost }: PaneState) => {
    if (audit.at === "done") {
      const { model } = audit.answer.request;
      if (model?.source === "endpoint")
        known.set(endpointKey(model.base_url, model.model), audit.answer.abilities);
    }
    if (audit_cost.at === "done" && priced?.model.of === "endpoint") {
      known.set(endpointKey(priced.model.address, priced.model.name), audit_cost.answer.abilities);
    }
  };
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
      learn(state);
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

const endpointKey = (address: string, model: string): string =>
  JSON.stringify([address.replace(/\/+$/, ""), model]);

/** Reasoning is written from left to right. */
function writes({ subject }: AttributionResult): boolean {
  return subject.family === "causal_lm";
}

function refusal(result: AttributionResult | null): HTMLElement {
  if (result === null) {
    return element("p", { class: "gp-caution-line", role: "note" }, [
      "! No model explains the prompt here, so none here can be audited. One behind an endpoint can: it needs no model in the kernel.",
    ]);
  }
  const { subject } = result;
  return element("p", { class: "gp-caution-line", role: "note" }, [
    `! An audit needs a model that writes on from a prompt, and ${subject.name} does not. Choose another model, or ask one behind an endpoint.`,
  ]);
}
