/** The residual stream, stepped through: what each layer carries from token to token. */
import type { AttentionResult, ResidualStream, Token } from "../../protocol.js";
import type { AskOnce } from "../ask_once.js";
import { chartFrame } from "../chart_frame.js";
import { type Child, element, numberAt, region } from "../element.js";
import { percent, quoted } from "../figures.js";
import type { PaneEvents, PaneState } from "../pane_state.js";
import { sideFrame, unasked } from "../side_frame.js";
import type { SideQuestion } from "../side_state.js";
import { tokenText } from "../token_text.js";
import { type TokenWindow, windowAround, windowSlider } from "../token_window.js";
import type { AttentionPart } from "./part.js";
import { inWindow, type ResidualChart, residualChart } from "./residual_chart.js";
import { contributionSentence, streamSizes } from "./residual_words.js";
import { lessMotion, type Stepper, stepper } from "./stepper.js";

/** Tokens side by side that can still be told apart. */
const DRAWN = 60;
const LISTED = 6;

/** Enough that every token of a longer prompt may have some lines, and no more than is soon sent. */
function questionAbout(tokens: number): SideQuestion {
  const lines = Math.min(2000, Math.max(200, 10 * tokens));
  return { side: "residual", ask: "attention", view: { show: "residual", lines } };
}

export function residualPart(events: PaneEvents, askOnce: AskOnce): AttentionPart {
  const root = element("section", { class: "gp-section" });
  let steps: Stepper | null = null;
  let drawing: { point(token: number | null): void } | null = null;
  let tokens = 0;
  const ask = () => events.sideAsked(questionAbout(tokens));
  const draw = region<PaneState>(
    root,
    (now) => [now.residual, now.phase.at],
    (now) => {
      steps?.pause();
      steps = null;
      drawing = null;
      return sideFrame(now.residual, {
        side: "residual",
        unasked: () => unasked(now, "residual", ask, "Look at the residual stream"),
        done: (result) => (result.answer.show === "residual" ? show(result, result.answer) : []),
        again: ask,
        cancel: events.sideCancelled,
      });
    },
  );
  const show = (result: AttentionResult, answer: ResidualStream): Child[] => {
    const made = residualView(result, answer, events);
    steps = made.steps;
    drawing = made;
    return made.children;
  };
  let pointed: number | null = null;
  return {
    element: root,
    update(state) {
      tokens = state.result?.tokens.length ?? 0;
      draw(state);
      // Answered at once, maybe: whatever comes of it is drawn by a call of its own.
      askOnce(state, questionAbout(tokens));
      if (state.focusedToken !== pointed) {
        pointed = state.focusedToken;
        drawing?.point(pointed);
      }
    },
    redraw: () => {},
    rest: () => steps?.pause(),
  };
}

function residualView(result: AttentionResult, answer: ResidualStream, events: PaneEvents) {
  const { tokens } = result;
  const sizes = streamSizes(answer);
  const still = lessMotion();
  const chartHost = element("div", {});
  const box = element("div", { class: "gp-residual-box" });
  const list = element("div", { class: "gp-table-box" });
  const heading = element("h3", { class: "gp-label" });
  let window: TokenWindow = windowAround(tokens.length, tokens.length - 1, DRAWN);
  let layer = 0;
  /** Clicked, or pointed at in the editor: what it takes is listed. */
  let chosen: number | null = null;
  let drawn: ResidualChart;
  const choose = (token: number | null) => {
    chosen = token;
    drawn.point(chosen);
    say();
  };
  const draw = () => {
    drawn = residualChart(answer, sizes, tokens, window, still);
    drawn.step(layer);
    drawn.point(chosen);
    drawn.chart.addEventListener("pointerover", (event) =>
      drawn.point(numberAt(event.target, "token") ?? chosen),
    );
    drawn.chart.addEventListener("pointerleave", () => drawn.point(chosen));
    drawn.chart.addEventListener("click", (event) => {
      const token = numberAt(event.target, "token");
      choose(token === chosen ? null : token);
      events.tokenPointed(chosen);
    });
    box.replaceChildren(drawn.chart);
    chartHost.replaceChildren(chartFrame("residual stream", drawn.chart, events.fileMade, box));
    // The last tokens, once there is a width to scroll.
    queueMicrotask(() => {
      box.scrollLeft = box.scrollWidth;
    });
  };
  const say = () => {
    const lines = inWindow(answer, layer, window)
      .filter(({ source, target }) => (chosen === null ? source !== target : target === chosen))
      .sort((one, other) => other.strength - one.strength);
    const what =
      chosen === null ? "Strongest between tokens" : `What ${quoted(tokens[chosen]?.text ?? "")} takes`;
    heading.textContent = `${what} in layer ${layer}`;
    list.replaceChildren(contributionTable(lines.slice(0, LISTED), tokens));
  };
  const slider = windowSlider(tokens.length, DRAWN, "tokens", (next) => {
    window = next;
    draw();
    say();
  });
  slider.show(window);
  const steps = stepper({
    count: answer.layers,
    at: 0,
    said: (step) => `layer ${step} / ${answer.layers - 1}`,
    stepped: (step) => {
      layer = step;
      drawn.step(layer);
      say();
    },
    still,
  });
  draw();
  say();
  const children: Child[] = [
    element("p", { class: "gp-quiet" }, [result.note]),
    ...result.warnings.map((warning) => element("p", { class: "gp-quiet" }, [warning])),
    steps.element,
    chartHost,
    slider.element,
    element("p", { class: "gp-quiet" }, [legend(answer, tokens.length > DRAWN)]),
    heading,
    list,
  ];
  return { children, steps, point: choose };
}

function legend({ normalised }: ResidualStream, windowed: boolean): string {
  const beyond = windowed ? "; dashed from a token that is not on view" : "";
  const lines = `A line: what a token takes from another in that layer, brighter the larger its share${beyond}.`;
  return normalised
    ? `${lines} This model normalises its stream after every addition, so the dots say little.`
    : `${lines} A dot: how large the stream is by then, on a logarithmic scale.`;
}

function contributionTable(
  lines: readonly ReturnType<typeof inWindow>[number][],
  tokens: readonly Token[],
): HTMLElement {
  if (lines.length === 0) {
    return element("p", { class: "gp-quiet" }, ["None of this layer’s strongest contributions goes there."]);
  }
  return element("table", { class: "gp-table" }, [
    element("caption", { class: "gp-spoken" }, ["Strongest contributions of this layer"]),
    element(
      "tbody",
      {},
      lines.map((line) =>
        element("tr", { title: contributionSentence(line, tokens) }, [
          element("td", { class: "gp-contribution" }, [
            element("span", { class: "gp-code" }, tokenText(tokens[line.target]?.text ?? "")),
            ` takes ${percent(line.share)} of what it reads from `,
            line.source === line.target
              ? "itself"
              : element("span", { class: "gp-code" }, tokenText(tokens[line.source]?.text ?? "")),
          ]),
        ]),
      ),
    ),
  ]);
}
