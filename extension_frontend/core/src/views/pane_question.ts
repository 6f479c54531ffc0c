/** What Glasspane asks before it can go on. */
import type { HoleExpression } from "../protocol.js";
import { button, type Child, element } from "./element.js";
import type { HoleQuestion, PaneEvents, PaneQuestion } from "./pane_state.js";

type Answers = Pick<PaneEvents, "templateChosen" | "holesFilled" | "consentGiven" | "questionDismissed">;

export function questionBlock(question: PaneQuestion, events: Answers): Child[] {
  switch (question.ask) {
    case "template":
      return [templateQuestion(events)];
    case "holes":
      return [holesQuestion(question.holes, events)];
    case "consent":
      return [consentQuestion(question.expressions, events)];
  }
}

function asking(title: string, children: readonly Child[]): HTMLElement {
  return element("section", { class: "gp-question", "aria-label": title }, [
    element("p", { class: "gp-question-title" }, [title]),
    ...children,
  ]);
}

function templateQuestion(events: Answers): HTMLElement {
  return asking("This is a chat model. How should it read the prompt?", [
    element("div", { class: "gp-buttons" }, [
      button("template-chat", "As a user message", () => events.templateChosen("chat"), {
        class: "gp-button gp-primary",
      }),
      button("template-raw", "Exactly as it stands", () => events.templateChosen("raw")),
    ]),
    element("p", { class: "gp-quiet" }, [
      "As a user message, the prompt goes through the model's chat template, as in a conversation.",
    ]),
  ]);
}

function holesQuestion(holes: readonly HoleQuestion[], events: Answers): HTMLElement {
  const inputs = holes.map(({ value, expression }, index) =>
    element("input", {
      type: "text",
      class: "gp-input",
      id: `gp-hole-${index}`,
      "data-key": `hole-${index}-${expression.source}`,
      value,
      "data-focus": index === 0,
    }),
  );
  return asking(holes.length === 1 ? "What should this value be?" : "What should these values be?", [
    element(
      "form",
      {},
      [
        ...holes.map(({ expression, problem }, index) =>
          element("div", { class: "gp-field" }, [
            element("label", { for: `gp-hole-${index}`, class: "gp-code" }, [written(expression)]),
            inputs[index] ?? null,
            problem === null ? null : element("p", { class: "gp-quiet" }, [problem]),
          ]),
        ),
        element("div", { class: "gp-buttons" }, [
          element("button", { type: "submit", class: "gp-button gp-primary", "data-key": "holes-go" }, [
            "Explain",
          ]),
          button("holes-drop", "Cancel", () => events.questionDismissed()),
        ]),
      ],
      {
        submit: (event) => {
          event.preventDefault();
          events.holesFilled(inputs.map((input) => input.value));
        },
      },
    ),
  ]);
}

function consentQuestion(expressions: readonly HoleExpression[], events: Answers): HTMLElement {
  return asking("Filling in this prompt runs code of yours in the kernel:", [
    element(
      "ul",
      { class: "gp-expressions" },
      expressions.map((expression) =>
        element("li", {}, [element("code", { class: "gp-code" }, [written(expression)])]),
      ),
    ),
    element("div", { class: "gp-buttons" }, [
      button("consent-yes", "Run it", () => events.consentGiven(), { class: "gp-button gp-primary" }),
      button("consent-no", "Type the values instead", () => events.questionDismissed()),
    ]),
  ]);
}

/** As it stands in the f-string, without the braces. */
function written({ source, conversion, format_spec }: HoleExpression): string {
  return `${source}${conversion && `!${conversion}`}${format_spec && `:${format_spec}`}`;
}
