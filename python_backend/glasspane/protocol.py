"""The one vocabulary shared by every host, the server and the kernel.

A *request* travels from a host (JupyterLab, VS Code, the command line, Python)
to :func:`glasspane.kernel.entry.run`; a *result* or an *error* comes back;
*progress* is sent on the way. Everything is JSON. The TypeScript types in
``extension_frontend/core/src/protocol.ts`` are generated from this module, so a
field is named here once and nowhere else.

Offsets are counted in Unicode code points, half open (``start <= i < end``);
editors convert to UTF-16 at their own border.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from typing_extensions import TypeAliasType

MIME_TYPE = "application/vnd.glasspane.v1+json"
"""Output type of a stored result; always beside text/html, an image and text/plain."""

PROGRESS_MIME_TYPE = "application/vnd.glasspane.progress.v1+json"
"""Progress on the kernel's iopub channel; never stored in a notebook."""

ANSWER_MIME_TYPE = "application/vnd.glasspane.answer.v1+json"
"""A :data:`Result` as a displayed output, for hosts that can read nothing else; never stored in a notebook."""

LARGEST_REQUEST = 4 * 1024 * 1024
"""Bytes of a request: far beyond any prompt a model can read, far below what would hurt."""

CANCEL_COMM_TARGET = "glasspane.cancel"
"""Comm target whose ``comm_open`` (data: ``{"job": id}``) cancels that job."""


class Message(BaseModel):
    """Base of everything on the wire: unknown fields are refused, so typos surface."""

    model_config = ConfigDict(extra="forbid", json_schema_serialization_defaults_required=True)


# ── what is explained ────────────────────────────────────────────────────────


class KernelSubject(Message):
    """A model (and tokenizer) the user already holds, named by Python expressions.

    ``model`` and ``tokenizer`` are dotted/indexed names in the user's namespace as
    reported by a :class:`SubjectsResult`, e.g. ``"pipe.model"``; never arbitrary code.
    """

    source: Literal["kernel"] = "kernel"
    model: str
    tokenizer: str | None = None


class BundledSubject(Message):
    """A model that ships with Glasspane (``demo-lm``, ``demo-lm-posthoc``, ``demo-sentiment``)."""

    source: Literal["bundled"] = "bundled"
    name: str


class FolderSubject(Message):
    """A local folder in the Hugging Face layout (config, safetensors, tokenizer)."""

    source: Literal["folder"] = "folder"
    path: str


class HubSubject(Message):
    """A model id on the Hugging Face hub, loaded in the kernel with safetensors only."""

    source: Literal["hub"] = "hub"
    id: str
    revision: str | None = None


class AutoSubject(Message):
    """Whatever single model/tokenizer pair the user's namespace holds."""

    source: Literal["auto"] = "auto"


SubjectRef = TypeAliasType(
    "SubjectRef",
    Annotated[
        KernelSubject | BundledSubject | FolderSubject | HubSubject | AutoSubject,
        Field(discriminator="source"),
    ],
)

Family = TypeAliasType("Family", Literal["causal_lm", "sequence_classifier", "masked_lm", "encoder_decoder"])


class SubjectCard(Message):
    """What a person needs to know about the model that was explained."""

    name: str
    ref: SubjectRef
    family: Family
    architecture: str = Field(description='Class of the model, e.g. "GPT2LMHeadModel".')
    parameters: int = Field(description="Number of parameters, tied ones once.")
    device: str = Field(description='"cpu", "cuda:0", "mps"; several joined by ", ".')
    dtype: str = Field(description='"float32", "bfloat16", …')
    context_length: int | None = Field(description="Longest prompt in tokens, if bounded.")
    vocabulary_size: int
    chat_template: bool
    wrappers: list[str] = Field(
        default_factory=list, description='Wrappers explained through, outermost first, e.g. ["PeftModel"].'
    )
    tokenizer_match: str = Field(description="How the tokenizer was paired with the model, as a phrase.")
    labels: list[str] = Field(default_factory=list, description="Class names of a classifier.")
    weights: str = Field(description="Fingerprint of the weights; changes when they do.")


class SubjectCandidate(Message):
    """A model found in the user's namespace, and how its tokenizer was matched."""

    ref: KernelSubject
    label: str
    architecture: str
    family: Family | None = Field(description="None: found, but not a kind that can be explained.")
    parameters: int
    device: str
    dtype: str
    tokenizer_match: str | None = Field(description="None: no tokenizer is certain; the person must choose.")
    tokenizers: list[str] = Field(description="Tokenizer expressions to choose from.")


# ── the prompt ───────────────────────────────────────────────────────────────


class ChatMessage(Message):
    """One turn of a conversation."""

    role: str
    content: str


class TextPrompt(Message):
    """A plain string. ``template`` says how a chat model reads it."""

    form: Literal["text"] = "text"
    text: str
    template: Literal["ask", "chat", "raw"] = Field(
        default="raw",
        description='"chat": as a user message through the chat template; "raw": as it stands; '
        '"ask": answer with the error needs_template_choice if the model has a template.',
    )


class MessagesPrompt(Message):
    """A conversation, rendered through the model's own chat template."""

    form: Literal["messages"] = "messages"
    messages: list[ChatMessage] = Field(min_length=1)


Prompt = TypeAliasType("Prompt", Annotated[TextPrompt | MessagesPrompt, Field(discriminator="form")])


# ── the target ───────────────────────────────────────────────────────────────


class TopTarget(Message):
    """The most likely next token, or the most likely class."""

    kind: Literal["top"] = "top"


class TokenTarget(Message):
    """One chosen next token: its text (must be exactly one token) or its id."""

    kind: Literal["token"] = "token"
    token: int | str


class ContrastTarget(Message):
    """``token`` rather than ``versus``: the difference of their scores. Works for classes too."""

    kind: Literal["contrast"] = "contrast"
    token: int | str
    versus: int | str


class ClassTarget(Message):
    """A class of a classifier: its label or index."""

    kind: Literal["class"] = "class"
    label: int | str


class CompletionTarget(Message):
    """A continuation: the sum of its tokens' scores, or each of them, given what precedes it."""

    kind: Literal["completion"] = "completion"
    text: str | None = Field(
        default=None, min_length=1, description="None: what the model itself would say, greedily."
    )
    each: bool = Field(default=False, description="A row of scores for every token instead of their sum.")
    tokens: int = Field(
        default=16, ge=1, le=256, description="Most tokens to generate where no text is given."
    )


Target = TypeAliasType(
    "Target",
    Annotated[
        TopTarget | TokenTarget | ContrastTarget | ClassTarget | CompletionTarget, Field(discriminator="kind")
    ],
)

ScoreFunction = TypeAliasType("ScoreFunction", Literal["logit", "log_prob", "prob"])

OptionValue = TypeAliasType("OptionValue", bool | int | float | str)


# ── requests ─────────────────────────────────────────────────────────────────


class HelloRequest(Message):
    """Which Glasspane, Python and packages live in this kernel?"""

    kind: Literal["hello"] = "hello"


class CatalogueRequest(Message):
    """Which methods and bundled models can be asked for? For hosts without a server of ours."""

    kind: Literal["catalogue"] = "catalogue"


class SubjectsRequest(Message):
    """Which models and tokenizers does the user's namespace hold? Runs none of the user's code."""

    kind: Literal["subjects"] = "subjects"


class HoleExpression(Message):
    """The expression of one f-string hole, e.g. ``name`` of ``f"Hello {name!r:>10}"``."""

    source: str
    conversion: Literal["", "s", "r", "a"] = ""
    format_spec: str = Field(default="", description="Literal format spec; nested holes already resolved.")


class PromptValueRequest(Message):
    """Values from the user's namespace that a prompt is made of.

    Names and literals are read at once. An expression that calls, indexes or reads an
    attribute may have effects: without ``consent`` it is answered with status
    ``needs_consent`` and not evaluated.
    """

    kind: Literal["prompt_value"] = "prompt_value"
    expressions: list[HoleExpression]
    consent: bool = False


class OutputPromptRequest(Message):
    """Which prompt begins this cell output? ``candidates`` are the literals of its cell.

    String values of the user's namespace are tried too; the longest that the output
    starts with (after whitespace) is the prompt and the rest is the completion.
    """

    kind: Literal["output_prompt"] = "output_prompt"
    output: str
    candidates: list[str] = Field(default_factory=list)


class WeightsRequest(Message):
    """The current weights fingerprint of a subject, to tell whether drawn heat is stale."""

    kind: Literal["weights"] = "weights"
    subject: SubjectRef


class ExplainRequest(Message):
    """Attribute ``target`` to the prompt's tokens."""

    kind: Literal["explain"] = "explain"
    subject: SubjectRef = Field(default_factory=AutoSubject)
    prompt: Prompt
    method: str = "integrated_gradients"
    options: dict[str, OptionValue] = Field(default_factory=dict)
    target: Target = Field(default_factory=TopTarget)
    score: ScoreFunction = "logit"
    job: str | None = Field(
        default=None,
        description="Job id for progress and cancel; set by the server, or by a host without one.",
    )


class OverviewView(Message):
    """Every head in figures: how spread its attention is, and on what it rests."""

    show: Literal["overview"] = "overview"


class HeadView(Message):
    """What one head reads, [query, key]; the matrix is quantised, the rows asked for are exact."""

    show: Literal["head"] = "head"
    layer: int = Field(ge=0, description="First layer: 0.")
    head: int = Field(ge=0, description="First head: 0.")
    token: int | None = Field(
        default=None, ge=0, description="A token whose exact weights are wanted: what it reads, who reads it."
    )
    without_sink: bool = Field(
        default=False,
        description="Leave out the first token and let every row's other weights add up to 1 again. "
        "Rows that read nothing else become 0.",
    )
    matrix: bool = Field(default=True, description="False: only the exact rows of ``token``.")
    bits: Literal[8, 16] = Field(default=16, description="Bits of each weight of the matrix.")


class RolloutView(Message):
    """Attention rollout (Abnar & Zuidema 2020) over all layers, [query, token], quantised."""

    show: Literal["rollout"] = "rollout"
    token: int | None = Field(
        default=None, ge=0, description="A token whose exact row and column are wanted."
    )
    matrix: bool = Field(default=True, description="False: only the exact rows of ``token``.")
    bits: Literal[8, 16] = Field(default=16, description="Bits of each share of the matrix.")


class ResidualView(Message):
    """The residual stream layer by layer: its size, what attention and MLP wrote, and from where to where."""

    show: Literal["residual"] = "residual"
    lines: int = Field(
        default=40, ge=0, le=2000, description="How many of the strongest contributions to keep per layer."
    )


AttentionView = TypeAliasType(
    "AttentionView",
    Annotated[OverviewView | HeadView | RolloutView | ResidualView, Field(discriminator="show")],
)


class AttentionRequest(Message):
    """Where does the model look? One view at a time, so that long prompts stay affordable."""

    kind: Literal["attention"] = "attention"
    subject: SubjectRef = Field(default_factory=AutoSubject)
    prompt: Prompt
    view: AttentionView = Field(default_factory=OverviewView)
    target: Target = Field(
        default_factory=TopTarget,
        description="What the overview's gradient check explains; a completion is read behind the prompt.",
    )
    score: ScoreFunction = "logit"
    job: str | None = Field(
        default=None,
        description="Job id for progress and cancel; set by the server, or by a host without one.",
    )


class CheckRequest(Message):
    """How far is an explanation to be trusted? ``explain`` is computed first, or taken from what is kept."""

    kind: Literal["check"] = "check"
    explain: ExplainRequest
    replacement: str = Field(
        default="default",
        description="What stands for a token left out: default, mask, pad, drop, or the text of one token.",
    )
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="Of everything that is drawn.")
    rankings: int = Field(
        default=40,
        ge=40,
        le=1000,
        description="Random rankings to stand beside it; fewer have no 95 % interval by rank. "
        "More are taken where they cost nothing.",
    )
    job: str | None = Field(
        default=None,
        description="Job id for progress and cancel; set by the server, or by a host without one.",
    )


Request = TypeAliasType(
    "Request",
    Annotated[
        HelloRequest
        | CatalogueRequest
        | SubjectsRequest
        | PromptValueRequest
        | OutputPromptRequest
        | WeightsRequest
        | ExplainRequest
        | AttentionRequest
        | CheckRequest,
        Field(discriminator="kind"),
    ],
)


# ── the method table, as hosts see it ────────────────────────────────────────


class MethodOption(Message):
    """One option of a method: hosts make a form field of it."""

    name: str
    label: str
    help: str
    type: Literal["integer", "number", "choice", "text", "boolean"]
    default: OptionValue
    minimum: float | None = None
    maximum: float | None = None
    choices: list[str] = Field(
        default_factory=list, description="For type text: suggestions, free text allowed."
    )


class MethodSpec(Message):
    """One row of the method table."""

    name: str
    label: str
    summary: str
    signed: bool
    families: list[Family]
    options: list[MethodOption]
    debugging_aid: bool = Field(description="True: shows where the model looks, not what changes its answer.")
    reference: str


class BundledModel(Message):
    """A shipped model, as listed in a :class:`Catalogue`."""

    name: str
    summary: str
    family: Family
    parameters: int


class Catalogue(Message):
    """What can be asked for: body of ``GET glasspane/api/catalogue``, and answer to :class:`CatalogueRequest`."""

    kind: Literal["catalogue"] = "catalogue"
    glasspane: str
    methods: list[MethodSpec]
    models: list[BundledModel]


# ── results ──────────────────────────────────────────────────────────────────


class HelloResult(Message):
    """Answer to :class:`HelloRequest`."""

    kind: Literal["hello"] = "hello"
    glasspane: str
    python: str
    executable: str
    packages: dict[str, str | None] = Field(description="Version of torch, transformers, …; None = absent.")
    subshells: bool


class SubjectsResult(Message):
    """Answer to :class:`SubjectsRequest`, most likely candidates first."""

    kind: Literal["subjects"] = "subjects"
    candidates: list[SubjectCandidate]
    tokenizers: list[str]


class HoleValue(Message):
    """The value of one expression, formatted as the f-string would.

    ``not_text``: its text is a bare ``<function f at 0x7f…>`` or the like, which no prompt means.
    """

    source: str
    status: Literal["value", "needs_consent", "failed", "not_text"]
    text: str | None = None
    messages: list[ChatMessage] | None = Field(
        default=None, description="Set when the value is a list of chat messages."
    )
    problem: str | None = Field(default=None, description="Why it failed, as a sentence.")


class PromptValueResult(Message):
    """Answer to :class:`PromptValueRequest`, in the order asked."""

    kind: Literal["prompt_value"] = "prompt_value"
    values: list[HoleValue]


class OutputPromptResult(Message):
    """Answer to :class:`OutputPromptRequest`; ``prompt`` is None when nothing matches."""

    kind: Literal["output_prompt"] = "output_prompt"
    prompt: str | None
    completion: str | None
    origin: str | None = Field(description='Where the prompt was found, e.g. "variable prompt".')


class WeightsResult(Message):
    """Answer to :class:`WeightsRequest`."""

    kind: Literal["weights"] = "weights"
    weights: str


class Token(Message):
    """One input token. Byte-level tokens that share a character share its span."""

    index: int
    id: int
    text: str = Field(description="The characters it covers (special tokens: their name).")
    start: int = Field(description="Code point offset in the result's text; start = end if it covers none.")
    end: int
    special: bool = Field(
        description="Added by the tokenizer or the chat template, not written by the person."
    )
    segment: int | None = Field(default=None, description="Index into the result's segments.")


class Segment(Message):
    """A stretch of the text with a role: a chat message, or the completion."""

    role: str
    start: int
    end: int


class Prediction(Message):
    """A likely next token, or a class."""

    id: int
    text: str
    probability: float
    logit: float


class TargetPiece(Message):
    """One token of what was explained, where each has a row of scores of its own."""

    id: int
    text: str
    start: int = Field(description="Code point offset in the result's text.")
    end: int
    value: float = Field(description="Its score, given what precedes it.")
    probability: float


class TargetCard(Message):
    """What was explained, resolved: the token ids, their text and the value of the score."""

    kind: Literal["token", "contrast", "class", "completion"]
    text: str = Field(description='E.g. " Paris", or " Paris − Rome" for a contrast.')
    ids: list[int]
    versus_ids: list[int] = Field(default_factory=list)
    versus_text: str | None = Field(default=None, description="The other side of a contrast.")
    score: ScoreFunction
    value: float = Field(description="The score (or difference of scores) on the prompt.")
    probability: float | None = Field(description="Probability of the token, class or completion.")
    pieces: list[TargetPiece] = Field(
        default_factory=list, description="The row of scores each belongs to; empty where there is one row."
    )


class MethodCard(Message):
    """Which method ran, with every option resolved."""

    name: str
    label: str
    signed: bool
    options: dict[str, OptionValue]
    baseline: str | None = Field(default=None, description="What stands for absence, as a phrase.")
    note: str | None = Field(default=None, description="What this method can and cannot say.")


class Checks(Message):
    """Evidence of how far to trust the scores. None = does not apply to this method."""

    completeness_gap: float | None = Field(
        default=None, description="|sum of scores − (f(x) − f(baseline))| / |f(x) − f(baseline)|."
    )
    completeness_difference: float | None = Field(
        default=None, description="The same gap with its sign, in units of the score."
    )
    baseline_value: float | None = Field(default=None, description="f(baseline) in units of the score.")
    steps: int | None = Field(default=None, description="Path points, samples or maskings used.")
    converged: bool | None = Field(default=None, description="Whether the stopping rule was met.")
    largest_move: float | None = Field(
        default=None,
        description="Largest change of a score at the last doubling, relative to the largest score.",
    )
    sink_share: float | None = Field(
        default=None, description="Share of |score| (or attention) on special tokens and the first position."
    )
    surrogate_r2: float | None = Field(
        default=None, description="Share of the maskings' variance that the fitted linear model explains."
    )
    complete: bool = Field(default=True, description="False: cancelled or interrupted; a partial result.")


class Cost(Message):
    """What the answer cost."""

    seconds: float
    stages: dict[str, float] = Field(default_factory=dict, description="Seconds by stage.")
    forwards: int = Field(default=0, description="Rows pushed forward through the model.")
    backwards: int = Field(default=0, description="Rows pushed backward through the model.")
    cached: bool = False


class AttributionResult(Message):
    """Scores of every input token for one or more targets; self-contained."""

    kind: Literal["attribution"] = "attribution"
    glasspane: str = Field(description="Version that made it.")
    versions: dict[str, str] = Field(description="torch, transformers, python.")
    subject: SubjectCard
    text: str = Field(description="The text that token offsets refer to.")
    rendered: str | None = Field(
        default=None, description="What the model read, when the chat template changed the text."
    )
    template: Literal["chat", "raw"] = "raw"
    segments: list[Segment] = Field(default_factory=list)
    tokens: list[Token]
    target: TargetCard
    predictions: list[Prediction] = Field(description="Most likely next tokens or classes, best first.")
    method: MethodCard
    scores: list[list[float]] = Field(description="One row per target, one number per token.")
    margins: list[list[float]] | None = Field(
        default=None,
        description="Half the width of each score's 95 % interval; None: not estimated by sampling.",
    )
    checks: Checks
    warnings: list[str]
    cost: Cost
    code: str = Field(description="The Python call that reproduces this result.")
    request: ExplainRequest = Field(description="The request that gives this result again.")


class Matrix(Message):
    """Numbers for drawing, row by row: number = code × ``step``, codes little-endian in base64.

    ``uint8`` and ``uint16`` codes are rounded, so a number is off by at most half a ``step``;
    ``float32`` is exact (``step`` 1).
    """

    rows: int
    columns: int
    encoding: Literal["uint8", "uint16", "float32"]
    step: float
    data: str


class HeadFigures(Message):
    """One attention head in figures, each a mean over the queries that can read more than one token.

    (A causal model's first token can only read itself: it says nothing about the head.)
    """

    layer: int
    head: int
    entropy: float = Field(description="−Σ w·ln w of a query's weights w, in nats.")
    entropy_share: float = Field(
        description="The same divided by ln(number of tokens that the query can read): 0 to 1, 1 = uniform."
    )
    sink_share: float = Field(description="Weight on the first token (BOS, [CLS] or the first word).")
    special_share: float = Field(description="Weight on all tokens that were added, not written.")
    diagonal_share: float = Field(description="Weight of a token on itself.")
    previous_share: float = Field(description="Weight on the token before.")
    gradient_correlation: float | None = Field(
        description="Spearman rank correlation of what the deciding positions read with |gradient × input|; "
        "None where there is no gradient, or nothing to rank."
    )


class AttentionOverview(Message):
    """Answer to :class:`OverviewView`."""

    show: Literal["overview"] = "overview"
    layers: int
    heads: list[HeadFigures] = Field(description="Layer by layer, head by head.")
    deciding: list[int] = Field(
        description="Queries that the rank correlations are about (their mean); "
        "empty: all of an encoder–decoder's encoder."
    )
    gradient_correlation: float | None = Field(description="The same of the mean over all heads.")


class TokenReading(Message):
    """Exact numbers of one token, for a hover."""

    token: int
    reads: list[float] = Field(description="Its row: how much it takes from every token.")
    read_by: list[float] = Field(description="Its column: how much every token takes from it.")


class HeadDetail(Message):
    """Answer to :class:`HeadView`."""

    show: Literal["head"] = "head"
    layer: int
    head: int
    layers: int
    heads: int = Field(description="Heads of this layer.")
    weights: Matrix | None = Field(description="[query, key].")
    without_sink: bool
    sink: list[float] = Field(
        description="Exact weight of every query on the first token, before it is left out."
    )
    exact: TokenReading | None


class AttentionRollout(Message):
    """Answer to :class:`RolloutView`."""

    show: Literal["rollout"] = "rollout"
    layers: int
    shares: Matrix | None = Field(description="[query, token]; rows add up to 1.")
    exact: TokenReading | None


class Contribution(Message):
    """What ``target`` took from ``source`` in one layer, all heads together.

    ``strength`` = ‖Σ_h α_h·(v_h W_O,h)‖₂, summed over heads, W_O without its bias (Kobayashi et al. 2020,
    arXiv:2004.10102), before any normalisation that follows the projection.
    """

    layer: int
    source: int = Field(description="Token whose vector, as it enters the layer, is read.")
    target: int = Field(description="Token that reads.")
    strength: float
    share: float = Field(description="Strength divided by all that the target took in this layer.")


class ResidualStream(Message):
    """Answer to :class:`ResidualView`. Sizes are L2 norms, exact (float32)."""

    show: Literal["residual"] = "residual"
    layers: int
    stream: Matrix = Field(
        description="[layer + 1, token]: size as it enters each layer; last row: as it leaves the last one."
    )
    attention: Matrix = Field(description="[layer, token]: size of what attention added.")
    mlp: Matrix = Field(description="[layer, token]: size of what the MLP added.")
    attention_relative: Matrix = Field(description="``attention`` divided by ``stream`` entering that layer.")
    mlp_relative: Matrix = Field(description="``mlp`` divided by ``stream`` entering that layer.")
    normalised: bool = Field(
        description="True: the stream is normalised after every addition (BERT), so it does not grow."
    )
    lines: list[Contribution] = Field(description="Layer by layer, strongest first.")


AttentionAnswer = TypeAliasType(
    "AttentionAnswer",
    Annotated[
        AttentionOverview | HeadDetail | AttentionRollout | ResidualStream, Field(discriminator="show")
    ],
)


class AttentionResult(Message):
    """One view of where the model looks; self-contained."""

    kind: Literal["attention"] = "attention"
    glasspane: str = Field(description="Version that made it.")
    subject: SubjectCard
    text: str = Field(description="The text that token offsets refer to.")
    rendered: str | None = Field(
        default=None, description="What the model read, when the chat template changed the text."
    )
    template: Literal["chat", "raw"] = "raw"
    segments: list[Segment] = Field(default_factory=list)
    tokens: list[Token] = Field(
        description="What rows and columns stand for; of an encoder–decoder, what its encoder reads."
    )
    target: TargetCard | None = Field(description="What the gradient check explained; None without one.")
    answer: AttentionAnswer
    note: str = Field(description="What this view can and cannot say; to be shown beside it.")
    warnings: list[str]
    cost: Cost
    code: str = Field(description="The Python call that reproduces this result.")
    request: AttentionRequest = Field(description="The request that gives this result again.")


Verdict = TypeAliasType(
    "Verdict", Literal["better than random", "no better than random", "worse than random"]
)


class FigureAt(Message):
    """A figure with the strongest ``percent`` of the tokens left out (or kept), beside random rankings."""

    percent: int
    tokens: int = Field(description="How many tokens that is here, at least one.")
    value: float
    random_mean: float
    random_low: float
    random_high: float


class FaithfulnessFigure(Message):
    """One measure of how far the scores say what the model does, beside the same of random rankings.

    ``value`` None: it cannot be given here, and ``sentence`` says why.
    """

    name: str
    label: str
    value: float | None
    direction: Literal["higher", "lower"] = Field(description="Which is better.")
    unit: str = Field(description='E.g. "probability".')
    random_mean: float | None
    random_low: float | None = Field(description="95 % of random rankings are between this …")
    random_high: float | None = Field(description="… and this.")
    as_good: float | None = Field(description="Share of random rankings that do as well or better.")
    verdict: Verdict | None
    sentence: str
    replacement: str = Field(description="What is put in place of what is left out, as a phrase.")
    reference: str
    at: list[FigureAt] = Field(
        default_factory=list, description="Where the value is a mean over thresholds: each of them."
    )


class FaithfulnessCurve(Message):
    """The answer's probability as tokens are left out or put in, strongest first."""

    name: Literal["deletion", "insertion"]
    fractions: list[float] = Field(description="Share of the tokens left out (or put in).")
    values: list[float]
    random_mean: list[float]
    random_low: list[float]
    random_high: list[float]


class FaithfulnessResult(Message):
    """Answer to :class:`CheckRequest`: how far the scores are faithful to the model, and how sure the model is."""

    kind: Literal["faithfulness"] = "faithfulness"
    glasspane: str = Field(description="Version that made it.")
    subject: SubjectCard
    method: MethodCard = Field(description="Of the scores that were checked.")
    target: TargetCard
    figures: list[FaithfulnessFigure]
    curves: list[FaithfulnessCurve]
    measured: str = Field(description='What falls and rises, e.g. "the probability of “ Paris”".')
    replacement: str = Field(description="What stands for a token left out, as a phrase.")
    ranked: str = Field(description="In which order tokens were left out, as a phrase.")
    tokens: int = Field(description="How many tokens could be left out.")
    rankings: int = Field(description="How many random rankings stand beside it.")
    every_ranking: bool = Field(description="Whether those are all that there are.")
    verdict: Verdict = Field(description="Of the figures by leaving tokens out, taken together.")
    beats: float = Field(description="Share of random rankings that do worse, the figures taken together.")
    sentence: str
    confidence: float | None = Field(description="The model's own probability of what was explained.")
    confidence_sentence: str
    maskings: int = Field(description="Masked prompts that were evaluated, each once.")
    maskings_asked: int = Field(description="Masked prompts that the definitions ask for, one by one.")
    warnings: list[str]
    cost: Cost
    code: str = Field(description="The Python calls that reproduce this result.")
    request: CheckRequest


class CheckedAttribution(Message):
    """An explanation with its check, as ``glasspane explain --check --json`` prints it."""

    kind: Literal["checked_attribution"] = "checked_attribution"
    attribution: AttributionResult
    faithfulness: FaithfulnessResult


ErrorCode = TypeAliasType(
    "ErrorCode",
    Literal[
        "no_prompt",
        "empty_prompt",
        "prompt_too_long",
        "not_one_token",
        "unknown_target",
        "unknown_method",
        "bad_option",
        "bad_request",
        "not_allowed",
        "no_subject",
        "several_subjects",
        "no_tokenizer",
        "unsupported_model",
        "load_failed",
        "needs_template_choice",
        "non_finite",
        "not_enough_memory",
        "cancelled",
        "kernel_dead",
        "kernel_restarted",
        "kernel_not_found",
        "not_python",
        "glasspane_missing",
        "glasspane_too_old",
        "job_not_found",
        "too_many_jobs",
        "internal",
    ],
)


class ErrorResult(Message):
    """Something could not be done: a sentence for the person and the next step."""

    kind: Literal["error"] = "error"
    code: ErrorCode
    message: str
    next_step: str
    pieces: list[str] = Field(
        default_factory=list, description="Token pieces of a target that is not one token."
    )
    candidates: list[SubjectCandidate] = Field(default_factory=list)
    tokenizers: list[str] = Field(default_factory=list)
    command: str | None = Field(default=None, description="An exact command line that mends it.")
    detail: str | None = Field(default=None, description="For the log; never shown first.")


Result = TypeAliasType(
    "Result",
    Annotated[
        HelloResult
        | Catalogue
        | SubjectsResult
        | PromptValueResult
        | OutputPromptResult
        | WeightsResult
        | AttributionResult
        | AttentionResult
        | FaithfulnessResult
        | ErrorResult,
        Field(discriminator="kind"),
    ],
)


class Progress(Message):
    """Where a running job stands; at most five a second."""

    kind: Literal["progress"] = "progress"
    job: str
    fraction: float = Field(ge=0, le=1)
    stage: str
    partial: AttributionResult | None = None


# ── jobs on the Jupyter server ───────────────────────────────────────────────


class KernelPlace(Message):
    """Run in this kernel of the server."""

    place: Literal["kernel"] = "kernel"
    kernel_id: str


class DedicatedPlace(Message):
    """Run in Glasspane's own kernel, started on first use."""

    place: Literal["dedicated"] = "dedicated"


Place = TypeAliasType("Place", Annotated[KernelPlace | DedicatedPlace, Field(discriminator="place")])


class JobRequest(Message):
    """Body of ``POST glasspane/api/jobs``."""

    place: Place
    request: Request


class JobSnapshot(Message):
    """Body of every jobs reply. ``sequence`` grows with each change (long-poll with ``?after=``)."""

    kind: Literal["job"] = "job"
    id: str
    sequence: int
    status: Literal["queued", "waiting_for_kernel", "running", "done", "failed", "cancelled"]
    ahead: int = Field(default=0, description="Jobs of ours before this one on the same kernel.")
    kernel_busy: bool = Field(default=False, description="The user's own code holds the kernel.")
    progress: Progress | None = None
    result: Result | None = None
    warnings: list[str] = Field(
        default_factory=list, description="E.g. version drift between server and kernel."
    )


WIRE_MODELS: tuple[type[BaseModel], ...] = (
    JobRequest,
    JobSnapshot,
    Progress,
    AttributionResult,
    FaithfulnessResult,
    Catalogue,
)
"""Roots from which the TypeScript types are generated; everything else hangs below them."""

REQUEST: TypeAdapter[Any] = TypeAdapter(Request)
RESULT: TypeAdapter[Any] = TypeAdapter(Result)


def wire_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of every wire model, one definition each."""
    from pydantic.json_schema import models_json_schema

    _, schema = models_json_schema(
        [(model, "serialization") for model in WIRE_MODELS], title="Glasspane protocol"
    )
    return schema
