/** Is that why? Activations of one prompt put into the run of another, and what that does to the answer. */
import type { AttributionResult, PatchResult } from "../../protocol.js";
import { bringIntoView, type Child, element, region } from "../element.js";
import type { PaneState } from "../pane_state.js";
import { sideWaiting } from "../side_frame.js";
import type { PatchQuestion } from "../side_state.js";
import { AnswerOnView, broughtIntoView } from "./answer_on_view.js";
import { counterfactualForm } from "./counterfactual_form.js";
import type { InsidePart, PartEvents, Place, Thread } from "./part.js";
import { type AnswerEvents, firstLook, patchAnswer } from "./patch_answer.js";
import { cellOfPlace, patchRows, placeName } from "./patch_cells.js";
import { draftedQuestion, questionBehind, takeWord } from "./patch_draft.js";
import { patchProblem } from "./patch_problem.js";

const WHAT_IT_SAYS =
  "Patching puts activations of one prompt into the run of another: where that moves the answer, the difference between the two is carried.";

export function patchingPart(thread: Thread, { pane, openHead, goOn, drafted }: PartEvents): InsidePart {
  const { draft } = thread;
  let asked: PatchQuestion | null = null;
  let look = firstLook();
  /** A place that was pointed out in another part, and has not been found in a map yet. */
  let meant: Place | null = null;
  /** A head that another part points out: it is patched by position as soon as there is something to patch. */
  let arrived: Place | null = null;

  const ask = (question: PatchQuestion, at: number | null = null) => {
    asked = question;
    onView.asked();
    look = firstLook(at);
    pane.sideAsked({ side: "patching", ask: "patch", ...question });
  };
  const form = element("section", { class: "gp-section gp-inside-form" });
  const waiting = element("section", { class: "gp-section" });
  const answer = element("section", { class: "gp-section gp-patch-answer" });
  const onView = new AnswerOnView<PatchResult>(answer, ({ partial }) =>
    partial?.kind === "patching" ? partial : null,
  );

  const drawForm = region<PaneState>(
    form,
    (now) => [now.result, now.others, now.phase.at === "running", thread.drafts, meant],
    ({ result, others, phase }) => (result === null ? [] : formOf(result, others, phase.at === "running")),
  );
  const formOf = (result: AttributionResult, others: PaneState["others"], busy: boolean): Child[] => [
    element("h3", { class: "gp-label" }, ["Is that why?"]),
    element("p", { class: "gp-quiet" }, [WHAT_IT_SAYS]),
    meant === null
      ? null
      : element("p", { class: "gp-patch-meant", role: "note" }, [
          `Meant is ${placeName(meant, result.tokens)}: its cell opens in a map that has it.`,
        ]),
    ...counterfactualForm(draft, result, others, busy, {
      changed: drafted,
      ask: () => {
        const question = draftedQuestion(draft, result);
        if (question !== null) ask(question);
      },
      pointed: pane.tokenPointed,
    }),
  ];

  const drawWaiting = region<PaneState>(
    waiting,
    (now) => [now.patching],
    ({ patching, result }) =>
      sideWaiting(
        patching,
        "patching",
        pane.sideCancelled,
        (error) =>
          result !== null &&
          patchProblem("patching", error, result, {
            wordTaken: (word) => wordTaken(word, result),
            wrongTaken: (wrong) => {
              draft.wrong = wrong;
              const question = asked ?? draftedQuestion(draft, result);
              drafted();
              if (question !== null) ask({ ...question, wrong });
            },
            again: () => {
              const question = asked ?? draftedQuestion(draft, result);
              if (question !== null) ask(question);
            },
          }),
      ),
  );
  /** A word that is one token takes the place of the one that was not, and is asked about. */
  const wordTaken = (word: string, result: AttributionResult) => {
    if (!takeWord(draft, result, asked?.other ?? null, word)) return;
    const question = draftedQuestion(draft, result);
    drafted();
    if (question !== null) ask(question);
  };

  const furtherQuestions = (answered: PatchResult): AnswerEvents["ask"] => {
    const before = asked ?? questionBehind(answered);
    return before === null ? null : (next, at) => ask({ ...before, ...next }, at);
  };
  const drawAnswer = region<PaneState>(
    answer,
    () => [onView.shown, onView.refining],
    () =>
      onView.shown === null
        ? []
        : patchAnswer(onView.shown, look, onView.refining, {
            ask: furtherQuestions(onView.shown),
            openHead,
            goOn,
            pointed: pane.tokenPointed,
            copyPython: pane.copyPython,
            fileMade: pane.fileMade,
          }),
  );
  /** The place that is meant is opened, where the map has it. */
  const openMeant = () => {
    const { shown } = onView;
    const [map] = shown?.maps ?? [];
    if (meant === null || shown === null || map === undefined) return false;
    const cell = cellOfPlace(patchRows(shown, map), meant);
    if (cell === undefined) return false;
    look = { ...firstLook(meant.position), chosen: cell.index };
    meant = null;
    return true;
  };
  const askArrived = ({ result }: PaneState) => {
    const place = arrived;
    arrived = null;
    if (result === null || place === null || place.head === null) return;
    const question = draftedQuestion(draft, result);
    if (question === null) return;
    meant = null;
    const { layer, head, position } = place;
    const byPosition = { site: "z", grid: "head_position", layers: [layer], heads: [head] } as const;
    // What is asked changes what is shown: not while that is being drawn.
    queueMicrotask(() => ask({ ...question, ...byPosition }, position));
  };
  return {
    element: element("div", { class: "gp-inside-part" }, [form, waiting, answer]),
    begin() {
      asked = null;
      arrived = null;
      look = firstLook();
      meant = null;
    },
    arrive(place) {
      meant = place;
      arrived = place;
    },
    update(state) {
      askArrived(state);
      onView.follow(state.patching);
      const opened = openMeant();
      drawForm(state);
      broughtIntoView(waiting, ".gp-problem", () => drawWaiting(state));
      drawAnswer(state, opened);
      const chosen = answer.querySelector(".gp-opened-shape");
      if (opened && chosen !== null) bringIntoView(chosen);
      onView.arrive(state.patching, ".gp-chart-box");
    },
  };
}
