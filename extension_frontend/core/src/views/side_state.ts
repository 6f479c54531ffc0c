/** What is asked beside an explanation, each with a job and an answer of its own. */
import type {
  AdviceResult,
  AdviseRequest,
  AttentionResult,
  AttentionView,
  ComparisonResult,
  Direction,
  ErrorResult,
  FaithfulnessResult,
  GridName,
  MethodChoice,
  MetricName,
  PatchResult,
  PromptDiffResult,
  ReportResult,
  SiteName,
} from "../protocol.js";
import type { JobPhase } from "./job_phase.js";

/** Where one of these questions stands. */
export type Side<Answer> =
  | { readonly at: "unasked" }
  | JobPhase
  | { readonly at: "done"; readonly answer: Answer }
  | { readonly at: "failed"; readonly error: ErrorResult };

/** What a person asks, by the name of the answer's place in the pane. */
export interface SideQuestions {
  /** How far is the explanation to be trusted? */
  readonly check: {
    readonly ask: "check";
    /** As in `CheckRequest`. */
    readonly replacement: string;
    readonly seed: number;
  };
  /** Do other methods say the same? */
  readonly comparison: { readonly ask: "compare"; readonly methods: readonly MethodChoice[] };
  /** What changes with the prompt? */
  readonly difference: { readonly ask: "diff"; readonly after: ComparedPrompt };
  /** Which method answers my question? */
  readonly advice: { readonly ask: "advise" } & Omit<AdviseRequest, "kind">;
  /** All of it as one page, to be kept. */
  readonly report: { readonly ask: "report" };
  /** Every head in figures. */
  readonly overview: { readonly ask: "attention"; readonly view: AttentionView };
  /** One head, or all layers rolled out, as a matrix. */
  readonly matrix: { readonly ask: "attention"; readonly view: AttentionView };
  /** Exact numbers of the token pointed at in the matrix. */
  readonly reading: { readonly ask: "attention"; readonly view: AttentionView };
  /** The residual stream, layer by layer. */
  readonly residual: { readonly ask: "attention"; readonly view: AttentionView };
  /** Which activations carry the difference to another prompt? */
  readonly patching: { readonly ask: "patch" } & PatchQuestion;
}

/** As in `PatchRequest`; the explained prompt is the clean one. */
export interface PatchQuestion {
  readonly other: ComparedPrompt;
  /** What the explained answer is compared with, as text of one token; null: as the explanation or the model has it. */
  readonly wrong: string | null;
  readonly site: SiteName;
  readonly grid: GridName;
  readonly direction: Direction;
  readonly metric: MetricName;
  /** Only these; null: all of them. */
  readonly layers: readonly number[] | null;
  readonly heads: readonly number[] | null;
}

/** The prompt as a person edited it (of a conversation its last message), or another explanation of the window. */
export type ComparedPrompt =
  | { readonly from: "text"; readonly text: string }
  | { readonly from: "explanation"; readonly id: string };

/** What is asked where nothing else was chosen. */
export const FIRST_CHECK = { side: "check", ask: "check", replacement: "default", seed: 0 } as const;

export type SideName = keyof SideQuestions;

/** A question with the place of its answer. */
export type SideQuestion = {
  readonly [Name in SideName]: { readonly side: Name } & SideQuestions[Name];
}[SideName];

/** Each is a field of the pane's state, so that a large answer travels once. */
export interface SideAnswers {
  readonly check: Side<FaithfulnessResult>;
  readonly comparison: Side<ComparisonResult>;
  readonly difference: Side<PromptDiffResult>;
  readonly advice: Side<AdviceResult>;
  readonly report: Side<ReportResult>;
  readonly overview: Side<AttentionResult>;
  readonly matrix: Side<AttentionResult>;
  readonly reading: Side<AttentionResult>;
  readonly residual: Side<AttentionResult>;
  readonly patching: Side<PatchResult>;
}

const UNASKED = { at: "unasked" } as const;

export const NOTHING_ASKED: SideAnswers = {
  check: UNASKED,
  comparison: UNASKED,
  difference: UNASKED,
  advice: UNASKED,
  report: UNASKED,
  overview: UNASKED,
  matrix: UNASKED,
  reading: UNASKED,
  residual: UNASKED,
  patching: UNASKED,
};

export const SIDE_NAMES = Object.keys(NOTHING_ASKED) as readonly SideName[];
