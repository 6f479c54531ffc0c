"""Probes, and tests of what they read, as Python objects that display themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from .display.terminal import safe
from .errors import GlasspaneError
from .figures import whole_number
from .protocol import (
    FrameExamples,
    KernelSubject,
    ProbeChange,
    ProbeEffect,
    ProbeLayer,
    ProbeResult,
    ProbeTestRequest,
    ProbeTestResult,
)
from .saved_result import DrawnResult, SavedResult
from .subjects.remembered import Remembered

if TYPE_CHECKING:
    import pandas as pd

    from .probing.examples import Examples
    from .subjects import Subject


class Probes(DrawnResult[ProbeResult]):
    """What a linear classifier reads off the residual stream, layer by layer.

    ``data`` is the typed result itself. The subject is remembered, not kept alive, so that :meth:`test` can ask it
    as long as its owner has it; ``last_test`` is what that gave last, or None.
    """

    def __init__(
        self, data: ProbeResult, subject: Subject | None = None, examples: Examples | None = None
    ) -> None:
        super().__init__(data)
        self.last_test: ProbeTest | None = None
        self._subject = None if subject is None else Remembered(subject)
        self._examples = examples

    @property
    def sentence(self) -> str:
        return self.data.sentence

    @property
    def layers(self) -> dict[int, ProbeLayer]:
        """By layer: 0 is the stream that the embedding gives, the last one what leaves the last layer."""
        return {each.layer: each for each in self.data.layers}

    @property
    def best(self) -> ProbeLayer:
        """The layer with the highest accuracy, the first one of several."""
        return self.layers[self.data.best]

    @property
    def labels(self) -> list[str]:
        """The classes, in the order in which :meth:`test` takes answers."""
        return [each.label for each in self.data.classes]

    @property
    def warnings(self) -> list[str]:
        return self.data.warnings

    def test(
        self,
        layer: int | None = None,
        *,
        answers: Sequence[int | str] | Mapping[str, int | str] | None = None,
        where: Literal["readout", "every"] = "readout",
        examples: int = 64,
        directions: int = 20,
        subject: Any = None,
    ) -> ProbeTest:
        """Does the model use what the probe reads at ``layer`` (None: at the best one)?

        The probe's direction is taken out of the stream, replaced by its mean, and moved to another class's mean, on
        texts of groups it was not fitted on, beside ``directions`` random directions with changes of the same size.
        ``answers`` gives every class an answer (a next token, or a class of the model), as a dict or in the order of
        :attr:`labels`: then the change of their logit difference is measured too. ``where="every"`` changes every
        token instead of the one that is read. ``subject`` is needed where the model is no longer there. Raises
        :class:`GlasspaneError`.
        """
        from .probing.causal_test import causal_test
        from .probing.examples import examples_of

        request = self.data.request
        if isinstance(request.examples, FrameExamples) and self._examples is None:
            raise GlasspaneError(
                "bad_examples",
                f"These probes no longer know the table {request.examples.name!r} that they were fitted on.",
                "Fit them again: gp.probe(…).test(…).",
            )
        number = self.data.best if layer is None else whole_number(layer)
        if number is None:
            raise GlasspaneError("bad_option", f"There is no layer {layer!r}.", "Give its number.")
        try:
            asked = ProbeTestRequest(
                probe=request,
                layer=number,
                answers=None if answers is None else self._in_order(answers),
                where=where,
                examples=examples,
                directions=directions,
            )
        except ValidationError as problem:
            raise GlasspaneError(
                "bad_option",
                "The probe cannot be tested as asked.",
                'Give where="readout" or "every", 2 to 2000 examples and 19 to 500 directions.',
                detail=str(problem),
            ) from problem
        found = self._found(subject)
        texts = self._examples or examples_of(request.examples, request.seed, {})
        self.last_test = ProbeTest(causal_test(found, asked, texts))
        return self.last_test

    def _in_order(self, answers: Any) -> list[int | str]:
        if isinstance(answers, Mapping):
            unknown = [one for one in answers if one not in self.labels]
            missing = [one for one in self.labels if one not in answers]
            if unknown or missing:
                raise GlasspaneError(
                    "bad_option",
                    f"The answers name no class {unknown[0]!r}."
                    if unknown
                    else f"The class {missing[0]!r} has no answer.",
                    f"Give one for each of: {', '.join(self.labels)}.",
                )
            answers = [answers[label] for label in self.labels]
        if isinstance(answers, str) or not isinstance(answers, Sequence):
            raise GlasspaneError(
                "bad_option",
                f"{answers!r} is no list of answers.",
                f"Give one for each of: {', '.join(self.labels)}.",
            )
        return [_answer(one) for one in answers]

    def _found(self, subject: Any) -> Subject:
        from .api import subject as subject_of
        from .subjects.load import resolve

        if subject is not None:
            return subject_of(subject)
        recalled = None if self._subject is None else self._subject.recalled()
        ref = self.data.request.subject
        if recalled is None and self._subject is not None and not isinstance(ref, KernelSubject):
            return resolve(ref, {})
        if recalled is None:
            raise GlasspaneError(
                "no_subject",
                "These probes no longer know the model that they were fitted on.",
                "Give it: probes.test(layer, subject=gp.subject(model, tokenizer)).",
            )
        return recalled

    def to_frame(self) -> pd.DataFrame:
        """One row per layer, indexed by its number: site, accuracy with low and high (95 %), balanced_accuracy,
        seen_accuracy, control_accuracy, selectivity (each with its interval), majority, regularisation, decodable."""
        import pandas as pd

        frame = pd.DataFrame([each.model_dump() for each in self.data.layers]).set_index("layer")
        frame.insert(frame.columns.get_loc("seen_accuracy"), "majority", self.data.majority)
        return frame

    def svg(self) -> str:
        """A bar for every layer with its interval, the control task beside it and the majority, as an image."""
        from .display.probe_chart import probe_chart

        return probe_chart(self.data)

    def html(self) -> str:
        """A self-contained page: no script, no network."""
        from .display.html import page
        from .display.probes import fragment

        return page(f"Probes: {self.data.task}", fragment(self.data))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        from .display import probe_test
        from .display.probes import fragment, report

        html, text = fragment(self.data), report(self.data)
        if self.last_test is not None:
            html += probe_test.fragment(self.last_test.data)
            text += f"\n\n{probe_test.report(self.last_test.data)}"
        return {"text/html": html, "image/svg+xml": self.svg(), "text/plain": text}

    def __repr__(self) -> str:
        return safe(f"<Probes of {self.data.task} on {self.data.subject.name}: {self.sentence}>")


class ProbeTest(SavedResult[ProbeTestResult]):
    """What changing a probe's direction does to the model's predictions, beside random directions.

    ``data`` is the typed result itself.
    """

    @property
    def sentence(self) -> str:
        return self.data.sentence

    @property
    def used(self) -> bool:
        """Whether any of the changes shows that the model uses it."""
        return self.data.used

    @property
    def changes(self) -> dict[str, ProbeChange]:
        """By name: ``project_out``, ``mean_replace``, ``patch``."""
        return {each.name: each for each in self.data.changes}

    @property
    def warnings(self) -> list[str]:
        return self.data.warnings

    def effect(self, change: str, name: str = "kl") -> ProbeEffect:
        """One measure of one change; raises ``bad_option`` naming what there is."""
        found = next(
            (e for c in self.data.changes if c.name == change for e in c.effects if e.name == name), None
        )
        if found is None:
            measures = ", ".join(each.name for each in self.data.changes[0].effects)
            raise GlasspaneError(
                "bad_option",
                f"There is no {name!r} of {change!r}.",
                f"Changes: {', '.join(self.changes)}. Measures: {measures}.",
            )
        return found

    def to_frame(self) -> pd.DataFrame:
        """One row per change and measure, indexed by both: value, low, high, random_mean, random_low, random_high,
        difference, difference_low, difference_high, as_large, unit, size, used."""
        import pandas as pd

        rows = [
            {"change": change.name, **effect.model_dump(), "size": change.size, "used": change.used}
            for change in self.data.changes
            for effect in change.effects
        ]
        return pd.DataFrame(rows).rename(columns={"name": "measure"}).set_index(["change", "measure"])

    def html(self) -> str:
        """A self-contained page: no script, no network."""
        from .display.html import page
        from .display.probe_test import fragment

        return page(f"Is it used? {self.data.task}", fragment(self.data))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        from .display.probe_test import fragment, report

        return {"text/html": fragment(self.data), "text/plain": report(self.data)}

    def __repr__(self) -> str:
        return safe(f"<ProbeTest of {self.data.task} on {self.data.subject.name}: {self.sentence}>")


def _answer(given: Any) -> int | str:
    number = whole_number(given)
    if not isinstance(given, str) and number is None:
        raise GlasspaneError("bad_option", f"{given!r} is no answer.", "Give its text or its id.")
    return given if isinstance(given, str) else number or 0
