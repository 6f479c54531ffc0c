"""What an endpoint can do is found out by asking. Truth: a scripted server whose manners are known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from scripted_endpoint import ScriptedEndpoint

from glasspane.auditing.budget import Budget, BudgetSpent, PaidSource
from glasspane.auditing.endpoint_abilities import EndpointAbilities
from glasspane.auditing.endpoint_probe import MOST_CALLS, MOST_TOKENS
from glasspane.auditing.endpoint_source import EndpointSource
from glasspane.auditing.ledger import Ledger
from glasspane.errors import GlasspaneError


def probed(**behaviour: Any) -> EndpointAbilities:
    with ScriptedEndpoint(**behaviour) as endpoint:
        found = EndpointSource(endpoint.url, "scripted").abilities()
        assert len(endpoint.calls) <= MOST_CALLS + len(behaviour.get("refuses", ()))
        assert not any("n" in call for call in endpoint.calls), "n is never sent"
    return found


@pytest.mark.parametrize(
    ("behaviour", "way", "shown"),
    [
        ({}, "prefill", "word for word, and its prompt grew by the 12 tokens"),
        ({"echoes": True}, "prefill", "word for word"),
        ({"begun": "flag"}, "continue_final_message", "word for word"),
        ({"begun": "new turn"}, "transcript", "opened a new turn"),
        ({"begun": "left out"}, "transcript", "did not reach the model"),
        ({"begun": "refused"}, "transcript", "answers 400 to a begun reply"),
        ({"counts": False}, "prefill", "ended a word that was cut"),
        ({"counts": False, "begun": "left out"}, "transcript", "began its reply anew"),
        ({"counts": False, "begun": "new turn"}, "transcript", "opened a new turn"),
        ({"refuses": ("temperature",)}, "transcript", "cannot be asked for its likeliest"),
        (
            {
                "begun": "new turn",
                "refuses": ("continue_final_message", "add_generation_prompt"),
                "refusal": 422,
            },
            "transcript",
            "refuses the field continue_final_message",
        ),
    ],
)
def test_whether_it_goes_on_with_a_begun_reply(behaviour: dict[str, Any], way: str, shown: str) -> None:
    found = probed(**behaviour)
    assert found.way == way
    assert found.continues.able == (way != "transcript")
    assert shown in found.continues.shown_by
    assert found.echoes.able == behaviour.get("echoes", False)


def test_a_new_turn_that_happens_to_go_on_is_told_by_the_tokens() -> None:
    """A large model often goes on in a new turn where its last one stopped: its words alone do not tell."""

    class Obliging(ScriptedEndpoint):
        def _read(self, body: dict[str, Any]) -> tuple[str, str, int]:
            question, begun, read = super()._read(body)
            return question, begun, read + (9 if begun else 0)

    with Obliging() as endpoint:
        found = EndpointSource(endpoint.url, "scripted").abilities()
    assert not found.continues.able
    assert "12 tokens were begun and its prompt grew by 21" in found.continues.shown_by


def test_a_model_that_says_one_word_forever_is_told_by_the_tokens() -> None:
    with ScriptedEndpoint() as endpoint:
        object.__setattr__(endpoint.behaviour.model, "_words", lambda *_: " the" * 200)
        assert EndpointSource(endpoint.url, "scripted").abilities().continues.able
    with ScriptedEndpoint(begun="new turn") as endpoint:
        object.__setattr__(endpoint.behaviour.model, "_words", lambda *_: " the" * 200)
        assert not EndpointSource(endpoint.url, "scripted").abilities().continues.able


@pytest.mark.parametrize(
    ("manner", "seeds", "distinct", "side_by_side"),
    [
        ("held", True, True, True),
        ("ignored", False, True, False),
        ("one stream", True, True, False),
        ("all alike", False, False, False),
    ],
)
def test_seeds(manner: str, seeds: bool, distinct: bool, side_by_side: bool) -> None:
    found = probed(seeds=manner)
    assert (found.seeds.able, found.distinct.able, found.side_by_side.able) == (seeds, distinct, side_by_side)


def test_seeds_that_hold_one_at_a_time_are_asked_one_at_a_time() -> None:
    with ScriptedEndpoint(seeds="one stream") as endpoint:
        source = EndpointSource(endpoint.url, "scripted")
        assert source.concurrency == 8
        source.abilities()
        assert source.concurrency == 1


@pytest.mark.parametrize(
    ("behaviour", "ability", "able"),
    [
        ({}, "scores", True),
        ({"begun": "new turn"}, "scores", False),
        ({"logprobs": "none"}, "lists", False),
        ({"logprobs": "wrong"}, "lists", False),
        ({"refuses": ("logprobs", "top_logprobs")}, "lists", False),
        ({"counts": False}, "counts", False),
        ({"finish": "always stop"}, "ends_honestly", False),
        ({"finish": "missing"}, "ends_honestly", False),
        ({"ignores": ("max_tokens",)}, "caps", True),
        ({"ignores": ("max_tokens", "max_completion_tokens")}, "caps", False),
        ({"refuses": ("seed",), "refusal": 422}, "seeds", False),
        ({"reasoning": "told"}, "hides_reasoning", True),
        ({"reasoning": "counted"}, "hides_reasoning", True),
        ({"reasoning": "silent"}, "hides_reasoning", True),
    ],
)
def test_other_abilities(behaviour: dict[str, Any], ability: str, able: bool) -> None:
    found = probed(**behaviour)
    assert getattr(found, ability).able is able
    assert getattr(found, ability).shown_by
    if ability == "hides_reasoning":
        assert not found.continues.able
        assert "steps cannot be audited" in found.continues.shown_by


@pytest.mark.parametrize("named", [True, False])
def test_a_refused_field_is_found_out_once(named: bool) -> None:
    refuses = ("max_tokens", "seed", "logprobs", "top_logprobs")
    with ScriptedEndpoint(refuses=refuses, names_refused=named) as endpoint:
        EndpointSource(endpoint.url, "scripted").abilities()
        refused = [call for call in endpoint.calls if set(call) & set(refuses)]
        assert len(refused) <= 3, "one for each field, logprobs and top_logprobs being one"
        assert "max_completion_tokens" in endpoint.calls[-1]


def test_abilities_are_kept_in_the_ledgers_folder(tmp_path: Path) -> None:
    with ScriptedEndpoint(refuses=("max_tokens",)) as endpoint:
        first = EndpointSource(endpoint.url, "scripted", folder=tmp_path).abilities()
        asked = len(endpoint.calls)
        again = EndpointSource(endpoint.url, "scripted", folder=tmp_path)
        assert again.abilities() == first
        assert len(endpoint.calls) == asked
        endpoint.behaviour.created = 1700000001  # another model by the same name
        EndpointSource(endpoint.url, "scripted", folder=tmp_path).abilities()
        assert len(endpoint.calls) > asked
        for file in tmp_path.glob("abilities-*.json"):  # what cannot be read is asked again
            file.write_text("{")
        assert EndpointSource(endpoint.url, "scripted", folder=tmp_path).abilities() == first


def test_finding_out_is_paid_for_and_resumed_like_any_call(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    with ScriptedEndpoint() as endpoint, Ledger(path) as ledger:
        source = EndpointSource(endpoint.url, "scripted")
        paid = PaidSource(source, ledger, Budget(calls=4))
        with pytest.raises(BudgetSpent, match="4 calls"):
            source.abilities()
        assert paid.spent.calls == len(endpoint.calls) == 4
    with ScriptedEndpoint() as other, Ledger(tmp_path / "whole.jsonl") as ledger:
        source = EndpointSource(other.url, "scripted")
        paid = PaidSource(source, ledger)
        source.abilities()
        assert paid.spent.calls == len(other.calls)
        assert paid.spent.tokens <= MOST_TOKENS
        # Asked again from the ledger alone.
        resumed = EndpointSource(other.url, "scripted")
        PaidSource(resumed, ledger)
        asked = len(other.calls)
        assert resumed.abilities() == source.abilities()
        assert len(other.calls) == asked
    lines = [json.loads(line) for line in (tmp_path / "whole.jsonl").read_text().splitlines()]
    assert {line["kind"] for line in lines} == {"sent", "aside"}


def test_another_server_is_another_identity() -> None:
    with ScriptedEndpoint() as one, ScriptedEndpoint() as other:
        assert EndpointSource(one.url, "scripted").identity != EndpointSource(other.url, "scripted").identity
        before = EndpointSource(one.url, "scripted").identity
        assert EndpointSource(one.url + "/", "scripted").identity == before
        one.behaviour.created = 1600000000
        assert EndpointSource(one.url, "scripted").identity != before


def test_a_creation_date_of_just_now_is_a_clock() -> None:
    """vLLM and llama.cpp give the time of asking: a resumed audit would know none of its own replies."""
    from time import time

    with ScriptedEndpoint() as endpoint:
        endpoint.behaviour.created = int(time())
        before = EndpointSource(endpoint.url, "scripted").identity
        endpoint.behaviour.created = int(time()) - 100
        assert EndpointSource(endpoint.url, "scripted").identity == before


def test_a_temperature_is_never_replaced() -> None:
    from test_ledger import ask

    from glasspane.auditing.sampling import Sampling

    with ScriptedEndpoint(refuses=("temperature",)) as endpoint:
        paid = PaidSource(EndpointSource(endpoint.url, "scripted"), Ledger())
        with pytest.raises(GlasspaneError, match="temperature"):
            paid.write([ask(sampling=Sampling(temperature=0.7))])
        assert paid.write([ask(sampling=Sampling(temperature=1.0))])
