import type { MadeFile } from "../made_file.js";
import { auditStem } from "../views/audit/audit_words.js";
import { EMPTY_PANE, type PaneEvents, type PaneState } from "../views/pane_state.js";
import { fileStem } from "../views/saving.js";
import type { Explainer } from "./explainer.js";
import type { Explanation } from "./explanation.js";
import type { Site } from "./site.js";
import { choiceOf } from "./subject_memory.js";

/** What only the editor can do for the pane. */
export interface PaneHost<OfHost extends Site> {
  /** Puts the result into the notebook, because the person asked for it. */
  insertOutput(explanation: Explanation<OfHost>): void;
  copy(text: string): void;
  /** Keeps a chart or a report where the person chooses. */
  save(file: MadeFile): void;
  /** Asks which model is to explain the document from now on; false: it was left as it is. */
  chooseModel(): Promise<boolean>;
}

/** What the pane shows now. */
export function paneState<OfHost extends Site>(explainer: Explainer<OfHost>): PaneState {
  const { current, workplace, others } = explainer;
  if (current === null) return { ...EMPTY_PANE, catalogue: workplace.catalogue };
  return others.length === 0 ? current.state : { ...current.state, others };
}

/** What a person does in the pane is done to the explanation it shows. */
export function paneEvents<OfHost extends Site>(
  explainer: Explainer<OfHost>,
  host: PaneHost<OfHost>,
): PaneEvents {
  const act = (action: (current: Explanation<OfHost>) => unknown) => {
    const { current } = explainer;
    if (current !== null) void action(current);
  };
  return {
    targetChosen: (target) => act((each) => void each.vary({ target })),
    methodChosen: (method) => act((each) => void each.vary({ method })),
    optionsChanged: (options) => act((each) => void each.vary({ options })),
    runAgain: () => act((each) => void each.start()),
    cancel: () => act((each) => void each.cancel()),
    clearHeat: () => act((each) => each.clearHeat()),
    insertOutput: () => act((each) => host.insertOutput(each)),
    copyPython: (code) => host.copy(code),
    copyText: (text) => host.copy(text),
    subjectChosen: (ref) =>
      act((each) => {
        explainer.choose(each.site, choiceOf(ref));
        void each.start();
      }),
    tokenizerChosen: (tokenizer) =>
      act((each) => {
        const { ref, where } = each.choice();
        // Only a model of a kernel has its tokenizer in a variable.
        if (ref.source !== "kernel") return;
        explainer.choose(each.site, { ref: { ...ref, tokenizer }, where });
        void each.start();
      }),
    templateChosen: (template) => act((each) => void each.chooseTemplate(template)),
    holesFilled: (values) => act((each) => void each.replies.fill(values)),
    consentGiven: () => act((each) => void each.replies.agreeToEvaluate()),
    questionDismissed: () =>
      act((each) => void each.replies.dismiss().then(() => explainer.showPreviousOf(each))),
    modelAsked: () =>
      act((each) => {
        void host.chooseModel().then((chosen) => {
          if (chosen) void each.start();
        });
      }),
    separateKernelChosen: () => act((each) => void each.useSeparateKernel()),
    tabChosen: (tab) => act((each) => each.openTab(tab)),
    grainChosen: (grain) => act((each) => each.view({ grain })),
    rowsChosen: (rows) => act((each) => each.view({ rows })),
    sideAsked: (question) =>
      act(async (each) => {
        await each.sides.ask(question);
        const { report, audit, audit_report, result } = each.state;
        // What was asked for is a file, not a view.
        if (question.side === "audit_report" && audit_report.at === "done" && audit.at === "done") {
          const { html } = audit_report.answer;
          host.save({ name: `${auditStem(audit.answer)}.html`, type: "text/html", content: html });
        }
        if (question.side !== "report" || report.at !== "done" || result === null) return;
        host.save({ name: `${fileStem(result)}.html`, type: "text/html", content: report.answer.html });
      }),
    sideCancelled: (side) => act((each) => void each.sides.cancel(side)),
    fileMade: (file) => host.save(file),
    tokenPointed: (token) => act((each) => each.point(token)),
  };
}
