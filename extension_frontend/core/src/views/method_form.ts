/** The method menu and the form of its options, generated from the method table. */
import { isThroughInseq, THROUGH_INSEQ } from "../method_groups.js";
import type { Catalogue, Family, MethodOption, MethodSpec, OptionValue } from "../protocol.js";
import { type Child, type Disclosures, element } from "./element.js";

export interface MethodChoice {
  readonly catalogue: Catalogue;
  readonly family: Family | null;
  readonly method: string;
  readonly options: Readonly<Record<string, OptionValue>>;
}

export interface MethodFormEvents {
  methodChosen(method: string): void;
  optionsChanged(options: Readonly<Record<string, OptionValue>>): void;
}

export function methodForm(
  choice: MethodChoice,
  disclosures: Disclosures,
  events: MethodFormEvents,
): Child[] {
  const usable = choice.catalogue.methods.filter(
    (spec) => choice.family === null || spec.families.includes(choice.family),
  );
  const chosen = usable.find((spec) => spec.name === choice.method);
  const menu = element(
    "select",
    { class: "gp-input", id: "gp-method", "data-key": "method" },
    [
      ...usable
        .filter((spec) => !spec.debugging_aid && !isThroughInseq(spec))
        .map((spec) => methodOption(spec, spec === chosen)),
      group(
        THROUGH_INSEQ,
        usable.filter((spec) => !spec.debugging_aid && isThroughInseq(spec)),
        chosen,
      ),
      group(
        "For debugging only",
        usable.filter((spec) => spec.debugging_aid),
        chosen,
      ),
      chosen === undefined && element("option", { value: choice.method, selected: true }, [choice.method]),
    ],
    { change: () => events.methodChosen(menu.value) },
  );
  return [
    element("label", { class: "gp-label", for: "gp-method" }, ["Method"]),
    menu,
    chosen === undefined
      ? null
      : element("p", { class: "gp-quiet", title: chosen.reference }, [chosen.summary]),
    chosen === undefined || chosen.options.length === 0
      ? null
      : disclosures.make(
          "options",
          optionSummary(chosen, choice.options),
          chosen.options.map((option) => field(option, choice.options, events)),
        ),
  ];
}

const methodOption = (spec: MethodSpec, selected: boolean) =>
  element("option", { value: spec.name, selected }, [spec.label]);

function group(label: string, specs: readonly MethodSpec[], chosen: MethodSpec | undefined): Child {
  return specs.length === 0
    ? null
    : element(
        "optgroup",
        { label },
        specs.map((spec) => methodOption(spec, spec === chosen)),
      );
}

/** "Options: Most steps 64" where something is set, else "Options". */
function optionSummary(spec: MethodSpec, options: Readonly<Record<string, OptionValue>>): string {
  const set = spec.options.filter(
    (option) => option.name in options && options[option.name] !== option.default,
  );
  return set.length === 0
    ? "Options"
    : `Options: ${set.map((option) => `${option.label.toLowerCase()} ${options[option.name]}`).join(", ")}`;
}

function field(
  option: MethodOption,
  options: Readonly<Record<string, OptionValue>>,
  events: MethodFormEvents,
): HTMLElement {
  const id = `gp-option-${option.name}`;
  const value = options[option.name] ?? option.default;
  const problem = element("p", { class: "gp-field-problem", id: `${id}-problem`, hidden: true });
  const give = (given: OptionValue) => {
    const { [option.name]: _, ...others } = options;
    events.optionsChanged(given === option.default ? others : { ...others, [option.name]: given });
  };
  const common = { id, class: "gp-input", "data-key": id, "aria-describedby": `${id}-help ${id}-problem` };
  return element("div", { class: "gp-field" }, [
    element("label", { for: id }, [option.label]),
    ...control(option, value, common, (given, complaint, input) => {
      problem.hidden = complaint === null;
      problem.textContent = complaint;
      input.setAttribute("aria-invalid", String(complaint !== null));
      if (given !== null) give(given);
    }),
    problem,
    element("p", { class: "gp-quiet", id: `${id}-help` }, [option.help]),
  ]);
}

type Report = (given: OptionValue | null, complaint: string | null, input: HTMLElement) => void;

function control(
  option: MethodOption,
  value: OptionValue,
  common: Readonly<Record<string, string>>,
  report: Report,
): Child[] {
  switch (option.type) {
    case "boolean": {
      const box = element("input", { ...common, type: "checkbox", checked: value === true }, [], {
        change: () => report(box.checked, null, box),
      });
      return [box];
    }
    case "choice": {
      const menu = element(
        "select",
        common,
        option.choices.map((choice) =>
          element("option", { value: choice, selected: choice === value }, [choice]),
        ),
        { change: () => report(menu.value, null, menu) },
      );
      return [menu];
    }
    case "text": {
      const list = element(
        "datalist",
        { id: `${common.id}-choices` },
        option.choices.map((choice) => element("option", { value: choice })),
      );
      const line = element("input", { ...common, type: "text", value: String(value), list: list.id }, [], {
        change: () => report(line.value, null, line),
      });
      return [line, list];
    }
    case "integer":
    case "number": {
      const number = element(
        "input",
        {
          ...common,
          type: "number",
          value: String(value),
          min: option.minimum,
          max: option.maximum,
          step: option.type === "integer" ? 1 : "any",
        },
        [],
        {
          change: () => {
            const complaint = numberProblem(option, number.value);
            report(complaint === null ? Number(number.value) : null, complaint, number);
          },
        },
      );
      return [number];
    }
  }
}

/** Why a number cannot be taken, as a sentence; null if it can. */
export function numberProblem(option: MethodOption, given: string): string | null {
  const value = Number(given);
  const { minimum, maximum } = option;
  const low = minimum !== null && value < minimum;
  const high = maximum !== null && value > maximum;
  if (
    given.trim() !== "" &&
    Number.isFinite(value) &&
    !low &&
    !high &&
    (option.type === "number" || Number.isInteger(value))
  ) {
    return null;
  }
  const what = option.type === "integer" ? "a whole number" : "a number";
  const range =
    minimum !== null && maximum !== null
      ? ` from ${minimum} to ${maximum}`
      : minimum !== null
        ? ` from ${minimum} up`
        : maximum !== null
          ? ` up to ${maximum}`
          : "";
  return `Give ${what}${range}.`;
}
