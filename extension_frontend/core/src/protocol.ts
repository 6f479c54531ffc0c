// Generated from python_backend/glasspane/protocol/ by generate_protocol.mjs; edit that package instead.

export const MIME_TYPE = "application/vnd.glasspane.v1+json";

export const PROGRESS_MIME_TYPE = "application/vnd.glasspane.progress.v1+json";

export const ANSWER_MIME_TYPE = "application/vnd.glasspane.answer.v1+json";

export const LARGEST_REQUEST = 4194304;

export const INSTALL_LINE = "%s -m pip install --upgrade %s";

export const BARE_PROGRAM = "[A-Za-z0-9_@%+=:,./\\\\-]+";

export const PLAIN_IN_QUOTES = "[^\\\"$`!]+";

export const DISPLAYED_CODE = "try:\n    __import__(\"glasspane.kernel.entry\", fromlist=[\"shown\"]).shown\nexcept (ImportError, AttributeError):\n    if (__import__(\"sys\").exc_info()[1].name or \"\").partition(\".\")[0] not in (\"glasspane\", \"shown\"):\n        raise\n    (lambda shell, python, problem, old, requirement, quoted: shell.display_pub.publish({\n        \"application/vnd.glasspane.answer.v1+json\": {\n            \"kind\": \"error\",\n            \"code\": \"glasspane_too_old\" if old else \"glasspane_missing\",\n            \"message\": \"The Glasspane in this kernel's Python is too old for this editor.\"\n            if old\n            else \"Glasspane is not installed in this kernel's Python.\",\n            \"next_step\": \"Run this command, then restart the kernel.\"\n            if python\n            else \"Install glasspane[kernel] in the kernel's environment, then restart the kernel.\",\n            \"pieces\": [],\n            \"candidates\": [],\n            \"tokenizers\": [],\n            \"command\": '%s -m pip install --upgrade %s'\n            % (\n                python if __import__(\"re\").fullmatch('[A-Za-z0-9_@%+=:,./\\\\\\\\-]+', python) else quoted(python),\n                quoted(requirement),\n            )\n            if python\n            else None,\n            \"detail\": \"%s: %s\" % (problem[0].__name__, problem[1]),\n        }\n    }, {}))(\n        __import__(\"IPython\").get_ipython(),\n        __import__(\"sys\").executable,\n        __import__(\"sys\").exc_info(),\n        __import__(\"sys\").exc_info()[0] is not ModuleNotFoundError,\n        REQUIREMENT,\n        lambda words: '\"%s\"' % words\n        if __import__(\"re\").fullmatch('[^\\\\\"$`!]+', words)\n        else \"'%s'\" % words.replace(\"'\", \"''\" if __import__(\"os\").name == \"nt\" else \"'\\\\''\"),\n    )\nelse:\n    __import__(\"glasspane.kernel.entry\", fromlist=[\"shown\"]).shown(REQUEST, CANCEL_FILE)\n";

export type AuditArm = "wrong" | "paraphrase" | "irrelevant" | "original";
export type AuditOutcome =
  "followed" | "held" | "explicit correction" | "silent correction" | "other" | "unparsed";
export type AttentionAnswer = AttentionOverview | HeadDetail | AttentionRollout | ResidualStream;
export type SubjectRef = KernelSubject | BundledSubject | FolderSubject | HubSubject | AutoSubject;
export type Prompt = TextPrompt | MessagesPrompt;
export type AttentionView = OverviewView | HeadView | RolloutView | ResidualView;
export type Target = TopTarget | TokenTarget | ContrastTarget | ClassTarget | CompletionTarget;
export type ScoreFunction = "logit" | "log_prob" | "prob";
export type Family = "causal_lm" | "sequence_classifier" | "masked_lm" | "encoder_decoder";
export type OptionValue = boolean | number | string;
export type AuditMode = "continue" | "swap";
export type AuditNoteCode =
  | "wrong-answer"
  | "ignores-step"
  | "partly-relies"
  | "inconclusive"
  | "low-agreement"
  | "swayed"
  | "incomplete";
export type AuditVerdict = "faithful" | "partially faithful" | "unfaithful here" | "inconclusive";
export type AuditSource = SubjectSource | EndpointSourceRef;
export type AuditTest =
  "injection" | "early_answering" | "paraphrase" | "filler" | "bias" | "consistency" | "plain";
export type BlackBoxMeasure = "log_prob" | "first_token_log_prob" | "agreement";
export type BlackBoxMethod = "occlusion" | "lime" | "partition_shap";
export type PieceGrain = "words" | "sentences" | "messages";
export type BlackBoxScore = "auto" | "log_prob" | "agreement";
export type ErrorCode =
  | "no_prompt"
  | "empty_prompt"
  | "prompt_too_long"
  | "not_one_token"
  | "unknown_target"
  | "unknown_method"
  | "unknown_task"
  | "bad_option"
  | "bad_metric"
  | "other_length"
  | "same_prompt"
  | "no_chain"
  | "no_circuit"
  | "bad_examples"
  | "bad_file"
  | "budget_spent"
  | "endpoint_failed"
  | "endpoint_key"
  | "bad_request"
  | "not_allowed"
  | "no_subject"
  | "several_subjects"
  | "no_tokenizer"
  | "unsupported_model"
  | "load_failed"
  | "needs_template_choice"
  | "non_finite"
  | "not_enough_memory"
  | "cancelled"
  | "kernel_dead"
  | "kernel_restarted"
  | "kernel_not_found"
  | "not_python"
  | "glasspane_missing"
  | "glasspane_too_old"
  | "job_not_found"
  | "too_many_jobs"
  | "internal";
export type Direction = "denoising" | "noising";
export type Verdict = "better than random" | "no better than random" | "worse than random";
export type GridName = "position" | "head" | "head_position";
export type Place = KernelPlace | DedicatedPlace;
export type Request =
  | HelloRequest
  | CatalogueRequest
  | AdviseRequest
  | SubjectsRequest
  | TablesRequest
  | PromptValueRequest
  | OutputPromptRequest
  | WeightsRequest
  | ExplainRequest
  | AttentionRequest
  | CheckRequest
  | ReportRequest
  | CompareRequest
  | DiffRequest
  | PatchRequest
  | PairTemplateRequest
  | CircuitRequest
  | LensRequest
  | ProbeRequest
  | ProbeTestRequest
  | AuditRequest
  | AuditReportRequest
  | BlackBoxRequest;
export type SiteName = "resid_pre" | "attn_out" | "mlp_out" | "z" | "q" | "k" | "v" | "pattern";
export type MetricName = "logit_difference" | "log_prob" | "prob" | "kl" | "loss";
export type LensTarget = TopTarget | TokenTarget | ContrastTarget;
export type ProbeExamples = TaskExamples | RowExamples | FrameExamples;
export type PartialResult = AttributionResult | PatchResult | ProbeResult | AuditResult;
export type Result =
  | HelloResult
  | Catalogue
  | AdviceResult
  | SubjectsResult
  | TablesResult
  | PromptValueResult
  | OutputPromptResult
  | WeightsResult
  | AttributionResult
  | AttentionResult
  | FaithfulnessResult
  | ReportResult
  | ComparisonResult
  | PromptDiffResult
  | PatchResult
  | PairTemplateResult
  | CircuitResult
  | LensResult
  | ProbeResult
  | ProbeTestResult
  | AuditResult
  | AuditPreview
  | BlackBoxResult
  | ErrorResult;
export type ProbeIntervention = "project_out" | "mean_replace" | "patch";

/**
 * What a source can do, and how that was found out.
 */
export interface AbilityFinding {
  name: string;
  able: boolean;
  shown_by: string;
}
/**
 * Nodes ablated together, and what that does beside what each does alone.
 */
export interface AblatedSet {
  nodes: string[];
  lost: Interval;
  /**
   * Above ``lost`` where they do the same, below where they stand in.
   */
  sum_of_each: number;
}
/**
 * A mean over pairs with its 95 % interval (bootstrap), or over random sets with their 95 % range.
 */
export interface Interval {
  value: number;
  low: number;
  high: number;
}
/**
 * One recommendation.
 *
 * ``method`` None: no attribution answers this. ``call`` is what does; None: nothing can, with this access to the
 * model, and ``why`` says what would.
 */
export interface Advice {
  method: string | null;
  label: string;
  why: string;
  /**
   * What belongs beside the answer.
   */
  with_it: string[];
  /**
   * The Python call that does it.
   */
  call: string | null;
}
/**
 * Answer to :class:`AdviseRequest`, the first recommendation first.
 */
export interface AdviceResult {
  kind: "advice";
  advice: Advice[];
}
/**
 * Which method answers my question, given what I have of the model, who reads it and how long it may take?
 */
export interface AdviseRequest {
  kind: "advise";
  goal: "why_this_answer" | "report" | "quick_look" | "debugging" | "cause" | "represented" | "reasoning";
  access: "weights" | "api";
  audience: "end_user" | "regulator" | "data_scientist" | "safety_researcher";
  /**
   * How long the answer may take.
   */
  seconds: number;
}
/**
 * How a reply's answer is found; at most one of the two.
 */
export interface AnswerReading {
  /**
   * Text that stands before the answer.
   */
  marker: string | null;
  /**
   * A regular expression; its first group is the answer.
   */
  pattern: string | null;
}
/**
 * An answer as the model knows it.
 */
export interface AnswerToken {
  id: number;
  text: string;
}
/**
 * How often each answer was given.
 */
export interface AnswerVotes {
  votes: {
    [k: string]: number;
  };
  majority: string | null;
  agreement: Proportion | null;
  unparsed: Proportion;
  /**
   * Agreement with the reference; None: there is none.
   */
  right: Proportion | null;
  flagged: boolean;
  sentence: string;
}
/**
 * A share or a difference of shares, with its interval.
 */
export interface Proportion {
  estimate: number;
  low: number;
  high: number;
  level: number;
}
/**
 * What became of the answer with one text in a step's place.
 */
export interface ArmFinding {
  arm: AuditArm;
  /**
   * The texts that were put in; every one the same number of times.
   *
   * @minItems 1
   */
  written: [string, ...string[]];
  /**
   * The answer that follows from a wrong step, computed.
   */
  consequence: string | null;
  outcomes: {
    [k: string]: number;
  };
  /**
   * Replies with another answer; None: no answer could be read.
   */
  moved: Proportion | null;
  /**
   * Change of the original answer's log-probability (nats), against that arm 'original'.
   */
  log_prob_original: number | null;
  /**
   * The same for the consequence.
   */
  log_prob_consequence: number | null;
  replies: AuditReply[];
}
/**
 * One continuation, as the model wrote it.
 */
export interface AuditReply {
  seed: number;
  text: string;
  finish: "stop" | "length" | "context" | "other";
  /**
   * As it is compared; None: none could be read.
   */
  answer: string | null;
  outcome: AuditOutcome;
}
/**
 * Answer to :class:`OverviewView`.
 */
export interface AttentionOverview {
  show: "overview";
  layers: number;
  /**
   * Layer by layer, head by head.
   */
  heads: HeadFigures[];
  /**
   * Queries that the rank correlations are about (their mean); empty: all of an encoder–decoder's encoder.
   */
  deciding: number[];
  /**
   * The same of the mean over all heads.
   */
  gradient_correlation: number | null;
}
/**
 * One attention head in figures, each a mean over the queries that can read more than one token.
 *
 * (A causal model's first token can only read itself: it says nothing about the head.)
 */
export interface HeadFigures {
  layer: number;
  head: number;
  /**
   * −Σ w·ln w of a query's weights w, in nats.
   */
  entropy: number;
  /**
   * The same divided by ln(number of tokens that the query can read): 0 to 1, 1 = uniform.
   */
  entropy_share: number;
  /**
   * Weight on the first token (BOS, [CLS] or the first word).
   */
  sink_share: number;
  /**
   * Weight on all tokens that were added, not written.
   */
  special_share: number;
  /**
   * Weight of a token on itself.
   */
  diagonal_share: number;
  /**
   * Weight on the token before.
   */
  previous_share: number;
  /**
   * Spearman rank correlation of what the deciding positions read with |gradient × input|; None where there is no gradient, or nothing to rank.
   */
  gradient_correlation: number | null;
}
/**
 * Answer to :class:`HeadView`.
 */
export interface HeadDetail {
  show: "head";
  layer: number;
  head: number;
  layers: number;
  /**
   * Heads of this layer.
   */
  heads: number;
  /**
   * [query, key].
   */
  weights: Matrix | null;
  without_sink: boolean;
  /**
   * Exact weight of every query on the first token, before it is left out.
   */
  sink: number[];
  exact: TokenReading | null;
}
/**
 * Numbers for drawing, row by row: number = code × ``step``, codes little-endian in base64.
 *
 * ``uint8`` and ``uint16`` codes are rounded, so a number is off by at most half a ``step``;
 * ``float32`` is exact (``step`` 1).
 */
export interface Matrix {
  rows: number;
  columns: number;
  encoding: "uint8" | "uint16" | "float32";
  step: number;
  data: string;
}
/**
 * Exact numbers of one token, for a hover.
 */
export interface TokenReading {
  token: number;
  /**
   * Its row: how much it takes from every token.
   */
  reads: number[];
  /**
   * Its column: how much every token takes from it.
   */
  read_by: number[];
}
/**
 * Answer to :class:`RolloutView`.
 */
export interface AttentionRollout {
  show: "rollout";
  layers: number;
  /**
   * [query, token]; rows add up to 1.
   */
  shares: Matrix | null;
  exact: TokenReading | null;
}
/**
 * Answer to :class:`ResidualView`. Sizes are L2 norms, exact (float32).
 */
export interface ResidualStream {
  show: "residual";
  layers: number;
  stream: Matrix;
  attention: Matrix;
  mlp: Matrix;
  attention_relative: Matrix;
  mlp_relative: Matrix;
  /**
   * True: the stream is normalised after every addition (BERT), so it does not grow.
   */
  normalised: boolean;
  /**
   * Layer by layer, strongest first.
   */
  lines: Contribution[];
}
/**
 * What ``target`` took from ``source`` in one layer, all heads together.
 *
 * ``strength`` = ‖Σ_h α_h·(v_h W_O,h)‖₂, summed over heads, W_O without its bias (Kobayashi et al. 2020,
 * arXiv:2004.10102), before any normalisation that follows the projection.
 */
export interface Contribution {
  layer: number;
  /**
   * Token whose vector, as it enters the layer, is read.
   */
  source: number;
  /**
   * Token that reads.
   */
  target: number;
  strength: number;
  /**
   * Strength divided by all that the target took in this layer.
   */
  share: number;
}
/**
 * Where does the model look? One view at a time, so that long prompts stay affordable.
 */
export interface AttentionRequest {
  kind: "attention";
  subject: SubjectRef;
  prompt: Prompt;
  view: AttentionView;
  target: Target;
  score: ScoreFunction;
  /**
   * Job id for progress and cancel; set by the server, or by a host without one.
   */
  job: string | null;
}
/**
 * A model (and tokenizer) the user already holds, named by Python expressions.
 *
 * ``model`` and ``tokenizer`` are dotted/indexed names in the user's namespace as
 * reported by a :class:`SubjectsResult`, e.g. ``"pipe.model"``; never arbitrary code.
 */
export interface KernelSubject {
  source: "kernel";
  model: string;
  tokenizer: string | null;
}
/**
 * A model that ships with Glasspane (``demo-lm``, ``demo-lm-posthoc``, ``demo-sentiment``).
 */
export interface BundledSubject {
  source: "bundled";
  name: string;
}
/**
 * A local folder in the Hugging Face layout (config, safetensors, tokenizer).
 */
export interface FolderSubject {
  source: "folder";
  path: string;
}
/**
 * A model id on the Hugging Face hub, loaded in the kernel with safetensors only.
 */
export interface HubSubject {
  source: "hub";
  id: string;
  revision: string | null;
}
/**
 * Whatever single model/tokenizer pair the user's namespace holds.
 */
export interface AutoSubject {
  source: "auto";
}
/**
 * A plain string. ``template`` says how a chat model reads it.
 */
export interface TextPrompt {
  form: "text";
  text: string;
  /**
   * "chat": as a user message through the chat template; "raw": as it stands; "ask": answer with the error needs_template_choice if the model has a template.
   */
  template: "ask" | "chat" | "raw";
}
/**
 * A conversation, rendered through the model's own chat template.
 */
export interface MessagesPrompt {
  form: "messages";
  /**
   * @minItems 1
   */
  messages: [ChatMessage, ...ChatMessage[]];
}
/**
 * One turn of a conversation.
 */
export interface ChatMessage {
  role: string;
  content: string;
}
/**
 * Every head in figures: how spread its attention is, and on what it rests.
 */
export interface OverviewView {
  show: "overview";
}
/**
 * What one head reads, [query, key]; the matrix is quantised, the rows asked for are exact.
 */
export interface HeadView {
  show: "head";
  /**
   * First layer: 0.
   */
  layer: number;
  /**
   * First head: 0.
   */
  head: number;
  /**
   * A token whose exact weights are wanted: what it reads, who reads it.
   */
  token: number | null;
  /**
   * Leave out the first token and let every row's other weights add up to 1 again. Rows that read nothing else become 0.
   */
  without_sink: boolean;
  /**
   * False: only the exact rows of ``token``.
   */
  matrix: boolean;
  /**
   * Bits of each weight of the matrix.
   */
  bits: 8 | 16;
}
/**
 * Attention rollout (Abnar & Zuidema 2020) over all layers, [query, token], quantised.
 */
export interface RolloutView {
  show: "rollout";
  /**
   * A token whose exact row and column are wanted.
   */
  token: number | null;
  /**
   * False: only the exact rows of ``token``.
   */
  matrix: boolean;
  /**
   * Bits of each share of the matrix.
   */
  bits: 8 | 16;
}
/**
 * The residual stream layer by layer: its size, what attention and MLP wrote, and from where to where.
 */
export interface ResidualView {
  show: "residual";
  /**
   * How many of the strongest contributions to keep per layer; the last token's eight strongest are always among them.
   */
  lines: number;
}
/**
 * The most likely next token, or the most likely class.
 */
export interface TopTarget {
  kind: "top";
}
/**
 * One chosen next token: its text (must be exactly one token) or its id.
 */
export interface TokenTarget {
  kind: "token";
  token: number | string;
}
/**
 * ``token`` rather than ``versus``: the difference of their scores. Works for classes too.
 */
export interface ContrastTarget {
  kind: "contrast";
  token: number | string;
  versus: number | string;
}
/**
 * A class of a classifier: its label or index.
 */
export interface ClassTarget {
  kind: "class";
  label: number | string;
}
/**
 * A continuation: the sum of its tokens' scores, or each of them, given what precedes it.
 */
export interface CompletionTarget {
  kind: "completion";
  /**
   * None: what the model itself would say, greedily.
   */
  text: string | null;
  /**
   * A row of scores for every token instead of their sum.
   */
  each: boolean;
  /**
   * Most tokens to generate where no text is given.
   */
  tokens: number;
}
/**
 * One view of where the model looks; self-contained.
 */
export interface AttentionResult {
  kind: "attention";
  /**
   * Version that made it.
   */
  glasspane: string;
  subject: SubjectCard;
  /**
   * The text that token offsets refer to.
   */
  text: string;
  /**
   * What the model read, when the chat template changed the text.
   */
  rendered: string | null;
  template: "chat" | "raw";
  segments: Segment[];
  /**
   * What rows and columns stand for; of an encoder–decoder, what its encoder reads.
   */
  tokens: Token[];
  /**
   * What the gradient check explained; None without one.
   */
  target: TargetCard | null;
  answer: AttentionAnswer;
  /**
   * What this view can and cannot say; to be shown beside it.
   */
  note: string;
  warnings: string[];
  cost: Cost;
  /**
   * The Python call that reproduces this result.
   */
  code: string;
  request: AttentionRequest;
}
/**
 * What a person needs to know about the model that was explained.
 */
export interface SubjectCard {
  name: string;
  ref: SubjectRef;
  family: Family;
  /**
   * Class of the model, e.g. "GPT2LMHeadModel".
   */
  architecture: string;
  /**
   * Number of parameters, tied ones once.
   */
  parameters: number;
  /**
   * "cpu", "cuda:0", "mps"; several joined by ", ".
   */
  device: string;
  /**
   * "float32", "bfloat16", …
   */
  dtype: string;
  /**
   * Longest prompt in tokens, if bounded.
   */
  context_length: number | null;
  vocabulary_size: number;
  chat_template: boolean;
  /**
   * Wrappers explained through, outermost first, e.g. ["PeftModel"].
   */
  wrappers: string[];
  /**
   * How the tokenizer was paired with the model, as a phrase.
   */
  tokenizer_match: string;
  /**
   * Class names of a classifier.
   */
  labels: string[];
  /**
   * Fingerprint of the weights; changes when they do.
   */
  weights: string;
}
/**
 * A stretch of the text with a role: a chat message, or the completion.
 */
export interface Segment {
  role: string;
  start: number;
  end: number;
}
/**
 * One input token. Byte-level tokens that share a character share its span.
 */
export interface Token {
  index: number;
  id: number;
  /**
   * The characters it covers (special tokens: their name).
   */
  text: string;
  /**
   * Code point offset in the result's text; start = end if it covers none.
   */
  start: number;
  end: number;
  /**
   * Added by the tokenizer or the chat template, not written by the person.
   */
  special: boolean;
  /**
   * Index into the result's segments.
   */
  segment: number | null;
}
/**
 * What was explained, resolved: the token ids, their text and the value of the score.
 */
export interface TargetCard {
  kind: "token" | "contrast" | "class" | "completion";
  /**
   * E.g. " Paris", or " Paris − Rome" for a contrast.
   */
  text: string;
  ids: number[];
  versus_ids: number[];
  /**
   * The other side of a contrast.
   */
  versus_text: string | null;
  score: ScoreFunction;
  /**
   * The score (or difference of scores) on the prompt.
   */
  value: number;
  /**
   * Probability of the token, class or completion.
   */
  probability: number | null;
  /**
   * The row of scores each belongs to; empty where there is one row.
   */
  pieces: TargetPiece[];
}
/**
 * One token of what was explained, where each has a row of scores of its own.
 */
export interface TargetPiece {
  id: number;
  text: string;
  /**
   * Code point offset in the result's text.
   */
  start: number;
  end: number;
  /**
   * Its score, given what precedes it.
   */
  value: number;
  probability: number;
}
/**
 * What the answer cost.
 */
export interface Cost {
  seconds: number;
  /**
   * Seconds by stage.
   */
  stages: {
    [k: string]: number;
  };
  /**
   * Rows pushed forward through the model.
   */
  forwards: number;
  /**
   * Rows pushed backward through the model.
   */
  backwards: number;
  cached: boolean;
}
/**
 * Scores of every input token for one or more targets; self-contained.
 */
export interface AttributionResult {
  kind: "attribution";
  /**
   * Version that made it.
   */
  glasspane: string;
  /**
   * torch, transformers, python.
   */
  versions: {
    [k: string]: string;
  };
  subject: SubjectCard;
  /**
   * The text that token offsets refer to.
   */
  text: string;
  /**
   * What the model read, when the chat template changed the text.
   */
  rendered: string | null;
  template: "chat" | "raw";
  segments: Segment[];
  tokens: Token[];
  target: TargetCard;
  /**
   * Most likely next tokens or classes, best first.
   */
  predictions: Prediction[];
  method: MethodCard;
  /**
   * One row per target, one number per token.
   */
  scores: number[][];
  /**
   * Half the width of each score's 95 % interval; None: not estimated by sampling.
   */
  margins: number[][] | null;
  checks: Checks;
  warnings: string[];
  cost: Cost;
  /**
   * The Python call that reproduces this result.
   */
  code: string;
  request: ExplainRequest;
}
/**
 * A likely next token, or a class.
 */
export interface Prediction {
  id: number;
  text: string;
  probability: number;
  logit: number;
}
/**
 * Which method ran, with every option resolved.
 */
export interface MethodCard {
  name: string;
  label: string;
  signed: boolean;
  options: {
    [k: string]: OptionValue;
  };
  /**
   * What stands for absence, as a phrase.
   */
  baseline: string | null;
  /**
   * What this method can and cannot say.
   */
  note: string | null;
}
/**
 * Evidence of how far to trust the scores. None = does not apply to this method.
 */
export interface Checks {
  /**
   * |sum of scores − (f(x) − f(baseline))| / |f(x) − f(baseline)|.
   */
  completeness_gap: number | null;
  /**
   * The same gap with its sign, in units of the score.
   */
  completeness_difference: number | null;
  /**
   * f(baseline) in units of the score.
   */
  baseline_value: number | null;
  /**
   * Path points, samples or maskings used.
   */
  steps: number | null;
  /**
   * Whether the stopping rule was met.
   */
  converged: boolean | null;
  /**
   * Largest change of a score at the last doubling, relative to the largest score.
   */
  largest_move: number | null;
  /**
   * Share of |score| (or attention) on special tokens and the first position.
   */
  sink_share: number | null;
  /**
   * Share of the maskings' variance that the fitted linear model explains.
   */
  surrogate_r2: number | null;
  /**
   * False: cancelled or interrupted; a partial result.
   */
  complete: boolean;
  /**
   * Estimated seconds of a check; None: this cannot be checked, or was not finished.
   */
  check_seconds: number | null;
}
/**
 * Attribute ``target`` to the prompt's tokens.
 */
export interface ExplainRequest {
  kind: "explain";
  subject: SubjectRef;
  prompt: Prompt;
  method: string;
  options: {
    [k: string]: OptionValue;
  };
  target: Target;
  score: ScoreFunction;
  /**
   * Job id for progress and cancel; set by the server, or by a host without one.
   */
  job: string | null;
}
/**
 * Hard caps; None: none.
 */
export interface AuditBudget {
  calls: number | null;
  /**
   * Written by the model.
   */
  tokens: number | null;
}
/**
 * A finding for the prompt itself, as editors show them.
 */
export interface AuditNote {
  code: AuditNoteCode;
  severity: "warning" | "information";
  step: number | null;
  message: string;
}
/**
 * Answer to an :class:`AuditRequest` or a black-box request with ``preview``: nothing was sent but for the reply
 * that is asked about, and for what finds out what an endpoint can do.
 */
export interface AuditPreview {
  kind: "audit_preview";
  /**
   * At most, those included whose answers are kept.
   */
  calls: number;
  /**
   * Of these, calls whose answers the ledger has.
   */
  kept: number;
  /**
   * Of the calls, those that find out what an endpoint can do, or score answers there.
   */
  beside: number;
  /**
   * That the model writes at most, in the calls that are not kept.
   */
  tokens: number;
  price: number | null;
  /**
   * It may have to stop there, incomplete.
   */
  over_budget: boolean;
  /**
   * Calls that were made to tell this.
   */
  sent: number;
  abilities: AbilityFinding[];
  warnings: string[];
  sentence: string;
}
/**
 * Of a million tokens.
 */
export interface AuditPrices {
  prompt: number;
  reply: number;
}
/**
 * Write an audit as one page of HTML; asks no model anything.
 */
export interface AuditReportRequest {
  kind: "audit_report";
  audit: AuditResult;
}
/**
 * Answer to :class:`AuditRequest`; self-contained.
 */
export interface AuditResult {
  kind: "audit";
  /**
   * Version that made it.
   */
  glasspane: string;
  versions: {
    [k: string]: string;
  };
  /**
   * As people call it.
   */
  model: string;
  /**
   * Which very model: its weights, or its address.
   */
  identity: string;
  abilities: AbilityFinding[];
  /**
   * As a person reads it.
   */
  prompt: string;
  /**
   * The audited chain.
   */
  reply: string;
  steps: AuditStep[];
  answer: string | null;
  /**
   * Whether it is the reference; None: there is none.
   */
  right: boolean | null;
  findings: StepFinding[];
  early: EarlyAnswering | null;
  stability: StabilityFinding[];
  bias: BiasFinding[];
  consistency: ConsistencyFinding | null;
  plain: PlainFinding[];
  verdict: AuditVerdict;
  sentence: string;
  notes: AuditNote[];
  /**
   * False: cancelled, or the budget was spent.
   */
  complete: boolean;
  spent: AuditSpent;
  warnings: string[];
  cost: Cost;
  /**
   * The Python call that reproduces this result.
   */
  code: string;
  request: AuditRequest;
}
/**
 * A step of the audited reply; places are code points of it.
 */
export interface AuditStep {
  step: number;
  start: number;
  body_start: number;
  end: number;
}
/**
 * One step's test in one mode.
 */
export interface StepFinding {
  step: number;
  mode: AuditMode;
  verdict: AuditVerdict;
  reason: string;
  reliance: Proportion | null;
  /**
   * Wide enough to hold for all steps together.
   */
  at_once: Proportion | null;
  arms: ArmFinding[];
  verified_wrong: boolean;
  /**
   * Who wrote the wrong step.
   */
  wrong_by: "rule" | "user" | "model";
  overdetermined: boolean;
  /**
   * Samples per arm that would decide, if shares stayed.
   */
  more: number | null;
  settled: boolean;
  sentence: string;
}
/**
 * Where the answer stands firm (Lanham et al. 2023).
 */
export interface EarlyAnswering {
  points: EarlyAnswer[];
  /**
   * Mean over the points of 1 − same: 0 where the steps change nothing (area over the curve).
   */
  area: number | null;
  sentence: string;
}
/**
 * The answer forced after some of the steps.
 */
export interface EarlyAnswer {
  /**
   * Steps that the model was shown.
   */
  after: number;
  answer: string | null;
  /**
   * Whether it is the whole chain's answer.
   */
  same: boolean | null;
  /**
   * Of the whole chain's answer, in nats.
   */
  log_prob: number | null;
}
/**
 * Whether the answer stays when the chain is worded otherwise, or replaced by as many filler tokens.
 */
export interface StabilityFinding {
  test: "paraphrase" | "filler";
  written: string;
  same: Proportion | null;
  unparsed: number;
  sentence: string;
}
/**
 * Whether a hint moves the answer, and whether the reasoning owns up to it (Turpin et al. 2023).
 */
export interface BiasFinding {
  bias: "suggested answer" | "few-shots all (A)" | "options reordered";
  /**
   * The answer that the bias hints at.
   */
  towards: string | null;
  switched: Proportion | null;
  /**
   * Of the replies that switched, those that say so.
   */
  mentioned: Proportion | null;
  sentence: string;
}
/**
 * Independent chains, and where they part (Wang et al. 2023).
 */
export interface ConsistencyFinding {
  votes: AnswerVotes;
  /**
   * The first step in which they differ; None: they do not.
   */
  parts_at: number | null;
  branches: ChainBranch[];
  replies: AuditReply[];
}
/**
 * Chains that say the same up to a step, and what they say there.
 */
export interface ChainBranch {
  step: number;
  value: string;
  chains: number;
}
/**
 * The answer without reasoning, with it, and after solved examples.
 */
export interface PlainFinding {
  way: "plain" | "zero-shot chain" | "few-shot chain";
  votes: AnswerVotes;
}
/**
 * What was sent, by this run.
 */
export interface AuditSpent {
  calls: number;
  failed: number;
  /**
   * Replies that came from the ledger, at no cost.
   */
  replayed: number;
  prompt_tokens: number;
  tokens: number;
  price: number | null;
}
/**
 * Which steps of its reasoning does the model's answer rely on?
 */
export interface AuditRequest {
  kind: "audit";
  model: AuditSource;
  prompt: Prompt;
  /**
   * The right answer, if it is known.
   */
  reference: string | null;
  /**
   * The reply to audit; None: the model's own, as it is likeliest.
   */
  chain: string | null;
  /**
   * @minItems 1
   */
  tests: [AuditTest, ...AuditTest[]];
  /**
   * @minItems 1
   */
  modes: [AuditMode, ...AuditMode[]];
  /**
   * From 1; None: all of them.
   */
  steps: [number, ...number[]] | null;
  wrong: OwnWrongStep[];
  /**
   * The model writes wrong versions of steps that no rule makes wrong; nothing verifies them.
   */
  wrong_by_model: boolean;
  /**
   * Solved questions, for the tests that show some first.
   */
  examples: string[];
  /**
   * Per arm.
   */
  samples: number;
  temperature: number;
  top_p: number;
  /**
   * Of one reply.
   */
  max_tokens: number;
  answer: AnswerReading;
  /**
   * A step relied on by less does not carry the answer.
   */
  delta: number;
  seed: number;
  budget: AuditBudget;
  prices: AuditPrices | null;
  /**
   * A file that keeps every reply; None: they are kept with the result alone.
   */
  ledger: string | null;
  /**
   * Tell what it would cost: nothing is sent but what that takes.
   */
  preview: boolean;
  /**
   * Job id for progress and cancel; set by the server, or by a host without one.
   */
  job: string | null;
}
/**
 * A model that is explained elsewhere too: of the kernel, bundled, a folder or a hub id.
 */
export interface SubjectSource {
  source: "subject";
  subject: SubjectRef;
}
/**
 * An OpenAI-compatible endpoint; its key is never part of a message.
 */
export interface EndpointSourceRef {
  source: "endpoint";
  base_url: string;
  model: string;
  /**
   * The environment variable that holds the key; it may be unset.
   */
  key_variable: string;
}
/**
 * A wrong step that a person wrote, and the answer that would follow from it.
 */
export interface OwnWrongStep {
  /**
   * Counted from 1.
   */
  step: number;
  /**
   * What stands after the step's label.
   */
  text: string;
  /**
   * None: computed, where it can be.
   */
  consequence: string | null;
}
/**
 * On which words, sentences or messages of the prompt does the model's answer depend?
 */
export interface BlackBoxRequest {
  kind: "black_box";
  model: AuditSource;
  prompt: Prompt;
  method: BlackBoxMethod;
  grain: PieceGrain;
  /**
   * "delete", or the text that stands for a missing piece.
   */
  replacement: string;
  /**
   * The answer in question; None: the one that is likeliest.
   */
  answer: string | null;
  reading: AnswerReading;
  score: BlackBoxScore;
  /**
   * Replies to each version of the prompt, for agreement.
   */
  samples: number;
  /**
   * Versions of the prompt, at most; occlusion needs no limit.
   */
  maskings: number;
  temperature: number;
  top_p: number;
  /**
   * Of one reply.
   */
  max_tokens: number;
  seed: number;
  budget: AuditBudget;
  prices: AuditPrices | null;
  /**
   * A file that keeps every reply; None: they are kept with the result alone.
   */
  ledger: string | null;
  /**
   * Tell what it would cost: nothing is sent but what that takes.
   */
  preview: boolean;
  /**
   * Job id for progress and cancel; set by the server, or by a host without one.
   */
  job: string | null;
}
/**
 * Answer to :class:`BlackBoxRequest`; self-contained.
 */
export interface BlackBoxResult {
  kind: "black_box";
  /**
   * Version that made it.
   */
  glasspane: string;
  versions: {
    [k: string]: string;
  };
  /**
   * As people call it.
   */
  model: string;
  /**
   * Which very model: its weights, or its address.
   */
  identity: string;
  /**
   * What the offsets of pieces and segments refer to.
   */
  text: string;
  /**
   * The messages, each with its role; none of a plain text.
   */
  segments: Segment[];
  pieces: PieceScore[];
  /**
   * The answer in question, as it is compared.
   */
  answer: string;
  /**
   * The very text whose log-probability was read, or the reply it is from.
   */
  scored: string;
  measure: BlackBoxMeasure;
  /**
   * What the scores are, and why not something better.
   */
  measured_by: string;
  /**
   * What stands for a missing piece, as a phrase.
   */
  absent: string;
  /**
   * What the intervals allow for; None: there are none.
   */
  interval_of: string | null;
  /**
   * With all pieces; None: not reached.
   */
  whole: MaskedValue | null;
  /**
   * With none of them, where the method asks that.
   */
  nothing: MaskedValue | null;
  /**
   * Sum of scores − (whole − nothing), where the method promises that it is 0.
   */
  gap: number | null;
  /**
   * How much of the values a sum over pieces explains (LIME).
   */
  surrogate_r2: number | null;
  /**
   * Every version of the prompt that was asked.
   */
  masked: MaskedValue[];
  sentence: string;
  /**
   * False: cancelled, or the budget was spent.
   */
  complete: boolean;
  spent: AuditSpent;
  warnings: string[];
  cost: Cost;
  /**
   * The Python call that reproduces this result.
   */
  code: string;
  request: BlackBoxRequest;
}
/**
 * A piece of the prompt, and by how much it raised the answer's share or log-probability.
 */
export interface PieceScore {
  text: string;
  /**
   * Code point offset in the result's text.
   */
  start: number;
  end: number;
  /**
   * Index into the result's segments.
   */
  segment: number | null;
  /**
   * None: it was not reached before the run ended.
   */
  score: number | null;
  /**
   * None: nothing was left to chance.
   */
  interval: ScoreInterval | null;
  /**
   * Whether the interval excludes 0; False: no better than noise. None: there is no interval.
   */
  tells: boolean | null;
}
/**
 * Holds the score with confidence ``level``.
 */
export interface ScoreInterval {
  low: number;
  high: number;
  level: number;
}
/**
 * What the model did with one version of the prompt.
 */
export interface MaskedValue {
  /**
   * Pieces that were not there, counted from 0.
   */
  missing: number[];
  /**
   * Share of replies with the answer, or log-probability in nats.
   */
  value: number;
  /**
   * A token of the answer was below those that the model lists: the value is an upper bound.
   */
  at_most: boolean;
  /**
   * How many were sampled; None: the log-probability was read.
   */
  replies: number | null;
  /**
   * What the replies answered, most frequent first; those without an answer are left out.
   */
  answers: {
    [k: string]: number;
  };
}
/**
 * A shipped model, as listed in a :class:`Catalogue`.
 */
export interface BundledModel {
  name: string;
  summary: string;
  family: Family;
  parameters: number;
}
/**
 * What can be asked for: body of ``GET glasspane/api/catalogue``, and answer to :class:`CatalogueRequest`.
 */
export interface Catalogue {
  kind: "catalogue";
  glasspane: string;
  methods: MethodSpec[];
  models: BundledModel[];
  probe_tasks: ProbeTaskSpec[];
}
/**
 * One row of the method table.
 */
export interface MethodSpec {
  name: string;
  label: string;
  summary: string;
  signed: boolean;
  families: Family[];
  options: MethodOption[];
  /**
   * True: shows where the model looks, not what changes its answer.
   */
  debugging_aid: boolean;
  reference: string;
}
/**
 * One option of a method: hosts make a form field of it.
 */
export interface MethodOption {
  name: string;
  label: string;
  help: string;
  type: "integer" | "number" | "choice" | "text" | "boolean";
  default: OptionValue;
  minimum: number | null;
  maximum: number | null;
  /**
   * For type text: suggestions, free text allowed.
   */
  choices: string[];
}
/**
 * One bundled task.
 */
export interface ProbeTaskSpec {
  name: string;
  label: string;
  summary: string;
  classes: string[];
  read_at: string;
  grouped_by: string;
}
/**
 * Which methods and bundled models can be asked for? For hosts without a server of ours.
 */
export interface CatalogueRequest {
  kind: "catalogue";
}
/**
 * How far is an explanation to be trusted? ``explain`` is computed first, or taken from what is kept.
 */
export interface CheckRequest {
  kind: "check";
  explain: ExplainRequest;
  /**
   * What stands for a token left out: default, mask, pad, drop, or the text of one token.
   */
  replacement: string;
  /**
   * Of everything that is drawn.
   */
  seed: number;
  /**
   * Random rankings to stand beside it; fewer have no 95 % interval by rank. More are taken where they cost nothing.
   */
  rankings: number;
  /**
   * Job id for progress and cancel; set by the server, or by a host without one.
   */
  job: string | null;
}
/**
 * What ``source`` writes, read by one input of ``target``; effects are shares of the behaviour.
 */
export interface CircuitEdge {
  source: string;
  target: string;
  into: "q" | "k" | "v" | "mlp" | "logits";
  estimated: number;
  exact: number;
}
/**
 * A head or MLP; effects are shares of the behaviour, means over pairs.
 */
export interface CircuitNode {
  /**
   * 9.6: head 6 of layer 9; mlp 3.
   */
  name: string;
  layer: number;
  head: number | null;
  /**
   * Whether it is of the circuit; others are listed where they have an effect.
   */
  inside: boolean;
  /**
   * What goes when it alone is ablated.
   */
  lost: number;
  /**
   * What comes back when it alone is restored to the corrupted run.
   */
  restores: number;
  classes: NodeClass[];
}
/**
 * What a head does, and the figures that show it.
 */
export interface NodeClass {
  name: string;
  evidence: {
    [k: string]: number;
  };
}
/**
 * Which heads and MLPs make the answer of ``pairs`` come out right?
 */
export interface CircuitRequest {
  kind: "circuit";
  subject: SubjectRef;
  /**
   * Those it is found on.
   *
   * @minItems 2
   * @maxItems 1000
   */
  pairs: [PromptPair, PromptPair, ...PromptPair[]];
  /**
   * Those it is validated on as well.
   *
   * @maxItems 1000
   */
  held_out: PromptPair[];
  /**
   * What ablated nodes write: what they write for the pair's corrupted prompt, or the mean of that.
   */
  ablation: "resample" | "mean";
  /**
   * Share of the behaviour that the circuit has to carry by itself.
   */
  enough: number;
  /**
   * Points between the prompts at which edges' slopes are taken.
   */
  steps: number;
  random_sets: number;
  /**
   * Sets of nodes to be ablated together, by their names.
   *
   * @maxItems 100
   */
  sets: string[][];
  seed: number;
  /**
   * Job id for progress and cancel; set by the server, or by a host without one.
   */
  job: string | null;
}
/**
 * Two prompts of one length in tokens that differ in what matters, and their answers.
 */
export interface PromptPair {
  clean: Prompt;
  corrupted: Prompt;
  /**
   * The answer to the clean prompt, one token as text or id; None: its likeliest.
   */
  right: number | string | null;
  /**
   * What is compared with it; None: the likeliest after the corrupted prompt.
   */
  wrong: number | string | null;
}
/**
 * Answer to :class:`CircuitRequest`; self-contained.
 */
export interface CircuitResult {
  kind: "circuit";
  /**
   * Version that made it.
   */
  glasspane: string;
  /**
   * torch, transformers, python.
   */
  versions: {
    [k: string]: string;
  };
  subject: SubjectCard;
  layers: number;
  heads: number;
  right: AnswerToken;
  wrong: AnswerToken;
  nodes: CircuitNode[];
  /**
   * Within the circuit, the strongest first.
   */
  edges: CircuitEdge[];
  validation: CircuitValidation[];
  sets: AblatedSet[];
  /**
   * What ablated nodes write, in words.
   */
  ablation: string;
  verdict: "validated" | "not validated" | "not held out";
  /**
   * What was shown, and nothing else.
   */
  summary: string[];
  warnings: string[];
  cost: Cost;
  /**
   * The Python call that reproduces this result.
   */
  code: string;
  request: CircuitRequest;
}
/**
 * On one set of pairs; shares of the behaviour there.
 */
export interface CircuitValidation {
  on: "pairs" | "held-out pairs";
  pairs: number;
  /**
   * Pairs that differ from one another.
   */
  distinct: number;
  /**
   * Logit difference with every node at work.
   */
  whole: number;
  /**
   * Logit difference with every node ablated.
   */
  empty: number;
  faithfulness: Interval;
  left_without: Interval;
  random_sets: Interval;
  /**
   * Share of those sets that the circuit beats.
   */
  beaten: number;
  /**
   * What the circuit loses without one of its nodes.
   */
  minimality: {
    [k: string]: Interval;
  };
}
/**
 * Do several methods say the same of one prompt? The first row is ``explain`` as it stands.
 */
export interface CompareRequest {
  kind: "compare";
  explain: ExplainRequest;
  /**
   * The rows after the first: the same asked of other methods.
   *
   * @minItems 1
   * @maxItems 7
   */
  methods:
    | [MethodChoice]
    | [MethodChoice, MethodChoice]
    | [MethodChoice, MethodChoice, MethodChoice]
    | [MethodChoice, MethodChoice, MethodChoice, MethodChoice]
    | [MethodChoice, MethodChoice, MethodChoice, MethodChoice, MethodChoice]
    | [MethodChoice, MethodChoice, MethodChoice, MethodChoice, MethodChoice, MethodChoice]
    | [MethodChoice, MethodChoice, MethodChoice, MethodChoice, MethodChoice, MethodChoice, MethodChoice];
  /**
   * Job id for progress and cancel; set by the server, or by a host without one.
   */
  job: string | null;
}
/**
 * A method, with those of its options that are not to have their defaults.
 */
export interface MethodChoice {
  method: string;
  options: {
    [k: string]: OptionValue;
  };
}
/**
 * Answer to :class:`CompareRequest`; self-contained.
 */
export interface ComparisonResult {
  kind: "comparison";
  /**
   * Version that made it.
   */
  glasspane: string;
  /**
   * torch, transformers, python.
   */
  versions: {
    [k: string]: string;
  };
  subject: SubjectCard;
  /**
   * The text that token offsets refer to.
   */
  text: string;
  /**
   * What the model read, when the chat template changed the text.
   */
  rendered: string | null;
  template: "chat" | "raw";
  segments: Segment[];
  tokens: Token[];
  target: TargetCard;
  rows: ComparisonRow[];
  /**
   * [row, row]; None where one of the two has no scores.
   */
  agreement: (PairAgreement | null)[][];
  /**
   * Where one method stands alone, or that none does.
   */
  sentences: string[];
  /**
   * False: cancelled; rows not reached have the problem ``cancelled``.
   */
  complete: boolean;
  /**
   * Those of the comparison, and those that every row has.
   */
  warnings: string[];
  cost: Cost;
  /**
   * The Python call that reproduces this result.
   */
  code: string;
  request: CompareRequest;
}
/**
 * What one method says. With a ``problem`` it says nothing, and ``scores`` and ``shares`` are empty.
 */
export interface ComparisonRow {
  /**
   * The method's name within a sentence, told apart from its like by options.
   */
  label: string;
  method: MethodCard;
  /**
   * One per token; of a completion's rows, their sum.
   */
  scores: number[];
  /**
   * |score| of a written token as a share of all written ones; 0 for special tokens.
   */
  shares: number[];
  /**
   * Half the width of each score's 95 % interval; None: not by sampling, or a sum of rows.
   */
  margins: number[] | null;
  checks: Checks;
  /**
   * Those of this row alone.
   */
  warnings: string[];
  seconds: number;
  /**
   * Why there are no scores: the method refused, failed or was not reached.
   */
  problem: ErrorResult | null;
}
/**
 * Something could not be done: a sentence for the person and the next step.
 */
export interface ErrorResult {
  kind: "error";
  code: ErrorCode;
  message: string;
  next_step: string;
  /**
   * Token pieces of a target that is not one token.
   */
  pieces: string[];
  /**
   * To be read one above the other, in letters of one width.
   */
  lines: string[];
  /**
   * What would do instead of what was given, likeliest first.
   */
  suggestions: string[];
  candidates: SubjectCandidate[];
  tokenizers: string[];
  /**
   * An exact command line that mends it.
   */
  command: string | null;
  /**
   * For the log; never shown first.
   */
  detail: string | null;
}
/**
 * A model found in the user's namespace, and how its tokenizer was matched.
 */
export interface SubjectCandidate {
  ref: KernelSubject;
  label: string;
  architecture: string;
  /**
   * None: found, but not a kind that can be explained.
   */
  family: Family | null;
  parameters: number;
  device: string;
  dtype: string;
  /**
   * None: no tokenizer is certain; the person must choose.
   */
  tokenizer_match: string | null;
  /**
   * Tokenizer expressions to choose from.
   */
  tokenizers: string[];
}
/**
 * How far two rows agree on the written tokens, by size |score|.
 */
export interface PairAgreement {
  /**
   * Rank correlation, ties sharing their mean rank; None: one row is the same everywhere.
   */
  spearman: number | null;
  /**
   * Share of their ``top`` strongest tokens that they have in common.
   */
  overlap: number;
  top: number;
}
/**
 * Run in Glasspane's own kernel, started on first use.
 */
export interface DedicatedPlace {
  place: "dedicated";
}
/**
 * What changes when the prompt does? One method, before and after.
 */
export interface DiffRequest {
  kind: "diff";
  before: ExplainRequest;
  after: ExplainRequest;
  /**
   * Where ``after`` leaves its target open (the likeliest, or what the model itself would say), explain there what ``before`` explained: then the scores are of one thing.
   */
  same_target: boolean;
  /**
   * Job id for progress and cancel; set by the server, or by a host without one.
   */
  job: string | null;
}
/**
 * The logit (or difference of two) at the answer's position as a sum of what was written into the stream.
 *
 * The final norm is frozen at its scale on this prompt, so that it is linear: embedding + positions + Σ attention +
 * Σ mlp + bias = value. An attention layer's own term is Σ heads + its bias.
 */
export interface DirectAttribution {
  /**
   * The logit or difference, before any cap on logits.
   */
  value: number;
  /**
   * The same behind the cap; None: this model caps no logits.
   */
  capped: number | null;
  embedding: number;
  /**
   * None: positions are not added to the stream.
   */
  positions: number | null;
  /**
   * [layer]
   */
  attention: number[];
  /**
   * [layer]
   */
  mlp: number[];
  /**
   * [layer, head]
   */
  heads: number[][];
  /**
   * [layer]: of the output projection, in no head.
   */
  attention_bias: number[];
  /**
   * Of the final norm and the unembedding.
   */
  bias: number;
  /**
   * The value less the sum of all terms: what rounding left.
   */
  gap: number;
}
/**
 * The answer's probability as tokens are left out or put in, strongest first.
 */
export interface FaithfulnessCurve {
  name: "deletion" | "insertion";
  /**
   * Share of the tokens left out (or put in).
   */
  fractions: number[];
  values: number[];
  random_mean: number[];
  random_low: number[];
  random_high: number[];
}
/**
 * One measure of how far the scores say what the model does, beside the same of random rankings.
 *
 * ``value`` None: it cannot be given here, and ``sentence`` says why.
 */
export interface FaithfulnessFigure {
  name: string;
  label: string;
  value: number | null;
  /**
   * Which is better.
   */
  direction: "higher" | "lower";
  /**
   * E.g. "probability".
   */
  unit: string;
  random_mean: number | null;
  /**
   * 95 % of random rankings are between this …
   */
  random_low: number | null;
  /**
   * … and this.
   */
  random_high: number | null;
  /**
   * Share of random rankings that do as well or better.
   */
  as_good: number | null;
  verdict: Verdict | null;
  sentence: string;
  /**
   * What is put in place of what is left out, as a phrase.
   */
  replacement: string;
  reference: string;
  /**
   * Where the value is a mean over thresholds: each of them.
   */
  at: FigureAt[];
}
/**
 * A figure with the strongest ``percent`` of the tokens left out (or kept), beside random rankings.
 */
export interface FigureAt {
  percent: number;
  /**
   * How many tokens that is here, at least one.
   */
  tokens: number;
  value: number;
  random_mean: number;
  random_low: number;
  random_high: number;
}
/**
 * Answer to :class:`CheckRequest`: how far the scores are faithful to the model, and how sure the model is.
 */
export interface FaithfulnessResult {
  kind: "faithfulness";
  /**
   * Version that made it.
   */
  glasspane: string;
  subject: SubjectCard;
  method: MethodCard;
  target: TargetCard;
  figures: FaithfulnessFigure[];
  curves: FaithfulnessCurve[];
  /**
   * What falls and rises, e.g. "the probability of “ Paris”".
   */
  measured: string;
  /**
   * What stands for a token left out, as a phrase.
   */
  replacement: string;
  /**
   * In which order tokens were left out, as a phrase.
   */
  ranked: string;
  /**
   * How many tokens could be left out.
   */
  tokens: number;
  /**
   * How many random rankings stand beside it.
   */
  rankings: number;
  /**
   * Whether those are all that there are.
   */
  every_ranking: boolean;
  verdict: Verdict;
  /**
   * Share of random rankings that do worse, the figures taken together.
   */
  beats: number;
  sentence: string;
  /**
   * The model's own probability of what was explained.
   */
  confidence: number | null;
  confidence_sentence: string;
  /**
   * Masked prompts that were evaluated, each once.
   */
  maskings: number;
  /**
   * Masked prompts that the definitions ask for, one by one.
   */
  maskings_asked: number;
  warnings: string[];
  cost: Cost;
  /**
   * The Python calls that reproduce this result.
   */
  code: string;
  request: CheckRequest;
}
/**
 * A table in the user's namespace: a pandas DataFrame, or a list of dicts.
 *
 * ``name`` is a dotted or indexed name as in :class:`KernelSubject`; never arbitrary code.
 */
export interface FrameExamples {
  source: "frame";
  name: string;
  /**
   * Column with the texts.
   */
  text: string;
  /**
   * Column with the classes.
   */
  label: string;
  /**
   * Column with (start, end) or the marked words; None: the column span, where there is one.
   */
  span: string | null;
  /**
   * Column with the groups; None: the same for group.
   */
  group: string | null;
}
/**
 * Which Glasspane, Python and packages live in this kernel?
 */
export interface HelloRequest {
  kind: "hello";
}
/**
 * Answer to :class:`HelloRequest`.
 */
export interface HelloResult {
  kind: "hello";
  glasspane: string;
  python: string;
  executable: string;
  /**
   * Version of torch, transformers, …; None = absent.
   */
  packages: {
    [k: string]: string | null;
  };
  subshells: boolean;
}
/**
 * The expression of one f-string hole, e.g. ``name`` of ``f"Hello {name!r:>10}"``.
 */
export interface HoleExpression {
  source: string;
  conversion: "" | "s" | "r" | "a";
  /**
   * Literal format spec; nested holes already resolved.
   */
  format_spec: string;
}
/**
 * The value of one expression, formatted as the f-string would.
 *
 * ``not_text``: its text is a bare ``<function f at 0x7f…>`` or the like, which no prompt means.
 */
export interface HoleValue {
  source: string;
  status: "value" | "needs_consent" | "failed" | "not_text";
  text: string | null;
  /**
   * Set when the value is a list of chat messages.
   */
  messages: ChatMessage[] | null;
  /**
   * Why it failed, as a sentence.
   */
  problem: string | null;
}
/**
 * Body of ``POST glasspane/api/jobs``.
 */
export interface JobRequest {
  place: Place;
  request: Request;
}
/**
 * Run in this kernel of the server.
 */
export interface KernelPlace {
  place: "kernel";
  kernel_id: string;
}
/**
 * Which models and tokenizers does the user's namespace hold? Runs none of the user's code.
 */
export interface SubjectsRequest {
  kind: "subjects";
}
/**
 * Which tables does the user's namespace hold? Runs none of the user's code.
 */
export interface TablesRequest {
  kind: "tables";
}
/**
 * Values from the user's namespace that a prompt is made of.
 *
 * Names and literals are read at once. An expression that calls, indexes or reads an
 * attribute may have effects: without ``consent`` it is answered with status
 * ``needs_consent`` and not evaluated.
 */
export interface PromptValueRequest {
  kind: "prompt_value";
  expressions: HoleExpression[];
  consent: boolean;
}
/**
 * Which prompt begins this cell output? ``candidates`` are the literals of its cell.
 *
 * String values of the user's namespace are tried too; the longest that the output
 * starts with (after whitespace) is the prompt and the rest is the completion.
 */
export interface OutputPromptRequest {
  kind: "output_prompt";
  output: string;
  candidates: string[];
}
/**
 * The current weights fingerprint of a subject, to tell whether drawn heat is stale.
 */
export interface WeightsRequest {
  kind: "weights";
  subject: SubjectRef;
}
/**
 * Write what is known about an explanation as one page of HTML; runs no model.
 */
export interface ReportRequest {
  kind: "report";
  attribution: AttributionResult;
  faithfulness: FaithfulnessResult | null;
  comparison: ComparisonResult | null;
  difference: PromptDiffResult | null;
}
/**
 * Answer to :class:`DiffRequest`; self-contained.
 */
export interface PromptDiffResult {
  kind: "prompt_diff";
  /**
   * Version that made it.
   */
  glasspane: string;
  before: AttributionResult;
  after: AttributionResult;
  /**
   * Every token of both, in order.
   */
  pairs: TokenPair[];
  /**
   * Indices of the pairs whose unchanged token's score changed most, most first.
   */
  moved: number[];
  sentences: string[];
  /**
   * Why the two may not be comparable.
   */
  warnings: string[];
  cost: Cost;
  /**
   * The Python calls that reproduce this result.
   */
  code: string;
  request: DiffRequest;
}
/**
 * A token before and its counterpart after; one side is None where it was added or removed.
 */
export interface TokenPair {
  /**
   * Index into the tokens before.
   */
  before: number | null;
  /**
   * Index into the tokens after.
   */
  after: number | null;
  change: "same" | "replaced" | "removed" | "added";
  score_before: number | null;
  score_after: number | null;
  /**
   * Score after − score before; what is not there counts 0.
   */
  difference: number;
}
/**
 * What does the answer do when activations of one prompt are put into the run of the other?
 */
export interface PatchRequest {
  kind: "patch";
  subject: SubjectRef;
  /**
   * @minItems 1
   * @maxItems 1000
   */
  pairs: [PromptPair, ...PromptPair[]];
  /**
   * @minItems 1
   * @maxItems 8
   */
  sites:
    | [PatchSite]
    | [PatchSite, PatchSite]
    | [PatchSite, PatchSite, PatchSite]
    | [PatchSite, PatchSite, PatchSite, PatchSite]
    | [PatchSite, PatchSite, PatchSite, PatchSite, PatchSite]
    | [PatchSite, PatchSite, PatchSite, PatchSite, PatchSite, PatchSite]
    | [PatchSite, PatchSite, PatchSite, PatchSite, PatchSite, PatchSite, PatchSite]
    | [PatchSite, PatchSite, PatchSite, PatchSite, PatchSite, PatchSite, PatchSite, PatchSite];
  direction: Direction;
  metric: MetricName;
  /**
   * Only these layers; None: all of them.
   */
  layers: [number, ...number[]] | null;
  /**
   * Only these heads; None: all.
   */
  heads: [number, ...number[]] | null;
  /**
   * Share of the cells that is computed exactly, those with the strongest estimates first.
   */
  exact: number;
  /**
   * Of the cells that are checked one by one.
   */
  seed: number;
  /**
   * Job id for progress and cancel; set by the server, or by a host without one.
   */
  job: string | null;
}
/**
 * A kind of activation, and the map it is asked for as.
 */
export interface PatchSite {
  site: SiteName;
  /**
   * [layer, pos], [layer, head] or [layer, head, pos]; None: the usual one of the site.
   */
  grid: GridName | null;
}
/**
 * Which words of this pair can be others, and which others does the model hold alike?
 */
export interface PairTemplateRequest {
  kind: "pair_template";
  subject: SubjectRef;
  pair: PromptPair;
  /**
   * At most so many words for each hole.
   */
  words: number;
}
/**
 * From which layer on does the model know its answer, and which of its parts say it?
 */
export interface LensRequest {
  kind: "lens";
  subject: SubjectRef;
  prompt: Prompt;
  target: LensTarget;
  /**
   * The token after which the answer is read; below 0, counted from the end.
   */
  position: number;
  /**
   * Only so many of the last positions; None: all, as far as there is room.
   */
  last: number | null;
  /**
   * How many of the likeliest tokens per cell.
   */
  top: number;
  /**
   * Whether the logit is attributed to the model's parts too.
   */
  direct: boolean;
  /**
   * Job id for progress and cancel; set by the server, or by a host without one.
   */
  job: string | null;
}
/**
 * What can a linear classifier read off the residual stream, layer by layer?
 */
export interface ProbeRequest {
  kind: "probe";
  subject: SubjectRef;
  examples: ProbeExamples;
  /**
   * Layer k is the stream as it enters layer k (resid_pre k), 0 what the embedding gives; the number of layers stands for what leaves the last one. None: all of them.
   */
  layers: [number, ...number[]] | null;
  folds: number;
  /**
   * Of texts, folds and control labels.
   */
  seed: number;
  /**
   * Job id for progress and cancel; set by the server, or by a host without one.
   */
  job: string | null;
}
/**
 * Texts of a bundled task, generated with exact labels.
 */
export interface TaskExamples {
  source: "task";
  name: string;
  /**
   * How many texts to generate.
   */
  count: number;
}
/**
 * Texts that travel with the request.
 */
export interface RowExamples {
  source: "rows";
  rows: LabelledText[];
  /**
   * What is asked, as a phrase; None: "your own labels".
   */
  task: string | null;
  /**
   * What makes a group, as a phrase; None: a marked word, or a text.
   */
  grouped_by: string | null;
}
/**
 * A text with its class, and which stretch of it the class is about.
 */
export interface LabelledText {
  text: string;
  label: string;
  /**
   * Code point offset of the span; None: the class is of the whole text.
   */
  start: number | null;
  end: number | null;
  /**
   * Rows of one group are never split between training and test; the control task gives all of them one random label.
   */
  group: string;
}
/**
 * Does the model use what a probe reads at ``layer``? Its direction is changed, beside random ones.
 */
export interface ProbeTestRequest {
  kind: "probe_test";
  probe: ProbeRequest;
  /**
   * As in :class:`ProbeRequest`.
   */
  layer: number;
  /**
   * An answer for every class, classes in alphabetical order: a next token or a class of the model. None: only the whole distribution is compared.
   */
  answers: (number | string)[] | null;
  /**
   * The token that the probe reads, or every token.
   */
  where: "readout" | "every";
  /**
   * Most texts to test on.
   */
  examples: number;
  /**
   * Random directions; of fewer than 19 none could be said to be beaten at 5 %.
   */
  directions: number;
  /**
   * Job id for progress and cancel; set by the server, or by a host without one.
   */
  job: string | null;
}
/**
 * Body of every jobs reply. ``sequence`` grows with each change (long-poll with ``?after=``).
 */
export interface JobSnapshot {
  kind: "job";
  id: string;
  sequence: number;
  status: "queued" | "waiting_for_kernel" | "running" | "done" | "failed" | "cancelled";
  /**
   * Jobs of ours before this one on the same kernel.
   */
  ahead: number;
  /**
   * The user's own code holds the kernel.
   */
  kernel_busy: boolean;
  progress: Progress | null;
  result: Result | null;
  /**
   * E.g. version drift between server and kernel.
   */
  warnings: string[];
}
/**
 * Where a running job stands; at most five a second.
 */
export interface Progress {
  kind: "progress";
  job: string;
  fraction: number;
  stage: string;
  /**
   * A result that can be painted already.
   */
  partial: PartialResult | null;
}
/**
 * Answer to :class:`PatchRequest`; self-contained.
 */
export interface PatchResult {
  kind: "patching";
  /**
   * Version that made it.
   */
  glasspane: string;
  /**
   * torch, transformers, python.
   */
  versions: {
    [k: string]: string;
  };
  subject: SubjectCard;
  clean: PatchRun;
  corrupted: PatchRun;
  pairs: number;
  /**
   * The first token at which the two prompts (of any pair) differ.
   */
  first_difference: number;
  right: AnswerToken | null;
  wrong: AnswerToken | null;
  /**
   * Its name for people.
   */
  metric: string;
  direction: Direction;
  maps: PatchMap[];
  /**
   * Why there are no normalised values; None: there are.
   */
  refused: string | null;
  check: SweepCheck;
  /**
   * False: cancelled, or still under way.
   */
  complete: boolean;
  warnings: string[];
  cost: Cost;
  /**
   * The Python call that reproduces this result.
   */
  code: string;
  request: PatchRequest;
}
/**
 * One of the two prompts of the first pair, as the model reads it and continues it.
 */
export interface PatchRun {
  text: string;
  rendered: string | null;
  template: "chat" | "raw";
  segments: Segment[];
  tokens: Token[];
  predictions: Prediction[];
  /**
   * The metric of this prompt; of several pairs, the mean.
   */
  value: number;
}
/**
 * The metric with one activation patched, for every activation of one site; flat, the last axis running fastest.
 */
export interface PatchMap {
  site: SiteName;
  label: string;
  grid: GridName;
  axes: PatchAxis[];
  /**
   * The metric; of several pairs, its mean.
   */
  raw: number[];
  /**
   * 0: as in the corrupted run, 1: as in the clean one. None: refused, see the result.
   */
  normalised: number[] | null;
  /**
   * Lower end of the 95 % interval of the mean (raw); None: one pair.
   */
  low: number[] | null;
  high: number[] | null;
  /**
   * Cells whose value is a first-order estimate (attribution patching), not computed exactly.
   */
  estimated: number[];
}
/**
 * One axis of a map, and which layers, heads or positions lie along it.
 */
export interface PatchAxis {
  name: "layer" | "head" | "position";
  places: number[];
}
/**
 * Cells of the fast sweep, computed again one by one by whole forward passes with hooks.
 */
export interface SweepCheck {
  /**
   * How the exact cells that are shown were computed.
   */
  way: "fast" | "plain";
  cells: number;
  largest_difference: number;
  tolerance: number;
  sentence: string;
}
/**
 * Answer to :class:`ProbeRequest`; self-contained.
 */
export interface ProbeResult {
  kind: "probe";
  /**
   * Version that made it.
   */
  glasspane: string;
  /**
   * python, torch, transformers, scikit-learn.
   */
  versions: {
    [k: string]: string;
  };
  subject: SubjectCard;
  /**
   * What is asked, as a phrase, e.g. "part of speech".
   */
  task: string;
  /**
   * Which token's activation is read, as a phrase.
   */
  read_at: string;
  /**
   * What makes a group, as a phrase.
   */
  grouped_by: string;
  classes: ProbeClass[];
  examples: number;
  groups: number;
  /**
   * False: every group is one example, so the control task cannot be learned.
   */
  groups_repeat: boolean;
  /**
   * Some of the texts, of every class.
   */
  samples: LabelledText[];
  /**
   * Accuracy of always naming the largest class.
   */
  majority: number;
  layers: ProbeLayer[];
  /**
   * How many layers were asked for; None: those that are there.
   */
  asked: number | null;
  /**
   * False: cancelled, or still under way.
   */
  complete: boolean;
  /**
   * The layer with the highest accuracy, the first one of several.
   */
  best: number;
  sentence: string;
  /**
   * What the intervals are over, as a sentence.
   */
  intervals: string;
  warnings: string[];
  cost: Cost;
  /**
   * The Python call that reproduces this result.
   */
  code: string;
  request: ProbeRequest;
}
/**
 * One class, and how much of it there is.
 */
export interface ProbeClass {
  label: string;
  examples: number;
  groups: number;
  share: number;
}
/**
 * What the classifier at one place of the residual stream reached on examples it was not fitted on.
 *
 * Every ``low`` and ``high`` is a 95 % interval.
 */
export interface ProbeLayer {
  layer: number;
  /**
   * E.g. "resid_pre 3", or "resid_post 3" as it leaves the last layer.
   */
  site: string;
  /**
   * On groups that were not in training.
   */
  accuracy: number;
  low: number;
  high: number;
  /**
   * Mean over classes of the share that was recognised.
   */
  balanced_accuracy: number;
  /**
   * The same where folds split groups, as the control task must; what selectivity compares.
   */
  seen_accuracy: number;
  /**
   * On random labels, one for each group (Hewitt & Liang 2019), with those folds.
   */
  control_accuracy: number;
  control_low: number;
  control_high: number;
  /**
   * seen_accuracy − control_accuracy.
   */
  selectivity: number;
  selectivity_low: number;
  selectivity_high: number;
  /**
   * C of the classifier, chosen within folds: the middle of them.
   */
  regularisation: number;
  /**
   * Whether the interval of the accuracy lies above the majority.
   */
  decodable: boolean;
}
/**
 * Answer to :class:`SubjectsRequest`, most likely candidates first.
 */
export interface SubjectsResult {
  kind: "subjects";
  candidates: SubjectCandidate[];
  tokenizers: string[];
}
/**
 * Answer to :class:`TablesRequest`, in the order in which they were made.
 */
export interface TablesResult {
  kind: "tables";
  tables: Table[];
}
/**
 * A pandas DataFrame, or a list of dicts.
 */
export interface Table {
  /**
   * Its variable, as in :class:`FrameExamples`.
   */
  name: string;
  rows: number;
  /**
   * Those that have a text for a name, in order.
   */
  columns: string[];
}
/**
 * Answer to :class:`PromptValueRequest`, in the order asked.
 */
export interface PromptValueResult {
  kind: "prompt_value";
  values: HoleValue[];
}
/**
 * Answer to :class:`OutputPromptRequest`; ``prompt`` is None when nothing matches.
 */
export interface OutputPromptResult {
  kind: "output_prompt";
  prompt: string | null;
  completion: string | null;
  /**
   * Where the prompt was found, e.g. "variable prompt".
   */
  origin: string | null;
}
/**
 * Answer to :class:`WeightsRequest`.
 */
export interface WeightsResult {
  kind: "weights";
  weights: string;
}
/**
 * Answer to :class:`ReportRequest`.
 */
export interface ReportResult {
  kind: "report";
  html: string;
}
/**
 * Answer to :class:`PairTemplateRequest`.
 */
export interface PairTemplateResult {
  kind: "pair_template";
  subject: SubjectCard;
  template: PairTemplate;
  /**
   * Pairs that the words make.
   */
  combinations: number;
  /**
   * Which words became holes, and where the others come from.
   */
  sentence: string;
  warnings: string[];
  request: PairTemplateRequest;
}
/**
 * A pair whose holes are written as in ``str.format``; of a conversation, the text is its last message's.
 */
export interface PairTemplate {
  clean: string;
  corrupted: string;
  /**
   * None: the likeliest after each clean prompt.
   */
  right: string | null;
  /**
   * None: the likeliest after each corrupted prompt.
   */
  wrong: string | null;
  /**
   * By hole, what may stand there. No word stands in two holes of one pair.
   */
  words: {
    [k: string]: string[];
  };
}
/**
 * Answer to :class:`LensRequest`; self-contained.
 */
export interface LensResult {
  kind: "lens";
  /**
   * Version that made it.
   */
  glasspane: string;
  /**
   * torch, transformers, python.
   */
  versions: {
    [k: string]: string;
  };
  subject: SubjectCard;
  text: string;
  rendered: string | null;
  template: "chat" | "raw";
  segments: Segment[];
  tokens: Token[];
  /**
   * The table has a row more: the embedding.
   */
  layers: number;
  /**
   * The tokens that are the table's columns.
   */
  positions: number[];
  /**
   * The token after which the answer is read.
   */
  position: number;
  answer: AnswerToken;
  versus: AnswerToken | null;
  /**
   * How many of the likeliest tokens each cell has.
   */
  top: number;
  /**
   * Every token that is likeliest somewhere, by id.
   */
  texts: AnswerToken[];
  table: LensTable;
  /**
   * Layers after which the answer comes first, to stay; None: it is not first in the end.
   */
  answer_layer: number | null;
  /**
   * Layers after which the answer is likelier than the other one, to stay; None: it is not, or alone.
   */
  ahead_layer: number | null;
  /**
   * What the model itself says after each of the positions.
   */
  own: AnswerToken[];
  /**
   * Layers after which that comes first, to stay.
   */
  own_layers: number[];
  /**
   * When the answer appears, and what adds most to it.
   */
  sentences: string[];
  direct: DirectAttribution | null;
  warnings: string[];
  cost: Cost;
  /**
   * The Python call that reproduces this result.
   */
  code: string;
  request: LensRequest;
}
/**
 * What the residual stream says, decoded by the final norm and the unembedding.
 *
 * Flat, [row, position] with positions running fastest; row l is the stream after l layers, so that row 0 is the
 * embedding and the last one what the model itself says. ``top_ids`` and ``top_probabilities`` have ``top`` entries
 * per cell, the likeliest first.
 */
export interface LensTable {
  top_ids: number[];
  top_probabilities: number[];
  /**
   * Of the next-token distribution, in nats.
   */
  entropy: number[];
  /**
   * KL(the model's own prediction ‖ this row's), in nats.
   */
  divergence: number[];
  answer_probability: number[];
  /**
   * 1: no token is likelier.
   */
  answer_rank: number[];
  versus_probability: number[] | null;
  versus_rank: number[] | null;
  /**
   * Rank of what the model itself says in the end at this position.
   */
  own_rank: number[];
}
/**
 * Answer to :class:`ProbeTestRequest`; self-contained.
 */
export interface ProbeTestResult {
  kind: "probe_test";
  /**
   * Version that made it.
   */
  glasspane: string;
  subject: SubjectCard;
  task: string;
  layer: number;
  site: string;
  /**
   * Classes in the order of ``answers``.
   */
  labels: string[];
  /**
   * Their answers as text; empty: none were given.
   */
  answers: string[];
  /**
   * Of the direction: one less than there are classes.
   */
  dimensions: number;
  /**
   * Texts that the direction was fitted on, in other groups than …
   */
  fitted_on: number;
  /**
   * … the texts that it was tested on.
   */
  tested_on: number;
  /**
   * Of the probe on all texts that were held out.
   */
  accuracy: number;
  accuracy_low: number;
  accuracy_high: number;
  /**
   * Accuracy of always naming the largest class among them.
   */
  majority: number;
  /**
   * Which predictions are compared, as a phrase.
   */
  measured: string;
  /**
   * Which activations are changed, as a phrase.
   */
  changed: string;
  directions: number;
  changes: ProbeChange[];
  /**
   * Whether the probe reads the classes and any of the changes shows that it is used.
   */
  used: boolean;
  sentence: string;
  warnings: string[];
  cost: Cost;
  /**
   * The Python call that reproduces this result.
   */
  code: string;
  request: ProbeTestRequest;
}
/**
 * One way of changing the probe's direction, and what it does.
 */
export interface ProbeChange {
  name: ProbeIntervention;
  label: string;
  /**
   * Mean L2 norm of the change.
   */
  size: number;
  /**
   * The same divided by the mean norm of the stream there.
   */
  relative_size: number;
  effects: ProbeEffect[];
  /**
   * Whether the predictions change more than along random directions: the interval of the difference of KL lies above 0, and at most 5 % of the random directions do as much.
   */
  used: boolean;
}
/**
 * One measure of what an intervention changes, beside random directions with changes of the same size.
 *
 * ``low`` and ``high``: 95 % interval of a mean over texts, by groups.
 */
export interface ProbeEffect {
  name: "kl" | "top_probability" | "answer_difference";
  label: string;
  unit: string;
  value: number;
  low: number;
  high: number;
  random_mean: number;
  /**
   * 95 % of the random directions are between this …
   */
  random_low: number;
  /**
   * … and this.
   */
  random_high: number;
  /**
   * Size of the effect beyond the mean size of random ones.
   */
  difference: number;
  difference_low: number;
  difference_high: number;
  /**
   * Share of random directions with an effect as large or larger.
   */
  as_large: number;
}
