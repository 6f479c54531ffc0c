"""Probing is reading: fingerprints before = after, whatever it ends in, and no hook left behind."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from test_guard import awkward, fingerprint

import glasspane as gp
from glasspane.errors import Cancelled, GlasspaneError
from glasspane.probing.causal_test import causal_test
from glasspane.probing.examples import examples_of
from glasspane.probing.probe import probe
from glasspane.protocol import ProbeRequest, ProbeTestRequest, TaskExamples

pytestmark = pytest.mark.wide

STAGES = {"reading": "reading activations", "fitting": "fold 3", "changing": "changed predictions"}


@pytest.mark.parametrize("family", ["gpt2", "llama", "gemma2", "neox", "distilbert", "gpt2_classifier", "t5"])
@pytest.mark.parametrize(
    ("what", "ending"),
    [
        *[("probe", ending) for ending in ("success", "layer", "reading", "fitting")],
        *[("test", ending) for ending in ("success", "layer", "answers", "reading", "changing")],
    ],
)
def test_nothing_changes(family: str, what: str, ending: str) -> None:
    model, tokenizer = awkward(family)
    subject = gp.subject(model, tokenizer)
    request = ProbeRequest(
        subject=subject.ref,
        examples=TaskExamples(name="syntactic_role", count=90),
        layers=[9] if ending == "layer" and what == "probe" else [1],
    )
    test = ProbeTestRequest(
        probe=request,
        layer=9 if ending == "layer" else 1,
        answers=[10**6, 10**6 + 1] if ending == "answers" else None,
        examples=4,
        directions=19,
    )
    examples = examples_of(request.examples, 0, {})

    def report(fraction: float, stage: str, partial: Any = None) -> None:
        if ending in STAGES and STAGES[ending] in stage and fraction > 0:
            raise Cancelled

    before = fingerprint(model, tokenizer)

    def run() -> Any:
        if what == "probe":
            return probe(subject, request, examples, report)
        return causal_test(subject, test, examples, report)

    if ending == "success":
        assert any("training mode" in warning for warning in run().warnings)
    else:
        with pytest.raises(GlasspaneError) as caught:
            run()
        expected = {"layer": "bad_option", "answers": "unknown_target"}.get(ending, "cancelled")
        assert caught.value.code == expected
    after = fingerprint(model, tokenizer)
    assert {part for part in before if before[part] != after[part]} == set()


def test_an_error_in_the_models_own_code_leaves_no_hook_behind() -> None:
    model, tokenizer = awkward("llama")
    subject = gp.subject(model, tokenizer)
    handle = model.model.layers[1].mlp.register_forward_hook(lambda *_: 1 / 0)
    before = fingerprint(model, tokenizer)
    with pytest.raises(ZeroDivisionError):
        gp.probe(subject, "syntactic_role", examples=90)
    assert fingerprint(model, tokenizer) == before
    handle.remove()


def test_activations_that_are_not_finite_name_the_layer_and_change_nothing() -> None:
    model, tokenizer = awkward("gpt2")
    with torch.no_grad():
        model.transformer.h[0].mlp.c_proj.weight[0, 0] = float("nan")
    before = fingerprint(model, tokenizer)
    with pytest.raises(GlasspaneError, match="from resid_pre 1 on, in 90 of 90 texts") as caught:
        gp.probe(model, tokenizer, "syntactic_role", examples=90)
    assert caught.value.code == "non_finite"
    assert fingerprint(model, tokenizer) == before
