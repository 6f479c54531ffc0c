/** When does the answer appear? Every layer read as if it were the last, and the answer's logit as a sum of parts. */
import type { AttributionResult, LensResult } from "../../protocol.js";
import { askingOnce } from "../ask_once.js";
import { button, type Child, element, region } from "../element.js";
import { quoted } from "../figures.js";
import type { PaneState } from "../pane_state.js";
import { sideFrame, unasked } from "../side_frame.js";
import { firstLensLook, lensAnswer, showChosen } from "./lens_answer.js";
import type { InsidePart, PartEvents, Place, Thread } from "./part.js";

const WHAT_IT_SAYS =
  "The lens reads the residual stream after every layer as if it were the last one: what would the model say by then?";

export function lensPart(_thread: Thread, { pane, openHead, goOn }: PartEvents): InsidePart {
  const askOnce = askingOnce(pane);
  let look = firstLensLook();
  /** A place that was pointed out elsewhere, not shown yet. */
  let arrived: Place | null = null;
  let last: PaneState | null = null;

  const question = (position: number | null) => ({ side: "lens", ask: "lens", position }) as const;
  const ask = (position: number | null) => {
    note.hidden = true;
    beside.replaceChildren();
    look.window = null;
    look.scrolled = null;
    pane.sideAsked(question(position));
  };

  const words = element("section", { class: "gp-section" }, [
    element("h3", { class: "gp-label" }, ["When does the answer appear?"]),
    element("p", { class: "gp-quiet" }, [WHAT_IT_SAYS]),
  ]);
  const answer = element("section", { class: "gp-section gp-lens-answer" });
  const note = element("p", { class: "gp-caution-line", role: "note" });
  note.hidden = true;
  const beside = element("div", { class: "gp-buttons" });
  const draw = region<PaneState>(
    answer,
    (now) => [now.lens, now.phase.at],
    (now) =>
      sideFrame(now.lens, {
        side: "lens",
        unasked: () => unasked(now, "lens", () => ask(null), "Read every layer"),
        done: (result) => answered(result, now.result),
        again: () => ask(null),
        cancel: pane.sideCancelled,
      }),
  );
  const answered = (result: LensResult, about: AttributionResult | null): Child[] =>
    lensAnswer(result, remark(result, about), look, {
      readHere(position) {
        look.chosen = null;
        ask(position);
      },
      openHead,
      goOn,
      pointed: pane.tokenPointed,
      copyPython: pane.copyPython,
      fileMade: pane.fileMade,
    });
  /** What was pointed out elsewhere is opened, where the table has it. */
  const openArrived = ({ lens }: PaneState) => {
    if (arrived === null || lens.at !== "done") return;
    const { positions, layers, tokens } = lens.answer;
    const position = arrived.position ?? lens.answer.position;
    const isThere = positions.includes(position);
    note.hidden = isThere;
    note.textContent = isThere
      ? ""
      : `! The table has no column for ${position} ${quoted(tokens[position]?.text ?? "")}: only the last ${positions.length} tokens of this prompt are read.`;
    beside.replaceChildren(
      ...(isThere
        ? []
        : [button("lens-read-there", "Read the answer after that token", () => ask(position))]),
    );
    // What a head writes is in the stream behind its layer; all else is looked at in front of it.
    const row = Math.min(layers, arrived.layer + (arrived.head === null ? 0 : 1));
    if (isThere) Object.assign(look, { chosen: { row, position }, window: null, scrolled: null });
    arrived = null;
  };
  return {
    element: element("div", { class: "gp-inside-part gp-lens" }, [words, note, beside, answer]),
    begin() {
      look = { ...firstLensLook(), shade: look.shade, scale: look.scale };
      arrived = null;
      note.hidden = true;
      beside.replaceChildren();
    },
    arrive(place) {
      arrived = place;
    },
    update(state) {
      last = state;
      const opens = arrived !== null && state.lens.at === "done";
      openArrived(state);
      draw(state, opens);
      if (opens) showChosen(answer);
      // Answered at once, maybe: by then all is drawn as it was.
      if (last === state) askOnce(state, question(null));
    },
  };
}

/** What is followed, where that is not what is explained. */
function remark({ answer }: LensResult, about: AttributionResult | null): string | null {
  const kind = about?.request.target.kind;
  if (kind !== "completion" && kind !== "class") return null;
  const explained = kind === "completion" ? "a whole completion" : "a class";
  return `A lens follows one next token. What is explained here is ${explained}, so it follows what the model itself says next, ${quoted(answer.text)}.`;
}
