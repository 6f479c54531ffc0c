/** Where the model looks: heads, rollout, the residual stream. */
import type { AttentionResult } from "../protocol.js";
import { askingOnce } from "./ask_once.js";
import { correlationWords } from "./attention/head_figures.js";
import type { HeadPlace } from "./attention/head_grid.js";
import { headsPart } from "./attention/heads_part.js";
import { residualPart } from "./attention/residual_part.js";
import { element, region } from "./element.js";
import type { PaneEvents, PaneState } from "./pane_state.js";
import type { Side } from "./side_state.js";
import type { Leaf } from "./tabs.js";
import { watchTheme } from "./theme_colours.js";

type Mode = "heads" | "rollout" | "residual";

const MODES: Readonly<Record<Mode, string>> = {
  heads: "Heads",
  rollout: "Rollout",
  residual: "Residual stream",
};

const WHERE_NOT_WHY = "Attention shows where the model looks, not what changes its answer.";

export interface AttentionLeaf extends Leaf {
  /** The head to be looked at once the leaf is open. */
  chooseHead(place: HeadPlace): void;
}

export function attentionLeaf(events: PaneEvents): AttentionLeaf {
  let mode: Mode = "heads";
  let last: PaneState | null = null;
  const askOnce = askingOnce(events);
  const heads = headsPart(events, askOnce);
  const residual = residualPart(events, askOnce);
  const headline = element("section", { class: "gp-section gp-attention-headline" });
  const drawHeadline = region<PaneState>(
    headline,
    (now) => [now.overview],
    ({ overview }) => headlineOf(overview),
  );
  const choices = (Object.keys(MODES) as Mode[]).map((name) => {
    const made = element("button", { type: "button", "data-key": `attention-${name}` }, [MODES[name]], {
      click: () => {
        mode = name;
        if (last !== null) update(last);
      },
    });
    return [name, made] as const;
  });
  const bar = element("section", { class: "gp-section" }, [
    element(
      "div",
      { class: "gp-choices", role: "group", "aria-label": "View of attention" },
      choices.map(([, made]) => made),
    ),
  ]);
  const root = element("div", { class: "gp-attention" }, [headline, bar, heads.element, residual.element]);
  const stop = watchTheme(() => {
    heads.redraw();
    residual.redraw();
  });
  const update = (state: PaneState) => {
    last = state;
    drawHeadline(state);
    for (const [name, made] of choices) made.setAttribute("aria-pressed", String(name === mode));
    heads.element.hidden = mode === "residual";
    residual.element.hidden = mode !== "residual";
    if (mode === "residual") {
      heads.rest();
      residual.update(state);
    } else {
      residual.rest();
      heads.show(mode);
      heads.update(state);
    }
    // Answered at once, maybe: by then all is drawn as it was.
    if (last === state) askOnce(state, { side: "overview", ask: "attention", view: { show: "overview" } });
  };
  const rest = () => {
    heads.rest();
    residual.rest();
  };
  return {
    element: root,
    update,
    chooseHead(place) {
      mode = "heads";
      heads.choose(place);
    },
    rest,
    dispose() {
      rest();
      stop();
    },
  };
}

function headlineOf(overview: Side<AttentionResult>): HTMLElement[] {
  const done = overview.at === "done" ? overview.answer : null;
  const words = done?.answer.show === "overview" ? correlationWords(done.answer.gradient_correlation) : null;
  return [
    element("p", {}, [done?.note ?? WHERE_NOT_WHY, words === null ? null : ` ${words}`]),
    ...(done?.warnings ?? []).map((warning) => element("p", { class: "gp-quiet" }, [warning])),
  ];
}
