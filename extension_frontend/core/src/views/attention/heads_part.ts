/** The grid of heads, and under it one head's matrix; or all layers rolled out in the same view. */
import type {
  AttentionResult,
  AttentionView,
  AttributionResult,
  HeadFigures,
  HeadView,
} from "../../protocol.js";
import type { AskOnce } from "../ask_once.js";
import { chartFrame } from "../chart_frame.js";
import { bringIntoView, type Child, element, region } from "../element.js";
import type { PaneEvents, PaneState } from "../pane_state.js";
import { sideFrame, unasked } from "../side_frame.js";
import type { SideQuestion } from "../side_state.js";
import { figurePicker } from "./figure_picker.js";
import { headBar, rolloutWords } from "./head_bar.js";
import type { FigureName } from "./head_figures.js";
import { type HeadGrid, type HeadPlace, headGrid } from "./head_grid.js";
import { exactOf, type MatrixAnswer, type MatrixView, matrixView } from "./matrix_view.js";
import type { AttentionPart } from "./part.js";
import type { Direction } from "./token_reading.js";

type MatrixMode = "heads" | "rollout";

export interface HeadsPart extends AttentionPart {
  show(mode: MatrixMode): void;
  /** The head to be looked at from the next update on. */
  choose(place: HeadPlace): void;
}

/**
 * Tokens up to which a matrix comes in 16 bits: where weights spread over hundreds of tokens, 8 bits round most of them to
 * nothing; beyond, a matrix of 16 bits is more than a pane should be sent.
 */
const FINE_UP_TO = 1024;

export function headsPart(events: PaneEvents, askOnce: AskOnce): HeadsPart {
  let mode: MatrixMode = "heads";
  let figure: FigureName = "entropy_share";
  let place: HeadPlace | null = null;
  /** Chosen in another leaf. */
  let sentFor: HeadPlace | null = null;
  let withoutSink = false;
  let direction: Direction = "reads";
  let pinned: number | null = null;
  let about: AttributionResult | null = null;
  let last: PaneState | null = null;
  /** What the matrix was last asked to show. */
  let requested: string | null = null;
  let grid: HeadGrid | null = null;
  /** On view also while the next one is on its way. */
  let drawn: { readonly answer: AttentionResult; readonly view: MatrixView } | null = null;

  const overview = element("section", { class: "gp-section" });
  const head = element("section", { class: "gp-section gp-head-bar" });
  const picture = element("section", { class: "gp-section" });
  const waiting = element("section", { class: "gp-section" });
  const root = element("div", {}, [overview, head, picture, waiting]);

  const wanted = (): AttentionView | null => {
    const drawing = { token: null, matrix: true, bits: bitsFor(about) };
    if (mode === "rollout") return { show: "rollout", ...drawing };
    return place && { show: "head", ...place, without_sink: withoutSink, ...drawing };
  };
  const question = (view: AttentionView): SideQuestion => ({ side: "matrix", ask: "attention", view });
  const ask = (view: AttentionView) => {
    requested = JSON.stringify(view);
    events.sideAsked(question(view));
  };
  const again = () => {
    const view = wanted();
    if (view !== null) ask(view);
  };
  const refresh = () => last !== null && update(last);
  const open = (next: HeadPlace) => {
    place = { layer: next.layer, head: next.head };
    again();
    refresh();
    bringIntoView(head);
  };

  const drawOverview = region<PaneState>(
    overview,
    (now) => [now.overview, now.phase.at, figure, mode],
    (now) => {
      grid = null;
      return mode === "heads" ? overviewOf(now) : [];
    },
  );
  const overviewOf = (now: PaneState): readonly Child[] =>
    sideFrame(now.overview, {
      side: "overview",
      unasked: () => unasked(now, "overview", () => events.sideAsked(OVERVIEW), "Look at every head"),
      done: ({ answer }) => {
        if (answer.show !== "overview") return [];
        grid = headGrid(answer, figure, open);
        grid.choose(place);
        return [
          figurePicker(figure, (next) => {
            figure = next;
            refresh();
          }),
          chartFrame(`attention heads by ${figure.replace(/_/g, " ")}`, grid.chart, events.fileMade),
          grid.readout,
        ];
      },
      again: () => events.sideAsked(OVERVIEW),
      cancel: events.sideCancelled,
    });

  const drawHead = region<PaneState>(
    head,
    (now) => [now.overview, mode, place, withoutSink],
    (now) => {
      if (mode === "rollout") return rolloutWords();
      if (place === null) return [];
      return headBar(headsOf(now.overview), place, withoutSink, {
        open,
        leaveOut: (sink) => {
          withoutSink = sink;
          again();
          refresh();
        },
      });
    },
  );
  root.addEventListener("keydown", (event) => {
    const by = { "[": "previous-head", "]": "next-head" }[event.key];
    const target = by === undefined ? null : head.querySelector<HTMLButtonElement>(`[data-key="${by}"]`);
    if (target === null || target.disabled) return;
    event.preventDefault();
    target.click();
  });

  const drawWaiting = region<PaneState>(
    waiting,
    (now) => [now.matrix, now.phase.at, mode, place],
    (now) =>
      wanted() === null
        ? []
        : sideFrame(now.matrix, {
            side: "matrix",
            unasked: () =>
              unasked(now, "matrix", again, mode === "rollout" ? "Roll out all layers" : "Look at this head"),
            done: () => [],
            again,
            cancel: events.sideCancelled,
          }),
  );

  const drop = () => {
    drawn?.view.dispose();
    drawn = null;
    picture.replaceChildren();
  };
  const drawMatrix = (now: PaneState) => {
    const view = wanted();
    if (now.matrix.at === "done") {
      const { answer } = now.matrix;
      if (view !== null && shows(answer, view)) {
        if (drawn?.answer !== answer) put(answer);
      } else drop();
    } else if (now.matrix.at !== "running" || view === null) drop();
    picture.hidden = drawn === null;
    picture.classList.toggle("gp-waiting", now.matrix.at === "running");
    drawn?.view.focus(now.focusedToken);
    drawn?.view.read(now.reading);
  };
  const put = (result: AttentionResult) => {
    const focus = picture.contains(document.activeElement);
    drop();
    const { answer } = result;
    if (answer.show !== "head" && answer.show !== "rollout") return;
    const view = matrixView(result, answer, {
      direction,
      pinned: pinned !== null && pinned < result.tokens.length ? pinned : null,
      turned: (next) => {
        direction = next;
      },
      chosen: (token) => {
        pinned = token;
        events.tokenPointed(token);
      },
      wanted: (token) => askExact(answer, token),
      keep: events.fileMade,
    });
    if (view === null) return;
    drawn = { answer: result, view };
    picture.replaceChildren(view.element);
    if (focus) picture.querySelector<HTMLElement>('[data-key="matrix"]')?.focus({ preventScroll: true });
  };
  const askExact = (answer: MatrixAnswer, token: number) => {
    if (last?.phase.at !== "done") return;
    const reading = last.reading;
    if (reading.at === "done" && exactOf(reading.answer, answer)?.token === token) return;
    const exact = { token, matrix: false, bits: 8 } as const;
    const view: AttentionView =
      answer.show === "rollout"
        ? { show: "rollout", ...exact }
        : {
            show: "head",
            layer: answer.layer,
            head: answer.head,
            without_sink: answer.without_sink,
            ...exact,
          };
    events.sideAsked({ side: "reading", ask: "attention", view });
  };

  const begin = ({ result, matrix }: PaneState) => {
    if (result !== about) {
      if (about !== null && about.subject.weights !== result?.subject.weights) place = null;
      if (about !== null && about.text !== result?.text) pinned = null;
      about = result;
    }
    // Kept over a reload of the window: what is on view says what was chosen.
    if (
      place === null &&
      matrix.at === "done" &&
      matrix.answer.answer.show === "head" &&
      requested === null
    ) {
      const { layer, head, without_sink } = matrix.answer.answer;
      place = { layer, head };
      withoutSink = without_sink;
    }
  };
  const update = (state: PaneState) => {
    last = state;
    begin(state);
    const arrived = sentFor !== null;
    place = sentFor ?? place;
    sentFor = null;
    const view = wanted();
    const { matrix } = state;
    if (view !== null && !(matrix.at === "done" && shows(matrix.answer, view))) {
      if (matrix.at === "unasked") {
        requested = JSON.stringify(view);
        askOnce(state, question(view));
      } else if (requested !== JSON.stringify(view) && state.phase.at === "done") ask(view);
    }
    // What was asked may have come back already.
    const now = last;
    drawOverview(now);
    grid?.choose(place);
    drawHead(now);
    drawMatrix(now);
    drawWaiting(now);
    if (arrived) bringIntoView(head);
  };
  return {
    element: root,
    update,
    show(next) {
      mode = next;
    },
    choose(next) {
      sentFor = next;
    },
    redraw: () => drawn?.view.redraw(),
    rest: () => drawn?.view.rest(),
  };
}

const OVERVIEW: SideQuestion = { side: "overview", ask: "attention", view: { show: "overview" } };

function bitsFor(explained: AttributionResult | null): 8 | 16 {
  return (explained?.tokens.length ?? 0) <= FINE_UP_TO ? 16 : 8;
}

function headsOf(overview: PaneState["overview"]): readonly HeadFigures[] {
  const answer = overview.at === "done" ? overview.answer.answer : null;
  return answer?.show === "overview" ? answer.heads : [];
}

function shows({ answer }: AttentionResult, view: AttentionView): boolean {
  if (view.show !== "head") return answer.show === view.show;
  return answer.show === "head" && matchesHead(answer, view);
}

function matchesHead(
  answer: { layer: number; head: number; without_sink: boolean },
  view: HeadView,
): boolean {
  return (
    answer.layer === view.layer && answer.head === view.head && answer.without_sink === view.without_sink
  );
}
