/** What can be read off each layer, and does the model use it? */
import type { AttributionResult, ErrorResult, ProbeLayer, ProbeResult } from "../../protocol.js";
import { Disclosures, element, region } from "../element.js";
import type { PaneState } from "../pane_state.js";
import { sideProblem, sideProgress, sideWaiting } from "../side_frame.js";
import { AnswerOnView, broughtIntoView } from "./answer_on_view.js";
import type { InsidePart, PartEvents, Thread } from "./part.js";
import { takeWord } from "./patch_draft.js";
import { patchProblem } from "./patch_problem.js";
import { type ProbeBars, type ProbeLook, probeBars, probeRest } from "./probe_answer.js";
import { ProbeAsking } from "./probe_asking.js";
import { emptyProbeDraft, probeQuestionBehind, sameExamples } from "./probe_draft.js";
import { probeForm } from "./probe_form.js";
import { probeStem } from "./probe_keeping.js";
import { probeLayer, type TestDraft } from "./probe_layer.js";
import { probeTest } from "./probe_test.js";

const WHAT_IT_SAYS =
  "A probe is a linear classifier on a layer’s activations: where it tells classes apart in texts it was not fitted on, the layer holds what tells them apart.";

export function probePart(thread: Thread, { pane, goOn, drafted }: PartEvents): InsidePart {
  const draft = emptyProbeDraft();
  const testDraft: TestDraft = { where: "readout", answers: new Map() };
  const disclosures = new Disclosures();
  let look: ProbeLook = { layer: null, scrolled: 0 };
  let tablesAsked = false;
  let bars: ProbeBars | null = null;
  let last: PaneState | null = null;
  /** Grows with every choice that a form has to show. */
  let drafts = 0;

  const section = (name = "") => element("section", { class: `gp-section ${name}`.trim() });
  const [form, waiting] = [section("gp-inside-form"), section()];
  const [answer, layer, test, rest] = [section("gp-patch-answer"), section(), section(), section()];

  const redraw = () => {
    if (last !== null) part.update(last);
  };
  const onView = new AnswerOnView<ProbeResult>(answer, ({ partial }) =>
    partial?.kind === "probe" ? partial : null,
  );
  const asking = new ProbeAsking(draft, thread.draft, pane, () => onView.asked());
  const askDrafted = () => {
    if (last !== null) asking.askDrafted(last);
  };
  const askTables = () => {
    tablesAsked = true;
    pane.sideAsked({ side: "tables", ask: "tables" });
  };

  const drawForm = region<PaneState>(
    form,
    (now) => [
      now.result,
      now.others,
      now.catalogue,
      now.tables,
      now.template,
      now.ownKernel,
      now.phase.at === "running",
      thread.drafts,
      drafts,
    ],
    (now) => {
      const { result, phase, others, catalogue, tables, ownKernel } = now;
      if (result === null) return [];
      const pairs = asking.pairsAlike(now, result);
      return [
        element("h3", { class: "gp-label" }, ["What can be read off each layer?"]),
        element("p", { class: "gp-quiet" }, [WHAT_IT_SAYS]),
        ...probeForm(
          draft,
          thread.draft,
          { result, others, catalogue, tables, pairs, ownKernel, busy: phase.at === "running" },
          {
            changed: () => {
              drafts += 1;
              // The other prompt is the other parts' too.
              drafted();
            },
            ask: askDrafted,
            tablesAsked: askTables,
            pointed: pane.tokenPointed,
          },
        ),
      ];
    },
  );
  const drawWaiting = region<PaneState>(
    waiting,
    (now) => [now.probe, now.template, asking.waitsFor(now)],
    (now) => {
      const { result } = now;
      const forPairs = asking.waitsFor(now)
        ? sideWaiting(
            now.template,
            "template",
            pane.sideCancelled,
            (error) => result !== null && templateProblem(error, result),
          )
        : [];
      return forPairs.length > 0
        ? forPairs
        : sideWaiting(now.probe, "probe", pane.sideCancelled, (error) =>
            sideProblem(error, "probe", askAgain),
          );
    },
  );
  const askAgain = () => {
    if (asking.question !== null) asking.ask(asking.question);
    else askDrafted();
  };
  /** A word that fits takes the place of the one that did not, and is asked about. */
  const templateProblem = (error: ErrorResult, result: AttributionResult): HTMLElement => {
    return patchProblem("template", error, result, {
      wordTaken: (word) => {
        if (!takeWord(thread.draft, result, asking.other, word)) return;
        drafted();
        askDrafted();
      },
      wrongTaken: null,
      again: askDrafted,
    });
  };

  const open = (opened: number | null) => {
    look.layer = opened;
    bars?.chart.choose(opened);
    redraw();
  };
  const drawAnswer = region<PaneState>(
    answer,
    () => [onView.shown, onView.refining],
    () => {
      bars =
        onView.shown === null
          ? null
          : probeBars(onView.shown, look, onView.refining, {
              opened: (each) => open(each.layer),
              fileMade: pane.fileMade,
            });
      return bars?.children ?? [];
    },
  );
  const openedLayer = (): ProbeLayer | null =>
    onView.shown?.layers.find((each) => each.layer === look.layer) ?? null;
  const askTest = (result: ProbeResult, opened: ProbeLayer) => {
    const probe = asking.question ?? probeQuestionBehind(result);
    if (probe === null) return;
    const answers = result.classes.map(({ label }) => testDraft.answers.get(label) ?? "");
    const given = answers.every((each) => each.trim() !== "");
    pane.sideAsked({
      side: "probe_test",
      ask: "probe_test",
      probe,
      layer: opened.layer,
      where: testDraft.where,
      answers: given ? answers : null,
    });
  };
  const drawLayer = region<PaneState>(
    layer,
    (now) => [onView.shown, look.layer, now.probe.at === "running", now.probe_test.at === "running"],
    (now) => {
      const opened = openedLayer();
      const result = onView.shown;
      if (result === null || opened === null) return [];
      const known = asking.question ?? probeQuestionBehind(result);
      const position = known?.of === "pairs" ? known.token : null;
      return [
        probeLayer(opened, result, testDraft, {
          test: now.probe.at === "running" || known === null ? null : () => askTest(result, opened),
          testing: now.probe_test.at === "running",
          goOn: result.subject.family === "causal_lm" ? goOn : null,
          place: { layer: opened.layer, head: null, position },
          close: () => open(null),
        }),
      ];
    },
  );
  const drawTest = region<PaneState>(
    test,
    (now) => [now.probe_test, onView.shown],
    ({ probe_test: now }) => {
      const { shown } = onView;
      if (shown === null) return [];
      switch (now.at) {
        case "unasked":
          return [];
        case "running":
          return sideProgress(now, () => pane.sideCancelled("probe_test"), "probe_test");
        case "failed":
          return [
            sideProblem(now.error, "probe_test", () => {
              const opened = openedLayer();
              if (opened !== null) askTest(shown, opened);
            }),
          ];
        case "done":
          return sameExamples(now.answer.request.probe, shown.request)
            ? probeTest(now.answer, probeStem(shown), {
                copyPython: pane.copyPython,
                fileMade: pane.fileMade,
              })
            : [];
      }
    },
  );
  const drawRest = region<PaneState>(
    rest,
    () => [onView.shown, onView.refining],
    () =>
      onView.shown === null
        ? []
        : probeRest(onView.shown, onView.refining, disclosures, {
            copyPython: pane.copyPython,
            fileMade: pane.fileMade,
          }),
  );

  const part: InsidePart = {
    element: element("div", { class: "gp-inside-part gp-probe" }, [form, waiting, answer, layer, test, rest]),
    begin() {
      asking.begin();
      look = { layer: null, scrolled: 0 };
      draft.token = null;
    },
    arrive(place) {
      if (place === null) return;
      look.layer = place.layer;
      if (place.position !== null) draft.token = place.position;
      drafts += 1;
      bars?.chart.choose(look.layer);
    },
    update(state) {
      last = state;
      asking.goOn(state);
      if (draft.of === "frame" && !tablesAsked && state.ownKernel) askTables();
      onView.follow(state.probe);
      drawForm(state);
      broughtIntoView(waiting, ".gp-problem", () => drawWaiting(state));
      drawAnswer(state);
      drawLayer(state);
      broughtIntoView(test, ".gp-probe-verdict, .gp-problem", () => drawTest(state));
      drawRest(state);
      onView.arrive(state.probe, ".gp-figure");
    },
  };
  return part;
}
