"""Probes: what can be read off a layer's activations, and whether the model uses it."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator
from typing_extensions import Self, TypeAliasType

from .attribution import Cost
from .consistency import refuse_no_share
from .message import Message
from .subjects import AutoSubject, SubjectCard, SubjectRef

EffectName: TypeAlias = Literal["kl", "top_probability", "answer_difference"]


class LabelledText(Message):
    """A text with its class, and which stretch of it the class is about."""

    text: str = Field(min_length=1)
    label: str = Field(min_length=1)
    start: int | None = Field(
        default=None, ge=0, description="Code point offset of the span; None: the class is of the whole text."
    )
    end: int | None = None
    group: str = Field(
        description="Rows of one group are never split between training and test; "
        "the control task gives all of them one random label."
    )

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        if (self.start is None) != (self.end is None):
            raise ValueError("a span needs both a start and an end")
        if self.start is not None and self.end is not None and not self.start < self.end <= len(self.text):
            raise ValueError("a span must lie within its text")
        return self


class TaskExamples(Message):
    """Texts of a bundled task, generated with exact labels."""

    source: Literal["task"] = "task"
    name: str = "part_of_speech"
    count: int = Field(default=400, ge=1, le=20_000, description="How many texts to generate.")


class RowExamples(Message):
    """Texts that travel with the request."""

    source: Literal["rows"] = "rows"
    rows: list[LabelledText]
    task: str | None = Field(default=None, description='What is asked, as a phrase; None: "your own labels".')
    grouped_by: str | None = Field(
        default=None, description="What makes a group, as a phrase; None: a marked word, or a text."
    )


class FrameExamples(Message):
    """A table in the user's namespace: a pandas DataFrame, or a list of dicts.

    ``name`` is a dotted or indexed name as in :class:`KernelSubject`; never arbitrary code.
    """

    source: Literal["frame"] = "frame"
    name: str
    text: str = Field(default="text", description="Column with the texts.")
    label: str = Field(default="label", description="Column with the classes.")
    span: str | None = Field(
        default=None,
        description="Column with (start, end) or the marked words; None: the column span, where there is one.",
    )
    group: str | None = Field(default=None, description="Column with the groups; None: the same for group.")


ProbeExamples = TypeAliasType(
    "ProbeExamples", Annotated[TaskExamples | RowExamples | FrameExamples, Field(discriminator="source")]
)


class ProbeRequest(Message):
    """What can a linear classifier read off the residual stream, layer by layer?"""

    kind: Literal["probe"] = "probe"
    subject: SubjectRef = Field(default_factory=AutoSubject)
    examples: ProbeExamples = Field(default_factory=TaskExamples)
    layers: list[int] | None = Field(
        default=None,
        min_length=1,
        description="Layer k is the stream as it enters layer k (resid_pre k), 0 what the embedding gives; "
        "the number of layers stands for what leaves the last one. None: all of them.",
    )
    folds: int = Field(default=5, ge=2, le=20)
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="Of texts, folds and control labels.")
    job: str | None = Field(
        default=None,
        description="Job id for progress and cancel; set by the server, or by a host without one.",
    )


class ProbeClass(Message):
    """One class, and how much of it there is."""

    label: str
    examples: int
    groups: int
    share: float


class ProbeLayer(Message):
    """What the classifier at one place of the residual stream reached on examples it was not fitted on.

    Every ``low`` and ``high`` is a 95 % interval.
    """

    layer: int
    site: str = Field(description='E.g. "resid_pre 3", or "resid_post 3" as it leaves the last layer.')
    accuracy: float = Field(description="On groups that were not in training.")
    low: float
    high: float
    balanced_accuracy: float = Field(description="Mean over classes of the share that was recognised.")
    seen_accuracy: float = Field(
        description="The same where folds split groups, as the control task must; what selectivity compares."
    )
    control_accuracy: float = Field(
        description="On random labels, one for each group (Hewitt & Liang 2019), with those folds."
    )
    control_low: float
    control_high: float
    selectivity: float = Field(description="seen_accuracy − control_accuracy.")
    selectivity_low: float
    selectivity_high: float
    regularisation: float = Field(description="C of the classifier, chosen within folds: the middle of them.")
    decodable: bool = Field(description="Whether the interval of the accuracy lies above the majority.")


class ProbeResult(Message):
    """Answer to :class:`ProbeRequest`; self-contained."""

    kind: Literal["probe"] = "probe"
    glasspane: str = Field(description="Version that made it.")
    versions: dict[str, str] = Field(description="python, torch, transformers, scikit-learn.")
    subject: SubjectCard
    task: str = Field(description='What is asked, as a phrase, e.g. "part of speech".')
    read_at: str = Field(description="Which token's activation is read, as a phrase.")
    grouped_by: str = Field(description="What makes a group, as a phrase.")
    classes: list[ProbeClass]
    examples: int
    groups: int
    groups_repeat: bool = Field(
        description="False: every group is one example, so the control task cannot be learned."
    )
    samples: list[LabelledText] = Field(description="Some of the texts, of every class.")
    majority: float = Field(description="Accuracy of always naming the largest class.")
    layers: list[ProbeLayer]
    asked: int | None = Field(
        default=None, description="How many layers were asked for; None: those that are there."
    )
    complete: bool = Field(default=True, description="False: cancelled, or still under way.")
    best: int = Field(description="The layer with the highest accuracy, the first one of several.")
    sentence: str
    intervals: str = Field(description="What the intervals are over, as a sentence.")
    warnings: list[str]
    cost: Cost
    code: str = Field(description="The Python call that reproduces this result.")
    request: ProbeRequest = Field(description="The request that gives this result again.")

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        if len(self.classes) < 2:
            raise ValueError("there are fewer than two classes")
        refuse_no_share([self.majority, *(each.share for each in self.classes)])
        refuse_no_share(share for each in self.layers for share in (each.accuracy, each.control_accuracy))
        if self.best not in {each.layer for each in self.layers}:
            raise ValueError("the best layer is not among the layers")
        return self


ProbeIntervention = TypeAliasType("ProbeIntervention", Literal["project_out", "mean_replace", "patch"])


class ProbeTestRequest(Message):
    """Does the model use what a probe reads at ``layer``? Its direction is changed, beside random ones."""

    kind: Literal["probe_test"] = "probe_test"
    probe: ProbeRequest
    layer: int = Field(description="As in :class:`ProbeRequest`.")
    answers: list[int | str] | None = Field(
        default=None,
        description="An answer for every class, classes in alphabetical order: a next token or a class of the "
        "model. None: only the whole distribution is compared.",
    )
    where: Literal["readout", "every"] = Field(
        default="readout", description="The token that the probe reads, or every token."
    )
    examples: int = Field(default=64, ge=2, le=2000, description="Most texts to test on.")
    directions: int = Field(
        default=20,
        ge=19,
        le=500,
        description="Random directions; of fewer than 19 none could be said to be beaten at 5 %.",
    )
    job: str | None = Field(
        default=None,
        description="Job id for progress and cancel; set by the server, or by a host without one.",
    )


class ProbeEffect(Message):
    """One measure of what an intervention changes, beside random directions with changes of the same size.

    ``low`` and ``high``: 95 % interval of a mean over texts, by groups.
    """

    name: EffectName
    label: str
    unit: str
    value: float
    low: float
    high: float
    random_mean: float
    random_low: float = Field(description="95 % of the random directions are between this …")
    random_high: float = Field(description="… and this.")
    difference: float = Field(description="Size of the effect beyond the mean size of random ones.")
    difference_low: float
    difference_high: float
    as_large: float = Field(description="Share of random directions with an effect as large or larger.")


class ProbeChange(Message):
    """One way of changing the probe's direction, and what it does."""

    name: ProbeIntervention
    label: str
    size: float = Field(description="Mean L2 norm of the change.")
    relative_size: float = Field(description="The same divided by the mean norm of the stream there.")
    effects: list[ProbeEffect]
    used: bool = Field(
        description="Whether the predictions change more than along random directions: the interval of the "
        "difference of KL lies above 0, and at most 5 % of the random directions do as much."
    )


class ProbeTestResult(Message):
    """Answer to :class:`ProbeTestRequest`; self-contained."""

    kind: Literal["probe_test"] = "probe_test"
    glasspane: str = Field(description="Version that made it.")
    subject: SubjectCard
    task: str
    layer: int
    site: str
    labels: list[str] = Field(description="Classes in the order of ``answers``.")
    answers: list[str] = Field(description="Their answers as text; empty: none were given.")
    dimensions: int = Field(description="Of the direction: one less than there are classes.")
    fitted_on: int = Field(description="Texts that the direction was fitted on, in other groups than …")
    tested_on: int = Field(description="… the texts that it was tested on.")
    accuracy: float = Field(description="Of the probe on all texts that were held out.")
    accuracy_low: float
    accuracy_high: float
    majority: float = Field(description="Accuracy of always naming the largest class among them.")
    measured: str = Field(description="Which predictions are compared, as a phrase.")
    changed: str = Field(description="Which activations are changed, as a phrase.")
    directions: int
    changes: list[ProbeChange]
    used: bool = Field(
        description="Whether the probe reads the classes and any of the changes shows that it is used."
    )
    sentence: str
    warnings: list[str]
    cost: Cost
    code: str = Field(description="The Python call that reproduces this result.")
    request: ProbeTestRequest

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        if not self.changes or any(not change.effects for change in self.changes):
            raise ValueError("nothing was changed, or nothing measured")
        return self


class ProbeWithTest(Message):
    """Probes with the test of one of them, as ``glasspane probe --test --json`` prints them."""

    kind: Literal["probe_with_test"] = "probe_with_test"
    probe: ProbeResult
    test: ProbeTestResult
