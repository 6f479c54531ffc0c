/** "Which method answers my question?": asked of the kernel's rules, shown with the reasons. */
import type { Advice, AdviceResult, AdviseRequest } from "../protocol.js";
import { button, type Child, type Disclosures, element, region } from "./element.js";
import type { PaneEvents, PaneState } from "./pane_state.js";
import { sideFrame } from "./side_frame.js";

type Wanted = Omit<AdviseRequest, "kind">;

const GOALS: Readonly<Record<AdviseRequest["goal"], string>> = {
  why_this_answer: "Which tokens pushed for this answer?",
  report: "I need an account that others will hold me to",
  quick_look: "A first impression",
  debugging: "What does the model read while it answers?",
  cause: "What inside the model causes the answer?",
  represented: "Does the model represent something at all?",
  reasoning: "Does its written reasoning carry the answer?",
};

const AUDIENCES: Readonly<Record<AdviseRequest["audience"], string>> = {
  data_scientist: "a data scientist",
  end_user: "an end user",
  regulator: "a regulator",
  safety_researcher: "a safety researcher",
};

const ACCESS: Readonly<Record<AdviseRequest["access"], string>> = {
  weights: "its weights",
  api: "an API only",
};

const TIMES: Readonly<Record<string, string>> = {
  "1": "about a second",
  "30": "half a minute",
  "300": "minutes",
};

export function advisor(host: HTMLElement, disclosures: Disclosures, events: PaneEvents) {
  let wanted: Wanted = {
    goal: "why_this_answer",
    access: "weights",
    audience: "data_scientist",
    seconds: 30,
  };
  const ask = () => events.sideAsked({ side: "advice", ask: "advise", ...wanted });
  const choose = (change: Partial<Wanted>) => {
    wanted = { ...wanted, ...change };
    ask();
  };
  const draw = ({ advice, catalogue, method, phase, result }: PaneState): Child[] => {
    if (catalogue === null || (phase.at === "empty" && result === null)) return [];
    const details = disclosures.make("advice", "Which method answers my question?", [
      element("div", { class: "gp-advice-form" }, [
        ...menu("goal", "Question", GOALS, wanted.goal, (goal) => choose({ goal })),
        ...menu("audience", "Read by", AUDIENCES, wanted.audience, (audience) => choose({ audience })),
        ...menu("access", "I have", ACCESS, wanted.access, (access) => choose({ access })),
        ...menu("time", "It may take", TIMES, String(wanted.seconds), (time) =>
          choose({ seconds: Number(time) }),
        ),
      ]),
      element(
        "div",
        { class: "gp-advice", "aria-live": "polite" },
        sideFrame<AdviceResult>(advice, {
          side: "advice",
          unasked: () => [],
          done: (answer) => [
            element(
              "ol",
              {},
              answer.advice.map((each, index) => recommendation(each, index, method, events)),
            ),
          ],
          again: ask,
          cancel: events.sideCancelled,
        }),
      ),
    ]);
    details.addEventListener("toggle", () => {
      if (details.open && advice.at === "unasked") ask();
    });
    return [details];
  };
  return region<PaneState>(
    host,
    (now) => [now.advice, now.catalogue, now.method, now.result === null, now.phase.at === "empty"],
    draw,
  );
}

function recommendation(advice: Advice, index: number, current: string, events: PaneEvents): HTMLElement {
  const { call, method, label, why, with_it } = advice;
  const absent = method === null && call === null;
  return element("li", { class: absent ? "gp-advice-absent" : null }, [
    element("div", { class: "gp-advice-head" }, [
      element("strong", {}, [absent ? `Not here: ${label}` : label]),
      method === null
        ? null
        : method === current
          ? element("span", { class: "gp-quiet" }, ["in use"])
          : button(`advice-${index}`, "Use it", () => events.methodChosen(method)),
    ]),
    element("p", {}, [why]),
    method === null && call !== null
      ? element("p", {}, ["From Python: ", element("code", {}, [call])])
      : null,
    with_it.length === 0
      ? null
      : element("p", { class: "gp-quiet" }, [`Beside it belongs: ${with_it.join("; ")}.`]),
  ]);
}

function menu<Value extends string>(
  name: string,
  label: string,
  choices: Readonly<Record<Value, string>>,
  current: string,
  choose: (value: Value) => void,
): Child[] {
  const id = `gp-advice-${name}`;
  const select = element(
    "select",
    { class: "gp-input", id, "data-key": id },
    Object.entries<string>(choices).map(([value, said]) =>
      element("option", { value, selected: value === current }, [said]),
    ),
    { change: () => choose(select.value as Value) },
  );
  return [element("label", { for: id }, [label]), select];
}
