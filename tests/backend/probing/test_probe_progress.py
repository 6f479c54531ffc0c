"""Layers are told as they are fitted. Truth: the finished result, layer by layer."""

from __future__ import annotations

from typing import Any

import pytest

import glasspane as gp
from glasspane.errors import Cancelled
from glasspane.probing.examples import examples_of
from glasspane.probing.probe import probe
from glasspane.protocol import PartialResult, ProbeRequest, ProbeResult, TaskExamples

EXAMPLES = TaskExamples(name="syntactic_role", count=90)


class Watching:
    """Keeps every partial result; cancels once it has so many layers."""

    def __init__(self, enough: int = 99) -> None:
        self.partial: list[ProbeResult] = []
        self.fractions: list[float] = []
        self._enough = enough

    def __call__(self, fraction: float, stage: str, partial: PartialResult | None = None) -> None:
        self.fractions.append(fraction)
        if partial is not None:
            assert isinstance(partial, ProbeResult)
            self.partial.append(partial)
        if self.partial and len(self.partial[-1].layers) >= self._enough:
            raise Cancelled


@pytest.fixture(scope="module")
def subject() -> Any:
    return gp.subject("demo-lm")


def probed(subject: Any, report: Any, layers: list[int] | None = None) -> ProbeResult:
    request = ProbeRequest(subject=subject.ref, examples=EXAMPLES, layers=layers)
    return probe(subject, request, examples_of(EXAMPLES, 0, {}), report)


def test_layers_are_told_one_after_another_and_are_those_of_the_result(subject: Any) -> None:
    watching = Watching()
    result = probed(subject, watching)
    assert result.complete
    assert result.asked == len(result.layers) == 5
    told = [len(each.layers) for each in watching.partial]
    assert set(told) == {1, 2, 3, 4}
    assert told == sorted(told)
    for each in watching.partial:
        assert not each.complete
        assert each.asked == 5
        assert each.layers == result.layers[: len(each.layers)]
        assert each.sentence.startswith(f"After {len(each.layers)} of 5 layers: ")
        assert ProbeResult.model_validate_json(each.model_dump_json()) == each
    assert watching.fractions == sorted(watching.fractions)
    assert probed(subject, Watching(), [1, 3]).layers == [result.layers[1], result.layers[3]]


def test_a_cancel_leaves_the_layers_that_were_there(subject: Any) -> None:
    watching = Watching(enough=2)
    before = {name: value.clone() for name, value in subject.model.state_dict().items()}
    with pytest.raises(Cancelled):
        probed(subject, watching)
    assert [each.layer for each in watching.partial[-1].layers] == [0, 1]
    assert all(value.equal(before[name]) for name, value in subject.model.state_dict().items())


def test_texts_of_a_request_may_name_what_they_ask(subject: Any) -> None:
    from glasspane.protocol import LabelledText, RowExamples

    rows = [LabelledText(text=f"{n} is good", label=f"c{n % 2}", group=str(n // 2)) for n in range(8)]
    named = examples_of(RowExamples(rows=rows, task="which half", grouped_by="pair"), 0, {})
    assert (named.task, named.grouped_by) == ("which half", "pair")
    plain = examples_of(RowExamples(rows=rows), 0, {})
    assert (plain.task, plain.grouped_by) == ("your own labels", "text")
