/** Which heads and MLPs carry the difference between two prompts, and does that hold for other pairs like them? */
import { writtenText } from "../../explaining/other_prompt.js";
import type { AttributionResult, CircuitResult, PairTemplateResult } from "../../protocol.js";
import { type Child, Disclosures, element, region } from "../element.js";
import type { PaneState } from "../pane_state.js";
import { sideProblem, sideWaiting } from "../side_frame.js";
import type { CircuitQuestion, ComparedPrompt } from "../side_state.js";
import { AnswerOnView, broughtIntoView } from "./answer_on_view.js";
import { type CircuitLook, circuitAnswer } from "./circuit_answer.js";
import { draftOf, emptyCircuitDraft } from "./circuit_draft.js";
import { circuitForm } from "./circuit_form.js";
import { otherPromptFields } from "./other_prompt_fields.js";
import type { InsidePart, PartEvents, Thread } from "./part.js";
import { draftedOther, takeWord, templateQuestion } from "./patch_draft.js";
import { patchProblem } from "./patch_problem.js";

const WHAT_IT_SAYS =
  "A circuit is the heads and MLPs that by themselves carry the difference between two prompts. It is looked for on many pairs like these two, and tried on others that it was not found on.";

export function circuitPart(thread: Thread, { pane, openHead, goOn, drafted }: PartEvents): InsidePart {
  const { draft } = thread;
  const disclosures = new Disclosures();
  const asked = emptyCircuitDraft();
  let look: CircuitLook = { opened: null };
  /** The other prompt that a template was last asked for. */
  let wanted: ComparedPrompt | null = null;
  let question: CircuitQuestion | null = null;
  /** The answer whose template stands in the form. */
  let taken: PairTemplateResult | null = null;
  /** Grows where the form has to be drawn again. */
  let holes = 0;
  let isOpen = false;
  let last: PaneState | null = null;

  const askTemplate = (other: ComparedPrompt) => {
    wanted = other;
    pane.sideAsked(templateQuestion(draft, other));
  };
  const askCircuit = (next: CircuitQuestion) => {
    question = next;
    onView.asked();
    look = { opened: null };
    pane.sideAsked({ side: "circuit", ask: "circuit", ...next });
  };
  const make = (result: AttributionResult) => {
    const other = draftedOther(draft, result);
    if (other !== null) askTemplate(other);
  };

  const pairs = element("section", { class: "gp-section gp-inside-form" });
  const making = element("section", { class: "gp-section" });
  const form = element("section", { class: "gp-section gp-inside-form" });
  const waiting = element("section", { class: "gp-section" });
  const answer = element("section", { class: "gp-section gp-patch-answer gp-circuit-answer" });
  const onView = new AnswerOnView<CircuitResult>(answer);

  const drawPairs = region<PaneState>(
    pairs,
    (now) => [now.result, now.others, now.phase.at === "running", thread.drafts],
    ({ result, others, phase }) =>
      result === null ? [] : pairFields(result, others, phase.at === "running"),
  );
  const pairFields = (result: AttributionResult, others: PaneState["others"], busy: boolean): Child[] => {
    const go = element("button", { type: "submit", class: "gp-button", "data-key": "make-pairs" }, [
      "Make pairs like these",
    ]);
    const written = () => {
      go.disabled = busy || draftedOther(draft, result) === null;
    };
    const fields = element(
      "form",
      { class: "gp-patch-form" },
      [
        ...otherPromptFields("circuit", draft, result, others, {
          changed: drafted,
          written,
          pointed: pane.tokenPointed,
        }),
        element("div", { class: "gp-buttons" }, [go]),
      ],
      {
        submit: (event) => {
          event.preventDefault();
          if (!go.disabled) make(result);
        },
      },
    );
    written();
    return [
      element("h3", { class: "gp-label" }, ["Which circuit carries it?"]),
      element("p", { class: "gp-quiet" }, [WHAT_IT_SAYS]),
      fields,
    ];
  };

  const drawMaking = region<PaneState>(
    making,
    (now) => [now.template],
    ({ template, result }) =>
      sideWaiting(
        template,
        "template",
        pane.sideCancelled,
        (error) =>
          result !== null &&
          patchProblem("template", error, result, {
            wordTaken: (word) => {
              if (!takeWord(draft, result, wanted, word)) return;
              drafted();
              make(result);
            },
            wrongTaken: (wrong) => {
              draft.wrong = wrong;
              drafted();
              make(result);
            },
            again: () => make(result),
          }),
      ),
  );

  const drawForm = region<PaneState>(
    form,
    (now) => [taken, holes, now.phase.at === "running"],
    ({ phase }) =>
      asked.template === null
        ? []
        : [
            circuitForm(asked, asked.template, taken, phase.at === "running", disclosures, {
              ask: askCircuit,
              holesChanged: () => {
                holes += 1;
                if (last !== null) drawForm(last);
              },
            }),
          ],
  );

  const drawWaiting = region<PaneState>(
    waiting,
    (now) => [now.circuit],
    ({ circuit }) =>
      sideWaiting(circuit, "circuit", pane.sideCancelled, (error) =>
        sideProblem(error, "circuit", () => {
          if (question !== null) askCircuit(question);
          else form.querySelector("form")?.requestSubmit();
        }),
      ),
  );

  const drawAnswer = region<PaneState>(
    answer,
    () => [onView.shown, thread.place],
    () =>
      onView.shown === null
        ? []
        : circuitAnswer(onView.shown, thread.place, look, disclosures, {
            openHead,
            goOn,
            copyPython: pane.copyPython,
            fileMade: pane.fileMade,
          }),
  );

  /** Takes a template that has come over into the form; one that is about another prompt leaves it. */
  const take = ({ template }: PaneState) => {
    if (template.at === "unasked" && taken !== null) {
      taken = wanted = asked.template = null;
      Object.assign(asked.heldOut, { clean: "", corrupted: "" });
    }
    if (template.at !== "done" || template.answer === taken) return;
    taken = template.answer;
    asked.template = draftOf(taken.template);
    wanted ??= { from: "text", text: writtenText(taken.request.pair.corrupted) };
  };
  /** Who comes here with another prompt already in the draft has asked for pairs like it. */
  const askUnasked = ({ result, template, phase }: PaneState) => {
    if (result === null || phase.at === "running" || template.at === "running") return;
    const other = draftedOther(draft, result);
    if (other === null || JSON.stringify(other) === JSON.stringify(wanted)) return;
    // What is asked changes what is shown: not while that is being drawn.
    queueMicrotask(() => askTemplate(other));
  };
  return {
    element: element("div", { class: "gp-inside-part gp-circuit" }, [pairs, making, form, waiting, answer]),
    begin() {
      question = null;
      look = { opened: null };
    },
    rest() {
      isOpen = false;
    },
    update(state) {
      last = state;
      take(state);
      if (!isOpen) {
        isOpen = true;
        askUnasked(state);
      }
      onView.follow(state.circuit);
      drawPairs(state);
      broughtIntoView(making, ".gp-problem", () => drawMaking(state));
      drawForm(state);
      broughtIntoView(waiting, ".gp-problem", () => drawWaiting(state));
      drawAnswer(state);
      onView.arrive(state.circuit, ".gp-figure");
    },
  };
}
