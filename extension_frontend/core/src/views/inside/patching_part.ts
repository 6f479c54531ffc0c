/** Is that why? Activations of one prompt put into the run of another, and what that does to the answer. */
import type { AttributionResult, PatchResult } from "../../protocol.js";
import { bringIntoView, type Child, element, region } from "../element.js";
import type { PaneState } from "../pane_state.js";
import { sideProgress } from "../side_frame.js";
import type { PatchQuestion } from "../side_state.js";
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
  /** On view also while the next one is on its way. */
  let shown: PatchResult | null = null;
  let refining = false;
  /** A place that was pointed out in another part, and has not been found in a map yet. */
  let meant: Place | null = null;
  /** What was asked here has not been seen yet. */
  let awaited = false;
  /** A head that another part points out: it is patched by position as soon as there is something to patch. */
  let arrived: Place | null = null;

  const ask = (question: PatchQuestion, at: number | null = null) => {
    asked = question;
    awaited = true;
    refining = false;
    look = firstLook(at);
    pane.sideAsked({ side: "patching", ask: "patch", ...question });
  };
  const form = element("section", { class: "gp-section gp-inside-form" });
  const waiting = element("section", { class: "gp-section" });
  const answer = element("section", { class: "gp-section gp-patch-answer" });

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
      patching.at === "running"
        ? sideProgress(patching, () => pane.sideCancelled("patching"), "patching")
        : patching.at === "failed" && result !== null
          ? [
              patchProblem("patching", patching.error, result, {
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
            ]
          : [],
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
    () => [shown, refining],
    () =>
      shown === null
        ? []
        : patchAnswer(shown, look, refining, {
            ask: furtherQuestions(shown),
            openHead,
            goOn,
            pointed: pane.tokenPointed,
            copyPython: pane.copyPython,
            fileMade: pane.fileMade,
          }),
  );
  /** The place that is meant is opened, where the map has it. */
  const openMeant = () => {
    const [map] = shown?.maps ?? [];
    if (meant === null || shown === null || map === undefined) return false;
    const cell = cellOfPlace(patchRows(shown, map), meant);
    if (cell === undefined) return false;
    look = { ...firstLook(meant.position), chosen: cell.index };
    meant = null;
    return true;
  };
  /** What there is to be seen by now. */
  const show = ({ patching }: PaneState) => {
    const isRunning = patching.at === "running";
    const partial = isRunning ? (patching.progress?.partial ?? null) : null;
    // Later progress of the same job may come without a newer map.
    refining = isRunning && (refining || partial?.kind === "patching");
    if (partial?.kind === "patching") shown = partial;
    else if (patching.at === "done") shown = patching.answer;
    else if (!isRunning) shown = null;
    answer.classList.toggle("gp-waiting", isRunning && !refining);
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
      show(state);
      const opened = openMeant();
      drawForm(state);
      const failedNow = state.patching.at === "failed" && waiting.querySelector(".gp-problem") === null;
      drawWaiting(state);
      if (failedNow) bringIntoView(waiting);
      drawAnswer(state, opened);
      const chosen = answer.querySelector(".gp-opened-shape");
      if (opened && chosen !== null) bringIntoView(chosen);
      const map = answer.querySelector(".gp-patch-box");
      if (awaited && map !== null && (refining || state.patching.at === "done")) {
        awaited = false;
        bringIntoView(map);
      }
    },
  };
}
