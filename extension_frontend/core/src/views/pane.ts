import type { AttributionResult, ErrorResult } from "../protocol.js";
import { staleSentence } from "../stale.js";
import { advisor } from "./advisor.js";
import { attentionLeaf } from "./attention_leaf.js";
import { auditLeaf } from "./audit_leaf.js";
import { compareLeaf } from "./compare_leaf.js";
import { bringIntoView, button, type Child, Disclosures, element, numberAt, region } from "./element.js";
import { subjectDetails, subjectLine } from "./figures.js";
import { insideLeaf } from "./inside_leaf.js";
import { spent } from "./keeping.js";
import { methodForm } from "./method_form.js";
import type { Mounted } from "./mounted.js";
import { problemBlock } from "./pane_problem.js";
import { progressBlock } from "./pane_progress.js";
import { questionBlock } from "./pane_question.js";
import type { PaneEvents, PaneQuestion, PaneState } from "./pane_state.js";
import { isPartial } from "./partial.js";
import { type ChipsState, predictionChips } from "./prediction_chips.js";
import { savingWays } from "./saving.js";
import { tabs } from "./tabs.js";
import { emptyDraft, targetLine } from "./target_line.js";
import { tokensLeaf } from "./tokens_leaf.js";
import { trustLeaf } from "./trust_leaf.js";

/** The whole right-hand pane. */
export function mountPane(container: HTMLElement, state: PaneState, events: PaneEvents): Mounted<PaneState> {
  const disclosures = new Disclosures();
  const draft = emptyDraft();
  const chips: ChipsState = { all: false };
  const root = element("div", { class: "gp-pane" });
  const section = (
    name: string,
    depends: (state: PaneState) => readonly unknown[],
    draw: (state: PaneState) => readonly Child[],
  ) => {
    const host = element("section", { class: `gp-section gp-${name}` });
    root.append(host);
    return region(host, depends, draw);
  };
  const advice = element("section", { class: "gp-section gp-advisor" });
  const attention = attentionLeaf(events);
  const inside = insideLeaf(events, (head) => {
    attention.chooseHead(head);
    events.tabChosen("attention");
  });
  const tokens = tokensLeaf(disclosures, events);
  // Clicked or walked to, not just passed by the pointer.
  tokens.element.addEventListener("focusin", (event) => {
    const token = numberAt(event.target, "token");
    if (token !== null) inside.prefer(token);
  });
  const leaves = tabs(
    {
      tokens,
      trust: trustLeaf(disclosures, events),
      compare: compareLeaf(disclosures, events),
      attention,
      inside,
      audit: auditLeaf(disclosures, events),
    },
    events.tabChosen,
  );
  const sections = [
    section("subject", (now) => [now.result?.subject], subjectHeader),
    section(
      "prompt",
      (now) => [now.prompt, now.stale, now.phase.at === "running"],
      (now) => promptLine(now, events),
    ),
    section(
      "message",
      (now) => [now.phase, now.ownKernel, now.phase.at === "failed" && now.catalogue],
      (now) => message(now, disclosures, events),
    ),
    section(
      "answer",
      (now) => [now.result?.predictions, now.result?.target],
      ({ result }) =>
        result === null
          ? []
          : [
              ...predictionChips(result, chips, events.targetChosen),
              ...targetLine(result, disclosures, draft, events.targetChosen),
            ],
    ),
    section(
      "method",
      (now) => [now.catalogue, now.method, now.options, now.result?.subject.family, isBlank(now)],
      ({ catalogue, method, options, result, ...rest }) =>
        catalogue === null || isBlank({ result, ...rest })
          ? []
          : methodForm(
              { catalogue, method, options, family: result?.subject.family ?? null },
              disclosures,
              events,
            ),
    ),
    advisor(advice, disclosures, events),
    (now: PaneState) => leaves.update(now),
    section(
      "notes",
      (now) => [now.notes],
      ({ notes }) => notes.map((note) => element("p", { class: "gp-quiet" }, [note])),
    ),
    section(
      "actions",
      (now) => [now.result, now.phase.at, now.canInsert, now.heatShown, now.report],
      (now) => [...actions(now, events), savingWays(now, disclosures, events)],
    ),
    // Last, and at the lower edge while there is more than fits: what a person reads or clicks stays where it is.
    section(
      "running",
      (now) => [now.phase],
      (now) => progressBlock(now.phase, events),
    ),
  ];
  let asked: PaneQuestion | null = null;
  let failed: ErrorResult | null = null;
  const update = (now: PaneState) => {
    root.setAttribute("aria-busy", String(now.phase.at === "running"));
    root.classList.toggle("gp-outdated", now.phase.at === "running" ? !isPartial(now) : now.stale !== null);
    for (const draw of sections) draw(now);
    const question = now.phase.at === "asking" ? now.phase.question : null;
    // What is waited for can be typed at once.
    if (question !== asked && question !== null) root.querySelector<HTMLElement>("[data-focus]")?.focus();
    asked = question;
    const failure = now.phase.at === "failed" ? now.phase.error : null;
    // Whoever asked at the pane's end reads here why it came to nothing.
    if (failure !== failed && failure !== null) {
      const said = root.querySelector(".gp-message");
      if (said !== null) bringIntoView(said);
    }
    failed = failure;
  };
  root.querySelector(".gp-method")?.after(advice, leaves.element);
  container.replaceChildren(root);
  update(state);
  return {
    update,
    dispose() {
      leaves.dispose();
      container.replaceChildren();
    },
  };
}

function subjectHeader({ result }: PaneState): Child[] {
  if (result === null) return [];
  const { subject } = result;
  return [
    element("p", { title: subjectDetails(subject) }, [
      element("strong", {}, [subject.name]),
      element("span", { class: "gp-quiet" }, [` · ${subjectLine(subject)}`]),
    ]),
  ];
}

function promptLine({ prompt, stale, phase }: PaneState, events: PaneEvents): Child[] {
  if (prompt === null) return [];
  return [
    element("h3", { class: "gp-label" }, [prompt.origin]),
    element("p", { class: "gp-prompt-text gp-code", title: prompt.text }, [
      prompt.text.replace(/\s*\n\s*/g, " ↵ "),
    ]),
    stale !== null && phase.at !== "running"
      ? element("p", { class: "gp-stale", role: "status" }, [
          element("span", {}, [staleSentence(stale)]),
          button("stale-again", "⟳ Run again", () => events.runAgain(), {
            title: "Explain the prompt again, as it stands now",
          }),
        ])
      : null,
  ];
}

function message(state: PaneState, disclosures: Disclosures, events: PaneEvents): Child[] {
  const { phase } = state;
  if (phase.at === "failed") return problemBlock(phase.error, state, disclosures, events);
  if (phase.at === "asking") return questionBlock(phase.question, events);
  return isBlank(state) ? [emptyState()] : [];
}

/** Nothing was explained yet and nothing is under way. */
function isBlank({ phase, result }: Pick<PaneState, "phase" | "result">): boolean {
  return phase.at === "empty" && result === null;
}

function emptyState(): HTMLElement {
  return element("div", { class: "gp-empty" }, [
    element("h2", {}, ["Why does the model say that?"]),
    element("ol", {}, [
      element("li", {}, [
        "Right-click a prompt in your code: a string, an f-string, a variable, a list of messages or selected text.",
      ]),
      element("li", {}, [
        "Choose ",
        element("strong", {}, ["Explain This Prompt"]),
        ". The model in your kernel answers; if there is none, one that comes with Glasspane does.",
      ]),
      element("li", {}, ["Its tokens take colour where they stand, and this pane says how far to trust it."]),
    ]),
    element("p", { class: "gp-quiet" }, ["Nothing leaves your machine, and your model is left as it was."]),
  ]);
}

function actions({ result, phase, canInsert, heatShown }: PaneState, events: PaneEvents): Child[] {
  if (result === null) return [];
  const running = phase.at === "running";
  return [
    element("p", { class: "gp-cost gp-quiet" }, [costLine(result)]),
    element("div", { class: "gp-buttons" }, [
      button("run-again", "Run again", () => events.runAgain(), { disabled: running }),
      heatShown && button("clear-heat", "Clear heat", () => events.clearHeat()),
      canInsert && button("insert", "Insert as output", () => events.insertOutput(), { disabled: running }),
      button("copy-python", "Copy as Python", () => events.copyPython(result.code)),
    ]),
  ];
}

function costLine({ cost }: AttributionResult): string {
  return cost.cached ? "Known from before: nothing was computed." : spent(cost);
}
