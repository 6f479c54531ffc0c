/** The part of the Compare leaf for another prompt: an edit of this one, or one explained elsewhere in the window. */
import { writtenText } from "../explaining/other_prompt.js";
import type { AttributionResult } from "../protocol.js";
import { button, type Child, element, region } from "./element.js";
import type { OtherExplanation, PaneEvents, PaneState } from "./pane_state.js";
import { promptDifference } from "./prompt_difference.js";
import { fileStem } from "./saving.js";
import { sideFrame } from "./side_frame.js";
import type { ComparedPrompt } from "./side_state.js";
import type { Leaf } from "./tabs.js";

export function promptComparison(events: PaneEvents): Leaf {
  const host = element("section", { class: "gp-section gp-difference" });
  /** What is being typed, and the prompt that it was made from. */
  let draft = { of: "", text: "" };
  let last: ComparedPrompt | null = null;

  const ask = (after: ComparedPrompt) => {
    last = after;
    events.sideAsked({ side: "difference", ask: "diff", after });
  };
  const draw = (state: PaneState): Child[] => {
    const { difference, result, others, phase } = state;
    if (result === null) return [];
    const text = writtenText(result.request.prompt);
    if (draft.of !== text) draft = { of: text, text };
    const running = phase.at === "running" || difference.at === "running";
    return [
      element("h3", { class: "gp-label" }, ["What changes with the prompt?"]),
      ...(difference.at === "running"
        ? []
        : [
            ...editor(result, text, running),
            others.length === 0
              ? null
              : otherPrompts(others, running, (id) => ask({ from: "explanation", id })),
          ]),
      ...sideFrame(difference, {
        side: "difference",
        unasked: () => [],
        done: (answer) => promptDifference(answer, fileStem(result), events),
        again: () => ask(last ?? { from: "text", text: draft.text }),
        cancel: events.sideCancelled,
      }),
    ];
  };
  const editor = (result: AttributionResult, text: string, running: boolean): Child[] => {
    const go = button("diff", "Compare", () => ask({ from: "text", text: draft.text }), {
      class: "gp-button gp-primary",
    });
    const weigh = () => {
      go.disabled = running || draft.text === text || draft.text === "";
    };
    const box = element(
      "textarea",
      {
        class: "gp-input gp-code",
        id: "gp-other-prompt",
        "data-key": "other-prompt",
        rows: Math.min(8, 1 + draft.text.split("\n").length),
        spellcheck: "false",
      },
      [draft.text],
      {
        input: () => {
          draft = { of: text, text: box.value };
          weigh();
        },
      },
    );
    weigh();
    const what = result.request.prompt.form === "text" ? "Edit this prompt" : "Edit the last message";
    return [
      element("label", { class: "gp-quiet", for: "gp-other-prompt" }, [
        `${what}, and see which tokens the edit moves:`,
      ]),
      box,
      element("div", { class: "gp-buttons" }, [go]),
    ];
  };
  const drawn = region<PaneState>(
    host,
    (now) => [now.difference, now.result, now.others, now.phase.at === "running"],
    draw,
  );
  return { element: host, update: drawn };
}

function otherPrompts(
  others: readonly OtherExplanation[],
  running: boolean,
  choose: (id: string) => void,
): HTMLElement {
  const menu = element(
    "select",
    {
      class: "gp-input",
      "data-key": "other-explanation",
      "aria-label": "Another explanation",
      disabled: running,
    },
    [
      element("option", { value: "", selected: true }, ["Or with another explained prompt…"]),
      ...others.map(({ id, phrase, text }) =>
        element("option", { value: id }, [`${phrase}: ${text.replace(/\s+/g, " ")}`]),
      ),
    ],
    {
      change: () => {
        if (menu.value !== "") choose(menu.value);
      },
    },
  );
  return menu;
}
