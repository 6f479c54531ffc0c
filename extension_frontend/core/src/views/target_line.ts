/** What is being explained, and a form for targets that are no chip. */
import type { AttributionResult, Target } from "../protocol.js";
import { type Child, type Disclosures, element } from "./element.js";
import { figure, percent, quoted, upperFirst } from "./figures.js";

const SCORES = { logit: "logit", log_prob: "log-probability", prob: "probability" } as const;

const SUMMED = { logit: "logits", log_prob: "log-probabilities", prob: "probabilities" } as const;

/** "Why “ Paris” · logit 12.3 · 97 %". */
export function targetSentence({ target }: Pick<AttributionResult, "target">): string {
  const [token, versus] = contrastTexts(target) ?? [];
  const what =
    token !== undefined && versus !== undefined
      ? `${quoted(token)} rather than ${quoted(versus)}`
      : target.kind === "completion"
        ? `the completion ${quoted(target.text)}`
        : quoted(target.text);
  const likelihood = target.probability === null ? "" : `, ${percent(target.probability)} likely`;
  return `Why ${what}? ${upperFirst(scoreName(target))} ${figure(target.value)}${likelihood}.`;
}

/** What the number of a target is: "logit difference", "sum of 3 logits". */
export function scoreName({ kind, ids, score }: AttributionResult["target"]): string {
  if (kind === "contrast") return `${SCORES[score]} difference`;
  // A completion's tokens are scored one by one and added up.
  return kind === "completion" && ids.length > 1 ? `sum of ${ids.length} ${SUMMED[score]}` : SCORES[score];
}

/** The two sides of a contrast, or null where they cannot be told apart. */
export function contrastTexts(target: AttributionResult["target"]): [string, string] | null {
  const { kind, text, versus_text: other } = target;
  if (kind === "contrast" && other && text.endsWith(` − ${other}`)) {
    return [text.slice(0, -` − ${other}`.length), other];
  }
  // Results kept from before have the two in one.
  const [token, versus, ...more] = text.split(" − ");
  return kind === "contrast" && token !== undefined && versus !== undefined && more.length === 0
    ? [token, versus]
    : null;
}

/** How many tokens a model is asked to say itself. */
const GENERATED_TOKENS = 16;

/** A completion explained as one: the sum of its tokens. */
export function wholeCompletion(text: string): Target {
  return { kind: "completion", text, each: false, tokens: GENERATED_TOKENS };
}

/** What stands in the form: it lasts as long as the pane, whatever is explained meanwhile. */
export interface TargetDraft {
  kind: "token" | "contrast" | "completion" | "each";
  text: string;
  versus: string;
  label: string;
  otherLabel: string;
}

export const emptyDraft = (): TargetDraft => ({
  kind: "token",
  text: "",
  versus: "",
  label: "",
  otherLabel: "",
});

/** The sentence, and "another target" below it. */
export function targetLine(
  result: AttributionResult,
  disclosures: Disclosures,
  draft: TargetDraft,
  choose: (target: Target) => void,
): Child[] {
  return [
    element("p", { class: "gp-target" }, [targetSentence(result)]),
    disclosures.make("target", "Explain something else", [
      result.subject.family === "sequence_classifier"
        ? classForm(result, draft, choose)
        : tokenForm(draft, choose),
    ]),
  ];
}

function tokenForm(draft: TargetDraft, choose: (target: Target) => void): HTMLFormElement {
  const text = element("input", {
    type: "text",
    class: "gp-input",
    "data-key": "target-text",
    "aria-label": "Text to explain",
    placeholder: " Paris",
    value: draft.text,
  });
  const versus = element("input", {
    type: "text",
    class: "gp-input",
    "data-key": "target-versus",
    "aria-label": "Rather than",
    placeholder: " Rome",
    value: draft.versus,
  });
  const kind = element(
    "select",
    { class: "gp-input", "data-key": "target-kind", "aria-label": "Kind of target" },
    [
      element("option", { value: "token" }, ["the next token"]),
      element("option", { value: "contrast" }, ["rather than"]),
      element("option", { value: "completion" }, ["a whole completion"]),
      element("option", { value: "each" }, ["each token of a completion"]),
    ],
  );
  kind.value = draft.kind;
  const keep = () => {
    draft.text = text.value;
    draft.versus = versus.value;
    draft.kind = kind.value as TargetDraft["kind"];
  };
  const hint = element("p", { class: "gp-quiet" });
  const show = () => {
    const completes = kind.value === "completion" || kind.value === "each";
    text.required = !completes;
    hint.textContent = completes
      ? "A leading space counts. Left empty, the completion is what the model itself says."
      : "A leading space counts: most models see “ Paris”, not “Paris”.";
    versus.hidden = kind.value !== "contrast";
    versus.required = kind.value === "contrast";
  };
  kind.addEventListener("change", show);
  show();
  const chosen = (): Target =>
    kind.value === "contrast"
      ? { kind: "contrast", token: text.value, versus: versus.value }
      : kind.value === "completion" || kind.value === "each"
        ? {
            kind: "completion",
            text: text.value === "" ? null : text.value,
            each: kind.value === "each",
            tokens: GENERATED_TOKENS,
          }
        : { kind: "token", token: text.value };
  return form([text, kind, versus], keep, () => choose(chosen()), hint);
}

function classForm(
  result: AttributionResult,
  draft: TargetDraft,
  choose: (target: Target) => void,
): HTMLFormElement {
  const options = (none: boolean) => [
    ...(none ? [element("option", { value: "" }, ["anything else"])] : []),
    ...result.subject.labels.map((label, index) => element("option", { value: index }, [label])),
  ];
  const one = element(
    "select",
    { class: "gp-input", "data-key": "target-class", "aria-label": "Class to explain" },
    options(false),
  );
  const other = element(
    "select",
    { class: "gp-input", "data-key": "target-other", "aria-label": "Rather than" },
    options(true),
  );
  const offered = (value: string, none: string) =>
    result.subject.labels[Number(value)] === undefined ? none : value;
  one.value = offered(draft.label, "0");
  other.value = offered(draft.otherLabel, "");
  const keep = () => {
    draft.label = one.value;
    draft.otherLabel = other.value;
  };
  return form(
    [one, "rather than", other],
    keep,
    () =>
      choose(
        other.value === "" || other.value === one.value
          ? { kind: "class", label: Number(one.value) }
          : { kind: "contrast", token: Number(one.value), versus: Number(other.value) },
      ),
    null,
  );
}

function form(fields: readonly Child[], keep: () => void, submit: () => void, hint: Child): HTMLFormElement {
  return element(
    "form",
    { class: "gp-inline-form" },
    [
      ...fields,
      element("button", { type: "submit", class: "gp-button", "data-key": "target-go" }, ["Explain"]),
      hint,
    ],
    {
      input: keep,
      change: keep,
      submit: (event) => {
        event.preventDefault();
        keep();
        submit();
      },
    },
  );
}
