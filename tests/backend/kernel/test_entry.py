"""The door's promises. Truth: the protocol's codes, and the clock that iopub is limited by."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tiny_models import make_model, tokenizer

import glasspane as gp
from glasspane.errors import Cancelled
from glasspane.kernel import cancel, entry, progress
from glasspane.kernel.memory_error import is_out_of_memory
from glasspane.kernel.progress import KernelReport, report_for, silent
from glasspane.kernel.results import ResultCache, key_of
from glasspane.protocol import (
    PROGRESS_MIME_TYPE,
    RESULT,
    AttributionResult,
    BundledSubject,
    ErrorResult,
    ExplainRequest,
    TextPrompt,
)
from glasspane.subjects import Subject


def run(**request: Any) -> Any:
    """What a host reads: the result after its way through JSON."""
    return RESULT.validate_python(json.loads(json.dumps(entry.run(json.dumps(request))._repr_json_())))


class Shell:
    """As much of IPython's shell as a report needs: it keeps what is published."""

    kernel = user_ns = None

    def __init__(self) -> None:
        self.display_pub = self
        self.sent: list[dict[str, Any]] = []

    def publish(self, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        self.sent.append(data[PROGRESS_MIME_TYPE])


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (MemoryError(), "not_enough_memory"),
        (RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"), "not_enough_memory"),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:1] DefaultCPUAllocator: can't allocate memory"),
         "not_enough_memory"),
        (KeyboardInterrupt(), "cancelled"),
        (ValueError("surprise"), "internal"),
    ],
)  # fmt: skip
def test_whatever_happens_below_comes_out_as_an_answer(
    monkeypatch: pytest.MonkeyPatch, problem: BaseException, code: str
) -> None:
    def failing(*_: Any) -> None:
        raise problem

    monkeypatch.setattr("glasspane.kernel.prompt_value.prompt_value", failing)
    answer = run(kind="prompt_value", expressions=[])
    assert isinstance(answer, ErrorResult)
    assert answer.code == code
    if code == "internal":
        assert "surprise" in (answer.detail or "")
        assert "Traceback" not in answer.message + answer.next_step


def test_torchs_own_memory_error_is_recognised() -> None:
    import torch

    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory."))


@pytest.mark.parametrize("text", ["", "nonsense", "[]", '{"kind": "explain"}', '{"kind": "hello", "x": 1}'])
def test_an_unreadable_request_is_an_answer_too(text: str) -> None:
    answer = entry.run(text)._repr_json_()
    assert (answer["kind"], answer["code"]) == ("error", "bad_request")


def test_a_job_cancelled_before_it_begins_never_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    cancel.cancel("early")
    answer = run(kind="explain", prompt={"form": "text", "text": "x"}, job="early")
    assert answer.code == "cancelled"
    assert not cancel.cancelled("early")  # the flag is spent


def test_flags_of_jobs_that_never_come_do_not_pile_up() -> None:
    for number in range(2 * cancel.REMEMBERED):
        cancel.cancel(f"job {number}")
    assert not cancel.cancelled("job 0")
    assert cancel.cancelled(f"job {2 * cancel.REMEMBERED - 1}")
    for number in range(2 * cancel.REMEMBERED):
        cancel.forget(f"job {number}")
    assert not cancel.cancelled(f"job {2 * cancel.REMEMBERED - 1}")


def test_progress_is_rare_enough_for_iopub(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = 0.0
    monkeypatch.setattr(progress, "monotonic", lambda: clock)
    shell = Shell()
    report = KernelReport("job", shell)
    for step in range(1000):
        clock = step / 1024
        report(step / 1000, f"step {step}")
    # Seconds 0, 0.2, 0.4, …, rounded up to the next 1024th.
    assert [message["stage"] for message in shell.sent] == [f"step {n}" for n in (0, 205, 410, 615, 820)]
    clock = 2.0
    report(-1.0, "under")
    clock = 3.0
    report(7.0, "over")
    assert [message["fraction"] for message in shell.sent[-2:]] == [0.0, 1.0]


def test_a_report_stops_a_cancelled_job_and_only_that() -> None:
    shell = Shell()
    ours, other = KernelReport("ours", shell), KernelReport("other", shell)
    cancel.cancel("ours")
    with pytest.raises(Cancelled):
        ours(0.5, "half")
    other(0.5, "half")
    cancel.forget("ours")
    assert report_for(None, shell) is silent


def test_kept_results_are_bounded_and_the_oldest_goes_first() -> None:
    subject = Subject(
        make_model("gpt2"),
        tokenizer("byte_level"),
        "tiny",
        BundledSubject(name="tiny"),
        "causal_lm",
        core=None,
    )
    from glasspane.attribution.explain import explain

    subject = Subject(**{**vars(subject), "core": subject.model})
    asked = [ExplainRequest(prompt=TextPrompt(text=f"The capital {n}")) for n in range(4)]
    cache = ResultCache(limit=3)
    for request in asked:
        cache.keep(key_of(request, subject), explain(subject, request))
    assert cache.get(key_of(asked[0], subject), AttributionResult) is None
    kept = cache.get(key_of(asked[3].model_copy(update={"job": "another"}), subject), AttributionResult)
    assert kept is not None
    assert kept.cost.cached
    assert kept.request.prompt == asked[3].prompt
    assert cache.info() == (3, 3, 1, 1)
    cache.clear()
    assert cache.info() == (0, 3, 0, 0)


def test_what_reads_a_text_differently_is_another_question() -> None:
    """Added tokens and backward hooks change the scores without changing request or weights."""
    from tiny_models import make_tokenizer

    subject = gp.subject(make_model("gpt2"), make_tokenizer("byte_level"))
    request = ExplainRequest(prompt=TextPrompt(text="The capital of France is"))
    before = key_of(request, subject)
    assert before == key_of(request, subject)
    subject.tokenizer.add_tokens(["France is"])
    assert key_of(request, subject) != before
    handle = subject.model.transformer.h[0].register_full_backward_hook(lambda *_: None)
    assert key_of(request, subject) is None
    handle.remove()
    assert key_of(request, subject) is not None
