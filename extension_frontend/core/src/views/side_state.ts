/** What is asked beside an explanation, each with a job and an answer of its own. */
import type {
  AdviceResult,
  AdviseRequest,
  AttentionResult,
  AttentionView,
  AuditMode,
  AuditPreview,
  AuditPrices,
  AuditResult,
  AuditTest,
  CircuitRequest,
  CircuitResult,
  ComparisonResult,
  Direction,
  ErrorResult,
  FaithfulnessResult,
  GridName,
  LensResult,
  MethodChoice,
  MetricName,
  OwnWrongStep,
  PairTemplate,
  PairTemplateResult,
  PatchResult,
  ProbeResult,
  ProbeTestRequest,
  ProbeTestResult,
  PromptDiffResult,
  ReportResult,
  SiteName,
  TablesResult,
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
  /** Which of its words can be others, so that one pair becomes many? */
  readonly template: {
    readonly ask: "pair_template";
    readonly other: ComparedPrompt;
    /** As in {@link PatchQuestion}. */
    readonly wrong: string | null;
  };
  /** Which heads and MLPs carry the difference, and does that hold for other pairs? */
  readonly circuit: { readonly ask: "circuit" } & CircuitQuestion;
  /** After which layer does the answer appear, and what adds to it? */
  readonly lens: {
    readonly ask: "lens";
    /** The token after which the answer is read; null: the last one. */
    readonly position: number | null;
  };
  /** Which tables does the person's kernel hold? */
  readonly tables: { readonly ask: "tables" };
  /** What can be read off each layer? */
  readonly probe: { readonly ask: "probe" } & ProbeQuestion;
  /** Does the model use what is read there? */
  readonly probe_test: {
    readonly ask: "probe_test";
    readonly probe: ProbeQuestion;
    readonly layer: number;
    readonly where: ProbeTestRequest["where"];
    /** As in `ProbeTestRequest`, as text; null: only the whole distribution is compared. */
    readonly answers: readonly string[] | null;
  };
  /** Does the reasoning carry the answer? */
  readonly audit: { readonly ask: "audit" } & AuditQuestion;
  /** What would asking that cost? */
  readonly audit_cost: { readonly ask: "audit_cost" } & AuditQuestion;
  /** The audit as one page, to be kept. */
  readonly audit_report: { readonly ask: "audit_report" };
}

/** Whose reasoning is audited. */
export type AuditedModel =
  /** The model that is explained. */
  | { readonly of: "explained" }
  /** One behind an OpenAI-compatible endpoint, as in `EndpointSourceRef`: the key is named, never given. */
  | {
      readonly of: "endpoint";
      readonly address: string;
      readonly name: string;
      /** The environment variable that holds the key. */
      readonly variable: string;
    };

/** As in `AuditRequest`; the explained prompt is the one that asks for reasoning. */
export interface AuditQuestion {
  readonly model: AuditedModel;
  readonly tests: readonly AuditTest[];
  readonly modes: readonly AuditMode[];
  /** From 1; null: all of them. */
  readonly steps: readonly number[] | null;
  readonly wrong: readonly OwnWrongStep[];
  /** Whether the model writes wrong steps where no rule makes one. */
  readonly wrong_by_model: boolean;
  /** Solved questions, for the tests that show some first. */
  readonly examples: readonly string[];
  /** Per arm. */
  readonly samples: number;
  readonly temperature: number;
  readonly top_p: number;
  /** Of one reply. */
  readonly max_tokens: number;
  readonly seed: number;
  readonly delta: number;
  /** The right answer; null: it is not known. */
  readonly reference: string | null;
  /** How the answer is found, at most one of the two; null: as it is usually written. */
  readonly marker: string | null;
  readonly pattern: string | null;
  /** Most that it may send, and that the model may write in all; null: no cap. */
  readonly calls: number | null;
  readonly tokens: number | null;
  /** Of a million tokens. */
  readonly prices: AuditPrices | null;
  /** A file below the kernel's folder. */
  readonly ledger: string | null;
}

/** As in `CircuitRequest`; pairs are made of templates, so that little travels. */
export interface CircuitQuestion {
  readonly template: PairTemplate;
  /** What it is validated on; null: pairs of the same template that it was not found on. */
  readonly held_out: PairTemplate | null;
  /** Pairs that it is found on, and as many that it is validated on. */
  readonly count: number;
  readonly ablation: CircuitRequest["ablation"];
  readonly enough: number;
  /** Of the pairs that are drawn, and of random sets. */
  readonly seed: number;
}

/** What is to be read. */
export type ProbeQuestion =
  /** A task that comes with Glasspane. */
  | { readonly of: "task"; readonly name: string }
  /** A table in the kernel, as in `FrameExamples`. */
  | {
      readonly of: "frame";
      readonly name: string;
      readonly text: string;
      readonly label: string;
      readonly span: string | null;
    }
  /** Whether the explained prompt or the other one is read, in pairs like theirs. */
  | {
      readonly of: "pairs";
      readonly template: PairTemplate;
      readonly count: number;
      /** The token of the explained prompt's text that is read in each of them; null: the last one. */
      readonly token: number | null;
    };

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
  readonly template: Side<PairTemplateResult>;
  readonly circuit: Side<CircuitResult>;
  readonly lens: Side<LensResult>;
  readonly tables: Side<TablesResult>;
  readonly probe: Side<ProbeResult>;
  readonly probe_test: Side<ProbeTestResult>;
  readonly audit: Side<AuditResult>;
  readonly audit_cost: Side<AuditPreview>;
  readonly audit_report: Side<ReportResult>;
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
  template: UNASKED,
  circuit: UNASKED,
  lens: UNASKED,
  tables: UNASKED,
  probe: UNASKED,
  probe_test: UNASKED,
  audit: UNASKED,
  audit_cost: UNASKED,
  audit_report: UNASKED,
};

export const SIDE_NAMES = Object.keys(NOTHING_ASKED) as readonly SideName[];
