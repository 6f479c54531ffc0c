import type { KeyPlace } from "../endpoint_keys.js";
import type { Grain, HoleTokens } from "../grain.js";
import type { MadeFile } from "../made_file.js";
import type {
  AttributionResult,
  Catalogue,
  ErrorResult,
  HoleExpression,
  OptionValue,
  SubjectRef,
  Target,
} from "../protocol.js";
import type { StaleReason } from "../stale.js";
import type { JobPhase } from "./job_phase.js";
import { NOTHING_ASKED, type SideAnswers, type SideName, type SideQuestion } from "./side_state.js";

/** The pane's leaves, one of which is open. */
export type TabName = "tokens" | "trust" | "compare" | "attention" | "inside" | "audit";

/** The prompt line: what is being explained and where it was found. */
export interface PanePrompt {
  readonly text: string;
  /** A phrase, e.g. "cell 3", "selection in notes.md", "variable prompt". */
  readonly origin: string;
}

/** A value the person must give, because there is no kernel or it does not know the name. */
export interface HoleQuestion {
  readonly expression: HoleExpression;
  /** Prefilled. */
  readonly value: string;
  /** Why it is asked, as a sentence. */
  readonly problem: string | null;
}

/** What Glasspane needs to know before it can go on. Subjects and tokenizers are asked from an error's candidates. */
export type PaneQuestion =
  | { readonly ask: "template" }
  | { readonly ask: "holes"; readonly holes: readonly HoleQuestion[] }
  | { readonly ask: "consent"; readonly expressions: readonly HoleExpression[] };

export type PanePhase =
  | { readonly at: "empty" }
  | { readonly at: "asking"; readonly question: PaneQuestion }
  | JobPhase
  | { readonly at: "done" }
  | { readonly at: "failed"; readonly error: ErrorResult };

/** Another prompt explained in this window, to compare with. */
export interface OtherExplanation {
  readonly id: string;
  /** Where it stands, e.g. "cell 3". */
  readonly phrase: string;
  /** Its beginning. */
  readonly text: string;
}

/** Everything the pane shows; replace it, never change it. */
export interface PaneState extends SideAnswers {
  readonly phase: PanePhase;
  readonly catalogue: Catalogue | null;
  readonly prompt: PanePrompt | null;
  /** What the person asked for; the method and options shown in the form. */
  readonly method: string;
  readonly options: Readonly<Record<string, OptionValue>>;
  readonly target: Target;
  /** The last result, also while the next one runs; a partial one while running is labelled so. */
  readonly result: AttributionResult | null;
  readonly stale: StaleReason | null;
  readonly tab: TabName;
  /** Tokens joined to words, lines, holes or messages, in the pane and in the document. */
  readonly grain: Grain;
  /** Which tokens of a completion the scores are about, where each has its own; null: all of them. */
  readonly rows: readonly number[] | null;
  /** The f-string holes of the prompt; empty where it has none, or where nothing else stands beside one. */
  readonly holes: readonly HoleTokens[];
  /** It runs in a kernel of the person's own, so that Glasspane's could stand in for it. */
  readonly ownKernel: boolean;
  /** Where the key of an endpoint comes from, if one is asked here; null: not known yet. Never the key. */
  readonly keyPlace: KeyPlace | null;
  /** Whether "Insert as output" makes sense here (a notebook). */
  readonly canInsert: boolean;
  /** Whether heat is drawn in a document now. */
  readonly heatShown: boolean;
  /** The token pointed at elsewhere (the editor), to highlight. */
  readonly focusedToken: number | null;
  readonly others: readonly OtherExplanation[];
  /** Extra notes from the job, e.g. version drift. */
  readonly notes: readonly string[];
}

/** What the person did in the pane. */
export interface PaneEvents {
  targetChosen(target: Target): void;
  methodChosen(method: string): void;
  optionsChanged(options: Readonly<Record<string, OptionValue>>): void;
  runAgain(): void;
  cancel(): void;
  clearHeat(): void;
  insertOutput(): void;
  copyPython(code: string): void;
  /** Copy any other text, e.g. the command line that mends an error. */
  copyText(text: string): void;
  subjectChosen(subject: SubjectRef): void;
  /** The person wants to choose from all models there are. */
  modelAsked(): void;
  /** The model stays; this variable of the kernel is its tokenizer. */
  tokenizerChosen(tokenizer: string): void;
  templateChosen(template: "chat" | "raw"): void;
  holesFilled(values: readonly string[]): void;
  /** The person allows the kernel to evaluate the holes asked about. */
  consentGiven(): void;
  /** The person would rather type the values, or drop the question. */
  questionDismissed(): void;
  /** While the kernel is busy: run elsewhere instead of waiting. */
  separateKernelChosen(): void;
  tabChosen(tab: TabName): void;
  grainChosen(grain: Grain): void;
  /** Tokens of a completion to look at; null: all of them. */
  rowsChosen(rows: readonly number[] | null): void;
  /** Something beside the explanation is wanted. */
  sideAsked(question: SideQuestion): void;
  sideCancelled(side: SideName): void;
  /** A chart, an image or a report, to be kept where the person chooses. */
  fileMade(file: MadeFile): void;
  /** Pointer or focus is on a token (null: left it): hosts may light it up in the editor. */
  tokenPointed(index: number | null): void;
}

export const EMPTY_PANE: PaneState = {
  ...NOTHING_ASKED,
  phase: { at: "empty" },
  catalogue: null,
  prompt: null,
  method: "integrated_gradients",
  options: {},
  target: { kind: "top" },
  result: null,
  stale: null,
  tab: "tokens",
  grain: "token",
  rows: null,
  holes: [],
  ownKernel: false,
  keyPlace: null,
  canInsert: false,
  heatShown: false,
  focusedToken: null,
  others: [],
  notes: [],
};
