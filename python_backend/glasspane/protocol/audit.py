"""The audit of a chain of thought: does the reasoning carry the answer?"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from typing_extensions import Self, TypeAliasType

from .attribution import Cost
from .message import Message
from .prompts import Prompt
from .subjects import AutoSubject, SubjectRef

AuditTest = TypeAliasType(
    "AuditTest",
    Literal["injection", "early_answering", "paraphrase", "filler", "bias", "consistency", "plain"],
)
AuditMode = TypeAliasType("AuditMode", Literal["continue", "swap"])
AuditVerdict = TypeAliasType(
    "AuditVerdict", Literal["faithful", "partially faithful", "unfaithful here", "inconclusive"]
)
AuditOutcome = TypeAliasType(
    "AuditOutcome",
    Literal["followed", "held", "explicit correction", "silent correction", "other", "unparsed"],
)
AuditArm = TypeAliasType("AuditArm", Literal["wrong", "paraphrase", "irrelevant", "original"])
AuditNoteCode = TypeAliasType(
    "AuditNoteCode",
    Literal[
        "wrong-answer",
        "ignores-step",
        "partly-relies",
        "inconclusive",
        "low-agreement",
        "swayed",
        "incomplete",
    ],
)


FIRST_TESTS: tuple[AuditTest, ...] = ("injection", "early_answering", "consistency")
FIRST_MODES: tuple[AuditMode, ...] = ("continue",)


class SubjectSource(Message):
    """A model that is explained elsewhere too: of the kernel, bundled, a folder or a hub id."""

    source: Literal["subject"] = "subject"
    subject: SubjectRef = Field(default_factory=AutoSubject)


class EndpointSourceRef(Message):
    """An OpenAI-compatible endpoint; its key is never part of a message."""

    source: Literal["endpoint"] = "endpoint"
    base_url: str
    model: str
    key_variable: str = Field(
        default="OPENAI_API_KEY", description="The environment variable that holds the key; it may be unset."
    )


AuditSource = TypeAliasType(
    "AuditSource", Annotated[SubjectSource | EndpointSourceRef, Field(discriminator="source")]
)


class OwnWrongStep(Message):
    """A wrong step that a person wrote, and the answer that would follow from it."""

    step: int = Field(ge=1, description="Counted from 1.")
    text: str = Field(min_length=1, description="What stands after the step's label.")
    consequence: str | None = Field(default=None, description="None: computed, where it can be.")


class AnswerReading(Message):
    """How a reply's answer is found; at most one of the two."""

    marker: str | None = Field(default=None, description="Text that stands before the answer.")
    pattern: str | None = Field(
        default=None, description="A regular expression; its first group is the answer."
    )


class AuditBudget(Message):
    """Hard caps; None: none."""

    calls: int | None = Field(default=None, ge=1)
    tokens: int | None = Field(default=None, ge=1, description="Written by the model.")


class AuditPrices(Message):
    """Of a million tokens."""

    prompt: float = Field(ge=0, le=1e12)
    reply: float = Field(ge=0, le=1e12)


class AuditRequest(Message):
    """Which steps of its reasoning does the model's answer rely on?"""

    kind: Literal["audit"] = "audit"
    model: AuditSource = Field(default_factory=SubjectSource)
    prompt: Prompt
    reference: str | None = Field(default=None, description="The right answer, if it is known.")
    chain: str | None = Field(
        default=None, description="The reply to audit; None: the model's own, as it is likeliest."
    )
    tests: list[AuditTest] = Field(default_factory=lambda: list(FIRST_TESTS), min_length=1)
    modes: list[AuditMode] = Field(default_factory=lambda: list(FIRST_MODES), min_length=1)
    steps: list[int] | None = Field(default=None, min_length=1, description="From 1; None: all of them.")
    wrong: list[OwnWrongStep] = Field(default_factory=list)
    wrong_by_model: bool = Field(
        default=False,
        description="The model writes wrong versions of steps that no rule makes wrong; nothing verifies them.",
    )
    examples: list[str] = Field(
        default_factory=list, description="Solved questions, for the tests that show some first."
    )
    samples: int = Field(default=40, ge=2, le=2000, description="Per arm.")
    temperature: float = Field(default=0.7, ge=0, le=5)
    top_p: float = Field(default=1.0, gt=0, le=1)
    max_tokens: int = Field(default=256, ge=1, le=8192, description="Of one reply.")
    answer: AnswerReading = Field(default_factory=AnswerReading)
    delta: float = Field(
        default=0.2, gt=0, lt=1, description="A step relied on by less does not carry the answer."
    )
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    budget: AuditBudget = Field(default_factory=AuditBudget)
    prices: AuditPrices | None = None
    ledger: str | None = Field(
        default=None, description="A file that keeps every reply; None: they are kept with the result alone."
    )
    preview: bool = Field(
        default=False, description="Tell what it would cost: nothing is sent but what that takes."
    )
    job: str | None = Field(
        default=None,
        description="Job id for progress and cancel; set by the server, or by a host without one.",
    )


class Proportion(Message):
    """A share or a difference of shares, with its interval."""

    estimate: float = Field(ge=-1, le=1)
    low: float = Field(ge=-1, le=1)
    high: float = Field(ge=-1, le=1)
    level: float = Field(default=0.95, ge=0, le=1)


class AuditStep(Message):
    """A step of the audited reply; places are code points of it."""

    step: int
    start: int
    body_start: int
    end: int


class AuditReply(Message):
    """One continuation, as the model wrote it."""

    seed: int
    text: str
    finish: Literal["stop", "length", "context", "other"]
    answer: str | None = Field(description="As it is compared; None: none could be read.")
    outcome: AuditOutcome


class ArmFinding(Message):
    """What became of the answer with one text in a step's place."""

    arm: AuditArm
    written: list[str] = Field(
        min_length=1, description="The texts that were put in; every one the same number of times."
    )
    consequence: str | None = Field(description="The answer that follows from a wrong step, computed.")
    outcomes: dict[AuditOutcome, int]
    moved: Proportion | None = Field(
        description="Replies with another answer; None: no answer could be read."
    )
    log_prob_original: float | None = Field(
        default=None,
        description="Change of the original answer's log-probability (nats), against that arm 'original'.",
    )
    log_prob_consequence: float | None = Field(default=None, description="The same for the consequence.")
    replies: list[AuditReply]


class StepFinding(Message):
    """One step's test in one mode."""

    step: int
    mode: AuditMode
    verdict: AuditVerdict
    reason: str
    reliance: Proportion | None
    at_once: Proportion | None = Field(description="Wide enough to hold for all steps together.")
    arms: list[ArmFinding]
    verified_wrong: bool
    wrong_by: Literal["rule", "user", "model"] = Field(
        default="rule", description="Who wrote the wrong step."
    )
    overdetermined: bool
    more: int | None = Field(description="Samples per arm that would decide, if shares stayed.")
    settled: bool
    sentence: str


class EarlyAnswer(Message):
    """The answer forced after some of the steps."""

    after: int = Field(description="Steps that the model was shown.")
    answer: str | None
    same: bool | None = Field(description="Whether it is the whole chain's answer.")
    log_prob: float | None = Field(default=None, description="Of the whole chain's answer, in nats.")


class EarlyAnswering(Message):
    """Where the answer stands firm (Lanham et al. 2023)."""

    points: list[EarlyAnswer]
    area: float | None = Field(
        description="Mean over the points of 1 − same: 0 where the steps change nothing (area over the curve)."
    )
    sentence: str


class StabilityFinding(Message):
    """Whether the answer stays when the chain is worded otherwise, or replaced by as many filler tokens."""

    test: Literal["paraphrase", "filler"]
    written: str
    same: Proportion | None
    unparsed: int
    sentence: str


class BiasFinding(Message):
    """Whether a hint moves the answer, and whether the reasoning owns up to it (Turpin et al. 2023)."""

    bias: Literal["suggested answer", "few-shots all (A)", "options reordered"]
    towards: str | None = Field(description="The answer that the bias hints at.")
    switched: Proportion | None
    mentioned: Proportion | None = Field(description="Of the replies that switched, those that say so.")
    sentence: str


class AnswerVotes(Message):
    """How often each answer was given."""

    votes: dict[str, int]
    majority: str | None
    agreement: Proportion | None
    unparsed: Proportion
    right: Proportion | None = Field(description="Agreement with the reference; None: there is none.")
    flagged: bool
    sentence: str


class ChainBranch(Message):
    """Chains that say the same up to a step, and what they say there."""

    step: int
    value: str
    chains: int


class ConsistencyFinding(Message):
    """Independent chains, and where they part (Wang et al. 2023)."""

    votes: AnswerVotes
    parts_at: int | None = Field(description="The first step in which they differ; None: they do not.")
    branches: list[ChainBranch]
    replies: list[AuditReply]


class PlainFinding(Message):
    """The answer without reasoning, with it, and after solved examples."""

    way: Literal["plain", "zero-shot chain", "few-shot chain"]
    votes: AnswerVotes


class AuditNote(Message):
    """A finding for the prompt itself, as editors show them."""

    code: AuditNoteCode = Field(description="What it means stands in docs/audit.md; the rule's id in SARIF.")
    severity: Literal["warning", "information"]
    step: int | None
    message: str


class AuditSpent(Message):
    """What was sent, by this run."""

    calls: int
    failed: int
    replayed: int = Field(description="Replies that came from the ledger, at no cost.")
    prompt_tokens: int
    tokens: int
    price: float | None = None


class AbilityFinding(Message):
    """What a source can do, and how that was found out."""

    name: str
    able: bool
    shown_by: str


class AuditPreview(Message):
    """Answer to an :class:`AuditRequest` or a black-box request with ``preview``: nothing was sent but for the reply
    that is asked about, and for what finds out what an endpoint can do."""

    kind: Literal["audit_preview"] = "audit_preview"
    calls: int = Field(description="At most, those included whose answers are kept.")
    kept: int = Field(description="Of these, calls whose answers the ledger has.")
    beside: int = Field(
        default=0,
        description="Of the calls, those that find out what an endpoint can do, or score answers there.",
    )
    tokens: int = Field(description="That the model writes at most, in the calls that are not kept.")
    price: float | None
    over_budget: bool = Field(default=False, description="It may have to stop there, incomplete.")
    sent: int = Field(default=0, description="Calls that were made to tell this.")
    abilities: list[AbilityFinding] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list)
    sentence: str


class AuditResult(Message):
    """Answer to :class:`AuditRequest`; self-contained."""

    kind: Literal["audit"] = "audit"
    glasspane: str = Field(description="Version that made it.")
    versions: dict[str, str]
    model: str = Field(description="As people call it.")
    identity: str = Field(description="Which very model: its weights, or its address.")
    abilities: list[AbilityFinding]
    prompt: str = Field(description="As a person reads it.")
    reply: str = Field(description="The audited chain.")
    steps: list[AuditStep]
    answer: str | None
    right: bool | None = Field(description="Whether it is the reference; None: there is none.")
    findings: list[StepFinding]
    early: EarlyAnswering | None
    stability: list[StabilityFinding]
    bias: list[BiasFinding]
    consistency: ConsistencyFinding | None
    plain: list[PlainFinding]
    verdict: AuditVerdict
    sentence: str
    notes: list[AuditNote]
    complete: bool = Field(description="False: cancelled, or the budget was spent.")
    spent: AuditSpent
    warnings: list[str]
    cost: Cost
    code: str = Field(description="The Python call that reproduces this result.")
    request: AuditRequest = Field(description="The request that gives this result again.")

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        known = {step.step for step in self.steps}
        if known != set(range(1, len(self.steps) + 1)):
            raise ValueError("steps are counted from 1, without a gap")
        if any("wrong" not in {arm.arm for arm in finding.arms} for finding in self.findings):
            raise ValueError("a finding has no wrong step")
        if any(finding.step not in known for finding in self.findings):
            raise ValueError("a finding is about a step that there is not")
        if any(not 0 <= step.start <= step.body_start <= step.end <= len(self.reply) for step in self.steps):
            raise ValueError("a step lies outside of the reply")
        return self


class AuditReportRequest(Message):
    """Write an audit as one page of HTML; asks no model anything."""

    kind: Literal["audit_report"] = "audit_report"
    audit: AuditResult
