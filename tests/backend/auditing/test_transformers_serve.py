"""A server that this project did not write: ``transformers serve`` with a bundled model, asked through ``openai``.

Truth: the same weights in this process, read by Glasspane's own writer. What was seen of the server (transformers
5.23):

- Its list of models is empty when it is started for one model, so an identity is the address and the model's path, and
  the list does not tell that a model is missing. Another name is answered **400** ("Server is pinned to …").
- A last message from the assistant is **gone on with** where the chat template ends open, as one without marks does:
  nothing stands between a begun reply and its rest. ``continue_final_message`` is an unknown field, **422**.
- **Seeds set one stream for all**: a seed holds while nobody else asks, and not side by side. Where the
  model's generation settings do not say ``do_sample``, every temperature is greedy.
- ``logprobs`` and ``n`` are read past, with a line in its log. Stop texts stay **in** the content. ``finish_reason``
  and tokens are right.
- A prompt beyond the model's context is answered **500** as plain text, like any mistake of its own; so it is asked
  again.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from foreign_server import running
from test_ledger import ask

import glasspane as gp
from glasspane.auditing.budget import PaidSource
from glasspane.auditing.endpoint_source import EndpointSource
from glasspane.auditing.kernel_source import KernelSource
from glasspane.auditing.ledger import Ledger
from glasspane.auditing.sampling import Sampling
from glasspane.errors import GlasspaneError

MISSING = [name for name in ("uvicorn", "fastapi", "openai") if find_spec(name) is None]
pytestmark = pytest.mark.skipif(
    bool(MISSING),
    reason=f"transformers serve needs {', '.join(MISSING)}: pip install 'transformers[serving]'",
)

TEMPLATE = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
"""What was written, with nothing around it: the bundled model knows no marks."""

TRAIN = (
    "Question: A train carries 5 people. 7 more get on. Then 4 more get on. How many people are on the train? "
    "Answer step by step."
)
GREEDY = Sampling(temperature=0.0, max_tokens=60)
SAMPLED = Sampling(temperature=1.0, max_tokens=24)


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled model with a chat template, and told that it may sample."""
    folder = tmp_path_factory.mktemp("served") / "demo-lm"
    shutil.copytree(Path(gp.__file__).parent / "subjects" / "bundled" / "demo-lm", folder)
    for name, more in (
        ("tokenizer_config", {"chat_template": TEMPLATE}),
        ("generation_config", {"do_sample": True}),
    ):
        path = folder / f"{name}.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **more}))
    return folder


@pytest.fixture(scope="session")
def url(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = "from transformers.cli.transformers import main; main()"
    command = [sys.executable, "-c", program, "serve", str(model)]
    with running(command, tmp_path_factory.mktemp("home"), "/health") as address:
        yield f"{address}/v1"


@pytest.fixture(scope="session")
def source(url: str, model: Path) -> EndpointSource:
    """One call at a time, for its seeds hold no longer."""
    return EndpointSource(url, str(model), concurrency=1)


def test_what_it_can_do(source: EndpointSource) -> None:
    found = source.abilities()
    assert found.way == "prefill"
    assert "word for word, and its prompt grew by the 12 tokens" in found.continues.shown_by
    assert found.seeds.able
    assert found.distinct.able
    assert (found.scores.able, found.lists.shown_by) == (False, "it lists no probabilities")
    assert found.counts.able
    assert found.caps.able
    assert found.ends_honestly.able
    assert not found.echoes.able
    assert not found.hides_reasoning.able


def test_its_seeds_do_not_hold_side_by_side(url: str, model: Path) -> None:
    """It depends on who comes in between, so several rounds are allowed; one tells."""
    for _ in range(10):
        source = EndpointSource(url, str(model))
        if not source.abilities().side_by_side.able:
            break
    assert source.abilities().seeds.able
    assert source.concurrency == 1, "so it is asked one call at a time"


def test_it_goes_on_as_the_same_weights_do_here(source: EndpointSource, model: Path) -> None:
    """Greedily, from a question and from wrong steps: word for word, token for token."""
    asks = [
        ask(prompt=TRAIN, begun=begun, sampling=GREEDY)
        for begun in ("", "\nStep 1: 5 + 7 = 12.", "\nStep 1: 5 + 7 = 13.", "\nStep 1: 5 + 7 = 13.\nAnswer:")
    ]
    served = PaidSource(source, Ledger()).write(asks)
    here = PaidSource(KernelSource(gp.subject("demo-lm")), Ledger()).write(asks)
    assert [reply.text for reply in served] == [reply.text for reply in here]
    assert [reply.continuation.finish for reply in served] == ["stop"] * 4
    assert [reply.continuation.tokens for reply in served] == [reply.continuation.tokens for reply in here]
    assert [reply.prompt_tokens for reply in served] == [reply.prompt_tokens for reply in here]
    assert "13 + 4 = 17" in served[2].text


def test_the_ledger_is_read_again(source: EndpointSource, tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    asks = [ask(seed, prompt=TRAIN, begun="\nStep 1:", sampling=SAMPLED) for seed in range(6)]
    with Ledger(path) as ledger:
        paid = PaidSource(source, ledger)
        first = paid.write(asks[:3])
        assert (paid.spent.calls, paid.spent.failed) == (3, 0)
    with Ledger(path) as ledger:
        paid = PaidSource(source, ledger)
        replies = paid.write(asks)
        assert (paid.spent.calls, paid.spent.replayed) == (3, 3)
        assert replies[:3] == first
    with Ledger() as ledger:
        assert PaidSource(source, ledger).write(asks) == replies, "the same seeds, the same replies"


def test_a_stop_text_that_it_leaves_in_is_cut(source: EndpointSource) -> None:
    sampling = Sampling(temperature=0.0, max_tokens=60, stop=("\nStep 2",))
    (reply,) = PaidSource(source, Ledger()).write([ask(prompt=TRAIN, begun="", sampling=sampling)])
    assert reply.text == "\nStep 1: 5 + 7 = 12."
    assert reply.continuation.finish == "stop"


def test_a_reply_that_was_cut_says_so(source: EndpointSource) -> None:
    sampling = Sampling(temperature=0.0, max_tokens=5)
    (reply,) = PaidSource(source, Ledger()).write([ask(prompt=TRAIN, begun="", sampling=sampling)])
    assert (reply.continuation.finish, reply.continuation.tokens) == ("length", 5)


def test_another_model_is_not_there(url: str) -> None:
    with pytest.raises(GlasspaneError, match=r"no model called nobody: “Server is pinned"):
        EndpointSource(url, "nobody").abilities()


def test_an_address_without_its_end_is_no_api(url: str, model: Path) -> None:
    with pytest.raises(GlasspaneError, match=r"no OpenAI-compatible API.*ends in /v1"):
        EndpointSource(url.removesuffix("/v1"), str(model)).abilities()


def test_a_prompt_beyond_the_context_is_told_after_its_attempts(
    url: str, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glasspane.auditing.retrying.FIRST_WAIT", 0.01)
    ledger = Ledger()
    paid = PaidSource(EndpointSource(url, str(model), attempts=2), ledger)
    with pytest.raises(GlasspaneError, match=r"answered 500. It was asked 2 times.*prompt is too long"):
        paid.write([ask(prompt=TRAIN * 30, sampling=GREEDY)])
    assert paid.spent.failed == 2


def test_what_an_answer_depends_on_is_the_same_behind_a_server_and_in_this_process(
    url: str, model: Path
) -> None:
    """The model reckons with every number of the question: without one, the sum is another."""
    numbers = ["Question: A train carries 5 people.", "7 more get on.", "Then 4 more get on."]
    options = {"samples": 10, "max_tokens": 60, "score": "agreement"}
    served = gp.explain_black_box(gp.endpoint(url, str(model)), TRAIN, **options)
    ours = gp.explain_black_box("demo-lm", TRAIN, **options)
    assert isinstance(served, gp.BlackBoxExplanation)
    assert isinstance(ours, gp.BlackBoxExplanation)
    for found in (served, ours):
        assert found.answer == "16"
        assert set(numbers) <= {each.text for each in found.pieces if each.tells}
        scores = {each.text: each.score or 0.0 for each in found.pieces}
        assert min(scores[text] for text in numbers) >= 0.8
