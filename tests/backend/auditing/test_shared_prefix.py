"""Writing side by side. Truth: ``generate`` row by row, whole forward passes, and what sampling is by definition."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from tiny_models import make_model, older_model, tokenizer

import glasspane as gp
from glasspane.auditing.drawing_tokens import TokenDrawer
from glasspane.auditing.reading_on import WholeReading
from glasspane.auditing.sampling import Sampling
from glasspane.auditing.shared_prefix import Opening, PrefixWriter
from glasspane.errors import Cancelled, GlasspaneError
from glasspane.subjects.guard import unharmed

FAMILIES = ("gpt2", "llama", "mistral", "qwen3", "neox", "gemma2")
TEXTS = (
    "Q: 3 pens and 4.\nStep 1: 3 + 4 = 7.",
    "Q: 3 pens and 4.\nStep 1: 3 + 4 = 9, so.",
)


def subject_of(kind: str) -> Any:
    model = make_model(kind) if kind in FAMILIES else older_model(kind)
    # In float64, so that rounding decides no draw.
    return gp.subject(model.double() if kind != "gemma2" else model, tokenizer("byte_level"))


def ids_of(subject: Any, text: str) -> tuple[int, ...]:
    return tuple(subject.tokenizer(text)["input_ids"])


def generated(subject: Any, ids: tuple[int, ...], tokens: int) -> list[int]:
    given = torch.tensor([ids])
    said = subject.model.generate(
        given, attention_mask=torch.ones_like(given), do_sample=False, max_new_tokens=tokens, pad_token_id=0
    )
    return [int(token) for token in said[0, len(ids) :]]


@pytest.mark.parametrize("kind", [*FAMILIES, "gptj", "falcon_alibi", "mpt"])
def test_greedy_tokens_are_those_of_generate_row_by_row(kind: str) -> None:
    subject = subject_of(kind)
    openings = [Opening(ids_of(subject, text), (0, 1)) for text in TEXTS]
    with unharmed(subject):
        found = PrefixWriter(subject).write(openings, Sampling(temperature=0, max_tokens=12))
        for opening, rows in zip(openings, found, strict=True):
            expected = subject.tokenizer.decode(
                [t for t in generated(subject, opening.ids, 12) if t not in subject.tokenizer.all_special_ids]
            )
            assert [row.text for row in rows] == [expected, expected]


@pytest.mark.parametrize("kind", ["llama", "neox"])
def test_a_continuation_follows_from_its_seed_whatever_is_beside_it(kind: str) -> None:
    subject = subject_of(kind)
    sampling = Sampling(temperature=1.0, max_tokens=10)
    opening = ids_of(subject, TEXTS[0])
    with unharmed(subject):
        writer = PrefixWriter(subject)
        alone = [writer.write([Opening(opening, (seed,))], sampling)[0][0] for seed in range(6)]
        beside = writer.write(
            [Opening(ids_of(subject, TEXTS[1]), (7, 8)), Opening(opening, tuple(range(6)))], sampling
        )
    assert beside[1] == alone
    assert len({row.text for row in alone}) > 1


def test_rows_that_end_leave_the_batch_and_change_nothing() -> None:
    """The bundled model ends its answers at different lengths."""
    subject = gp.subject("demo-lm")
    opening = ids_of(subject, "The capital of France is")
    sampling = Sampling(temperature=1.5, max_tokens=30)
    with unharmed(subject):
        writer = PrefixWriter(subject)
        together = writer.write([Opening(opening, tuple(range(12)))], sampling)[0]
        alone = [writer.write([Opening(opening, (seed,))], sampling)[0][0] for seed in range(12)]
    assert together == alone
    assert len({row.tokens for row in together}) > 1, "some end before others"
    assert all(row.whole == (row.finish == "stop") for row in together)


def test_draws_have_the_models_distribution() -> None:
    """χ² of 4,000 first tokens against softmax(logits / T); and none outside of the nucleus."""
    logits = torch.tensor([[2.0, 1.0, 0.0, -1.0, -2.0]])
    expected = (logits[0] / 0.7).softmax(-1)
    sampling = Sampling(temperature=0.7)
    drawn = Counter(TokenDrawer([seed], sampling)(logits)[0] for seed in range(4000))
    counts = np.array([drawn[token] for token in range(5)])
    assert (
        stats.chisquare(counts, 4000 * expected.double().numpy() / expected.double().sum().item()).pvalue
        > 0.01
    )
    narrow = Sampling(temperature=1.0, top_p=0.8)
    kept = {TokenDrawer([seed], narrow)(logits)[0] for seed in range(500)}
    # 0.636 + 0.234 hold 0.8 of it.
    assert kept == {0, 1}


def test_stop_texts_end_a_row_before_them() -> None:
    subject = gp.subject("demo-lm")
    opening = ids_of(
        subject, "Question: A bus has 5 people. 3 get on. How many are there now? Answer step by step."
    )
    with unharmed(subject):
        whole, cut = (
            PrefixWriter(subject).write(
                [Opening(opening, (0,))], Sampling(temperature=0, max_tokens=60, stop=stop)
            )[0][0]
            for stop in ((), ("\nAnswer", "Step 9"))
        )
    assert "\nAnswer" in whole.text
    assert cut.text == whole.text[: whole.text.index("\nAnswer")]
    assert cut.finish == "stop"


@pytest.mark.parametrize("kind", [*FAMILIES, "gptj", "falcon_alibi"])
def test_scores_are_those_of_whole_forward_passes(kind: str) -> None:
    subject = subject_of(kind)
    openings = [ids_of(subject, text) for text in (*TEXTS, TEXTS[0][:10])]
    answers = [ids_of(subject, text) for text in ("7 pens", "9", " seven of them")]
    with unharmed(subject):
        found = PrefixWriter(subject).log_probs(openings, answers)
    for opening, answer, scores in zip(openings, answers, found, strict=True):
        with torch.no_grad():
            logits = subject.model(torch.tensor([[*opening, *answer]])).logits[0].double()
        expected = [
            float(logits[len(opening) + at - 1].log_softmax(-1)[token]) for at, token in enumerate(answer)
        ]
        # GPT-J, Falcon and Gemma 2 in float32 compute attention so.
        np.testing.assert_allclose(scores, expected, atol=2e-5)


def test_models_without_such_a_cache_write_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = subject_of("llama")
    openings = [Opening(ids_of(subject, text), (0, 1)) for text in TEXTS]
    sampling = Sampling(temperature=0.8, max_tokens=6)
    answers = [ids_of(subject, "7"), ids_of(subject, " nine")]
    with unharmed(subject):
        expected = PrefixWriter(subject).write(openings, sampling)
        scores = PrefixWriter(subject).log_probs([each.ids for each in openings], answers)
        monkeypatch.setattr("glasspane.auditing.shared_prefix.reading", WholeReading)
        assert PrefixWriter(subject).write(openings, sampling) == expected
        again = PrefixWriter(subject).log_probs([each.ids for each in openings], answers)
    np.testing.assert_allclose(np.concatenate(again), np.concatenate(scores), atol=1e-10)


def test_memory_divides_the_rows_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = subject_of("gpt2")
    opening = Opening(ids_of(subject, TEXTS[0]), tuple(range(5)))
    sampling = Sampling(temperature=0.8, max_tokens=5)
    with unharmed(subject):
        expected = PrefixWriter(subject).write([opening], sampling)
        monkeypatch.setattr("glasspane.auditing.shared_prefix._CACHE_BYTES", 1)
        assert PrefixWriter(subject).write([opening], sampling) == expected


def test_what_cannot_be_written_is_said() -> None:
    classifier = gp.subject("demo-sentiment")
    with pytest.raises(GlasspaneError, match="writes no chain of thought"):
        PrefixWriter(classifier)
    subject = subject_of("gpt2")
    long = tuple([5] * 10_000)
    with pytest.raises(GlasspaneError, match="fill the context"):
        PrefixWriter(subject).write([Opening(long, (0,))], Sampling())
    with pytest.raises(GlasspaneError, match="answer is empty"):
        PrefixWriter(subject).log_probs([(5, 6)], [()])

    def cancelling(fraction: float, stage: str, partial: Any = None) -> None:
        if stage.startswith("writing, 3"):
            raise Cancelled

    with unharmed(subject), pytest.raises(Cancelled):
        PrefixWriter(subject).write([Opening((5, 6), (0,))], Sampling(max_tokens=9), cancelling)


def test_what_no_longer_fits_the_context_is_cut_and_says_so() -> None:
    subject = subject_of("gpt2")
    limit = subject.model.config.n_positions
    with unharmed(subject):
        [[row]] = PrefixWriter(subject).write(
            [Opening(tuple([5] * (limit - 3)), (1,))], Sampling(temperature=1.0, max_tokens=9)
        )
    assert (row.finish, row.tokens, row.whole) == ("context", 3, False)
