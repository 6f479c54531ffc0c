/** Is that why? Activations of one prompt put into the run of another, and what that does to the answer. */
import type { AttributionResult, PatchResult } from "../protocol.js";
import type { HeadPlace } from "./attention/head_grid.js";
import { bringIntoView, type Child, element, region } from "./element.js";
import { counterfactualForm } from "./inside/counterfactual_form.js";
import { type AnswerEvents, firstLook, patchAnswer } from "./inside/patch_answer.js";
import { beginDraft, draftedQuestion, emptyDraft, questionBehind } from "./inside/patch_draft.js";
import { patchProblem } from "./inside/patch_problem.js";
import { firstDifferent, swappableTokens } from "./inside/token_swap.js";
import type { PaneEvents, PaneState } from "./pane_state.js";
import { sideProgress } from "./side_frame.js";
import type { PatchQuestion } from "./side_state.js";
import type { Leaf } from "./tabs.js";

const WHAT_IT_SAYS =
  "Patching puts activations of one prompt into the run of another: where that moves the answer, the difference between the two is carried.";

export interface InsideLeaf extends Leaf {
  /** A token that was chosen elsewhere: where nothing is written yet, it is the one to replace. */
  prefer(token: number): void;
}

/** `openHead`: shows a head's attention, in its own leaf. */
export function insideLeaf(events: PaneEvents, openHead: (place: HeadPlace) => void): InsideLeaf {
  const draft = emptyDraft();
  let drafts = 0;
  let preferred: number | null = null;
  let isOpen = false;
  let about: AttributionResult | null = null;
  let asked: PatchQuestion | null = null;
  let look = firstLook();
  /** On view also while the next one is on its way. */
  let shown: PatchResult | null = null;
  let refining = false;
  /** What was asked here has not been seen yet. */
  let awaited = false;
  let last: PaneState | null = null;

  const ask = (question: PatchQuestion, at: number | null = null) => {
    asked = question;
    awaited = true;
    look = firstLook(at);
    events.sideAsked({ side: "patching", ask: "patch", ...question });
  };
  const changed = () => {
    drafts += 1;
    if (last !== null) update(last);
  };
  const form = element("section", { class: "gp-section gp-inside-form" });
  const waiting = element("section", { class: "gp-section" });
  const answer = element("section", { class: "gp-section gp-patch-answer" });

  const drawForm = region<PaneState>(
    form,
    (now) => [now.result, now.others, now.phase.at === "running", drafts],
    ({ result, others, phase }) => (result === null ? [] : formOf(result, others, phase.at === "running")),
  );
  const formOf = (result: AttributionResult, others: PaneState["others"], busy: boolean): Child[] => [
    element("h3", { class: "gp-label" }, ["Is that why?"]),
    element("p", { class: "gp-quiet" }, [WHAT_IT_SAYS]),
    ...(result.subject.family === "causal_lm"
      ? counterfactualForm(draft, result, others, busy, {
          changed,
          ask: () => {
            const question = draftedQuestion(draft, result);
            if (question !== null) ask(question);
          },
          pointed: events.tokenPointed,
        })
      : [
          element("p", { class: "gp-caution-line" }, [
            `! It follows a prompt from left to right, and ${result.subject.name} reads it both ways.`,
          ]),
        ]),
  ];

  const drawWaiting = region<PaneState>(
    waiting,
    (now) => [now.patching],
    ({ patching, result }) =>
      patching.at === "running"
        ? sideProgress(patching, () => events.sideCancelled("patching"), "patching")
        : patching.at === "failed" && result !== null
          ? [
              patchProblem(patching.error, result, {
                wordTaken: (word) => takeWord(word, result),
                wrongTaken: (wrong) => {
                  draft.wrong = wrong;
                  const question = asked ?? draftedQuestion(draft, result);
                  changed();
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
  const takeWord = (word: string, result: AttributionResult) => {
    const tokens = swappableTokens(result);
    const place =
      draft.way === "token"
        ? tokens.find(({ token }) => token.index === draft.token)
        : firstDifferent(tokens, draft.of, asked?.other.from === "text" ? asked.other.text : draft.text);
    if (place === undefined) return;
    Object.assign(draft, { way: "token", token: place.token.index, word });
    const question = draftedQuestion(draft, result);
    changed();
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
            pointed: events.tokenPointed,
            copyPython: events.copyPython,
            fileMade: events.fileMade,
          }),
  );
  /** What there is to be seen by now. */
  const show = ({ patching }: PaneState) => {
    const isRunning = patching.at === "running";
    const partial = isRunning ? (patching.progress?.partial ?? null) : null;
    refining = partial?.kind === "patching";
    if (partial?.kind === "patching") shown = partial;
    else if (patching.at === "done") shown = patching.answer;
    else if (!isRunning) shown = null;
    answer.classList.toggle("gp-waiting", isRunning && !refining);
  };
  const update = (state: PaneState) => {
    last = state;
    const { result } = state;
    if (result !== null && (result !== about || !isOpen)) {
      beginDraft(draft, result, preferred ?? state.focusedToken);
      drafts += 1;
      // Another explanation has an answer of its own on show.
      if (result !== about) {
        asked = null;
        look = firstLook();
      }
      about = result;
      preferred = null;
    }
    isOpen = true;
    show(state);
    drawForm(state);
    const failedNow = state.patching.at === "failed" && waiting.querySelector(".gp-problem") === null;
    drawWaiting(state);
    if (failedNow) bringIntoView(waiting);
    drawAnswer(state);
    const map = answer.querySelector(".gp-patch-box");
    if (awaited && map !== null && (refining || state.patching.at === "done")) {
      awaited = false;
      bringIntoView(map);
    }
  };
  return {
    element: element("div", { class: "gp-inside" }, [form, waiting, answer]),
    update,
    prefer(token) {
      preferred = token;
    },
    rest() {
      isOpen = false;
    },
  };
}
