"""Agreement of chains. Truth: counts by hand, scipy's entropy, Wilson's published intervals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy

from glasspane.auditing.agreement import agreement_of


def test_ten_chains_by_hand() -> None:
    found = agreement_of(["16"] * 4 + ["12", "12", "8", "20", None, None, "4", "9"])
    assert found.votes[:2] == (("16", 4), ("12", 2))
    assert found.majority == "16"
    assert found.agreement is not None
    assert [round(end, 2) for end in (found.agreement.low, found.agreement.high)] == [0.17, 0.69]
    assert found.unparsed.estimate == pytest.approx(2 / 12)
    assert found.flagged
    assert found.sentence == (
        "Self-consistency: 4 of 10 chains agree on 16: agreement 40 % (17 to 69 %). 2 of 12 replies had no answer that "
        "could be read."
    )


def test_the_flag_stands_below_60_percent() -> None:
    assert not agreement_of(["a"] * 6 + ["b"] * 4).flagged
    assert agreement_of(["a"] * 59 + ["b"] * 41).flagged


def test_a_tie_has_no_majority() -> None:
    found = agreement_of(["a", "b", "b", "a"])
    assert found.majority is None
    assert found.flagged
    assert "2 answers share the first place with 2 of 4 chains each" in found.sentence


def test_nothing_read_and_nothing_asked() -> None:
    found = agreement_of([None, None])
    assert (found.majority, found.agreement, found.flagged) == (None, None, True)
    assert found.unparsed.estimate == 1.0
    with pytest.raises(ValueError, match="trials"):
        agreement_of([])


@given(st.lists(st.sampled_from("abcdef"), min_size=2, max_size=30))
def test_spread_is_the_entropy_of_the_votes(answers: list[str]) -> None:
    counts = [answers.count(answer) for answer in set(answers)]
    assert agreement_of(answers).spread == pytest.approx(entropy(counts, base=len(answers)), abs=1e-12)


def test_spread_from_one_voice_to_as_many_as_chains() -> None:
    assert agreement_of(["a"] * 5).spread == 0.0
    assert agreement_of(list("abcde")).spread == pytest.approx(1.0)
