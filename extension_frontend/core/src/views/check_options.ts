/** What a check may be asked with: what stands for a token left out, and the seed of all that is drawn. */
import { button, element } from "./element.js";
import { FIRST_CHECK, type SideQuestion } from "./side_state.js";

type CheckQuestion = Extract<SideQuestion, { ask: "check" }>;

const NAMED: readonly (readonly [name: string, label: string])[] = [
  ["default", "chosen for the model"],
  ["mask", "the mask token"],
  ["pad", "the padding token"],
  ["drop", "nothing: it is dropped"],
];

/** Where another was chosen, also while its answer is not there. */
export interface CheckOptions {
  readonly wanted: CheckQuestion;
  /** An answer may have been asked for elsewhere. */
  take(asked: Pick<CheckQuestion, "replacement" | "seed">): void;
  draw(): HTMLElement;
}

export function checkOptions(ask: (question: CheckQuestion) => void): CheckOptions {
  let wanted: CheckQuestion = FIRST_CHECK;
  let own = false;
  const askWith = (change: Partial<Pick<CheckQuestion, "replacement" | "seed">>) => {
    wanted = { ...wanted, ...change };
    ask(wanted);
  };
  const draw = (): HTMLElement => {
    const isNamed = NAMED.some(([name]) => name === wanted.replacement);
    const line = element(
      "input",
      {
        class: "gp-input",
        type: "text",
        "data-key": "check-token",
        "aria-label": "Text of one token",
        placeholder: "the text of one token",
        value: isNamed ? "" : wanted.replacement,
        hidden: isNamed && !own,
      },
      [],
      { change: () => line.value !== "" && askWith({ replacement: line.value }) },
    );
    const menu = element(
      "select",
      { class: "gp-input", id: "gp-check-replacement", "data-key": "check-replacement" },
      [
        ...NAMED.map(([name, label]) =>
          element("option", { value: name, selected: !own && wanted.replacement === name }, [label]),
        ),
        element("option", { value: "", selected: own || !isNamed }, ["a token of your own…"]),
      ],
      {
        change: () => {
          own = menu.value === "";
          line.hidden = !own;
          if (own) line.focus();
          else askWith({ replacement: menu.value });
        },
      },
    );
    return element("div", { class: "gp-check-options" }, [
      element("label", { class: "gp-label", for: "gp-check-replacement" }, [
        "What stands for a token left out",
      ]),
      menu,
      line,
      button("check-seed", "Another seed", () => askWith({ seed: wanted.seed + 1 }), {
        title: `Draws other random rankings. Seed now: ${wanted.seed}`,
      }),
    ]);
  };
  return {
    get wanted() {
      return wanted;
    },
    take({ replacement, seed }) {
      wanted = { ...FIRST_CHECK, replacement, seed };
    },
    draw,
  };
}
