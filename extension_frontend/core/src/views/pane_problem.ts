/** An error as a sentence, its next step, and the ways on that it offers. */
import type { Catalogue, ErrorResult, SubjectCandidate, SubjectRef } from "../protocol.js";
import { button, type Child, type Disclosures, element } from "./element.js";
import { subjectLine } from "./figures.js";
import type { PaneEvents, PaneState } from "./pane_state.js";

type Ways = Pick<
  PaneEvents,
  "subjectChosen" | "modelAsked" | "tokenizerChosen" | "copyText" | "runAgain" | "separateKernelChosen"
>;

/** What a kernel of Glasspane's own does not suffer from. */
const ELSEWHERE: ReadonlySet<ErrorResult["code"]> = new Set([
  "kernel_dead",
  "kernel_not_found",
  "not_python",
  "glasspane_missing",
  "glasspane_too_old",
]);
const WORTH_REPEATING: ReadonlySet<ErrorResult["code"]> = new Set([
  "kernel_restarted",
  "job_not_found",
  "internal",
  "load_failed",
  "not_enough_memory",
  "too_many_jobs",
]);

export function problemBlock(
  error: ErrorResult,
  { catalogue, ownKernel }: Pick<PaneState, "catalogue" | "ownKernel">,
  disclosures: Disclosures,
  events: Ways,
): Child[] {
  return [
    element("div", { class: "gp-problem", role: "alert" }, [
      element("p", { class: "gp-problem-message" }, [error.message]),
      element("p", {}, [error.next_step]),
      error.pieces.length > 0 && pieces(error.pieces),
      error.command !== null && commandLine(error.command, events),
      ...candidateList(error, events),
      ...tokenizerList(error, events),
      ...bundledModels(error, catalogue, events),
      ownKernel &&
        ELSEWHERE.has(error.code) &&
        button("elsewhere", "Use a separate kernel", () => events.separateKernelChosen()),
      /\bchoose\b[^.]*\bmodel\b/i.test(error.next_step) &&
        button("choose-model", "Choose Model…", () => events.modelAsked()),
      WORTH_REPEATING.has(error.code) && button("again", "Try again", () => events.runAgain()),
      error.detail !== null &&
        disclosures.make("detail", "For the log", [
          element("pre", { class: "gp-code gp-log" }, [error.detail]),
        ]),
    ]),
  ];
}

function pieces(texts: readonly string[]): HTMLElement {
  return element("p", {}, [
    "Its pieces: ",
    ...texts.flatMap((text) => [element("code", { class: "gp-code gp-piece" }, [text]), " "]),
  ]);
}

function commandLine(command: string, events: Ways): HTMLElement {
  return element("div", { class: "gp-command" }, [
    element("code", { class: "gp-code" }, [command]),
    button("copy-command", "Copy", () => events.copyText(command)),
  ]);
}

/** Models of the namespace to choose from; one whose tokenizer is uncertain asks for it. */
function candidateList(error: ErrorResult, events: Ways): Child[] {
  return error.candidates.map((candidate, index) => {
    const tokenizers = candidate.tokenizers.length > 0 ? candidate.tokenizers : error.tokenizers;
    const picker = candidate.tokenizer_match === null ? tokenizerPicker(index, tokenizers) : null;
    const choose = () =>
      events.subjectChosen({ ...candidate.ref, tokenizer: picker?.value ?? candidate.ref.tokenizer });
    return element("div", { class: "gp-candidate" }, [
      element("div", {}, [
        element("strong", { class: "gp-code" }, [candidate.label]),
        element("div", { class: "gp-quiet" }, [candidateLine(candidate)]),
        picker && element("label", { class: "gp-quiet" }, ["Tokenizer ", picker]),
      ]),
      button(`candidate-${index}`, "Explain this", choose, {
        disabled:
          candidate.family === null || (candidate.tokenizer_match === null && tokenizers.length === 0),
        "aria-label": `Explain ${candidate.label}`,
      }),
    ]);
  });
}

/** The model is known, its tokenizer is not. */
function tokenizerList({ code, candidates, tokenizers }: ErrorResult, events: Ways): Child[] {
  if (code !== "no_tokenizer" || candidates.length > 0) return [];
  return tokenizers.map((name) =>
    element("div", { class: "gp-candidate" }, [
      element("strong", { class: "gp-code" }, [name]),
      button(`with-${name}`, "Use it", () => events.tokenizerChosen(name), { "aria-label": `Use ${name}` }),
    ]),
  );
}

function candidateLine(candidate: SubjectCandidate): string {
  if (candidate.family === null) return `${candidate.architecture}: not a kind that can be explained`;
  return [subjectLine(candidate), candidate.tokenizer_match].filter((part) => part !== null).join(" · ");
}

function tokenizerPicker(index: number, tokenizers: readonly string[]): HTMLSelectElement {
  return element(
    "select",
    { class: "gp-input", "data-key": `tokenizer-${index}` },
    tokenizers.map((name) => element("option", { value: name }, [name])),
  );
}

/** With no model at hand, those that come with Glasspane are one click away. */
function bundledModels(error: ErrorResult, catalogue: Catalogue | null, events: Ways): Child[] {
  if (error.code !== "no_subject" || catalogue === null) return [];
  return catalogue.models.map(({ name, summary }) => {
    const ref: SubjectRef = { source: "bundled", name };
    return element("div", { class: "gp-candidate" }, [
      element("div", {}, [
        element("strong", { class: "gp-code" }, [name]),
        element("div", { class: "gp-quiet" }, [summary]),
      ]),
      button(`bundled-${name}`, "Use it", () => events.subjectChosen(ref), { "aria-label": `Use ${name}` }),
    ]);
  });
}
