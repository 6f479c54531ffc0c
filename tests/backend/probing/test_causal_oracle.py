"""What changing a direction does, against a loop written out. Truth: one text, one hook, one forward at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from labelled_subjects import FAMILIES, in_double
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import glasspane as gp
from glasspane.kernel.progress import silent
from glasspane.probing.activations import read_activations
from glasspane.probing.direction import random_bases
from glasspane.probing.examples import examples_of
from glasspane.probing.stream import blocks_of
from glasspane.protocol import TaskExamples
from glasspane.subjects.architecture import Meter

SEED, LAYER = 4, 1


def answer(subject: Any, text: str, position: int, block: Any = None, added: Any = None) -> torch.Tensor:
    """Log-probabilities [position that counts, id] of one text; ``added`` [dim] at ``position`` before ``block``."""
    given = subject.tokenizer(text, return_tensors="pt")
    given.pop("token_type_ids", None)
    if subject.family == "encoder_decoder":
        given["decoder_input_ids"] = torch.tensor([[0]])

    def change(_block: Any, inputs: Any, named: Any) -> Any:
        stream = (inputs[0] if inputs else named["hidden_states"]).clone()
        stream[0, position] += added
        return ((stream, *inputs[1:]), named) if inputs else (inputs, {**named, "hidden_states": stream})

    handle = None if block is None else block.register_forward_pre_hook(change, with_kwargs=True)
    with torch.no_grad():
        logits = subject.model(**given).logits[0].double()
    if handle is not None:
        handle.remove()
    if subject.family == "causal_lm":
        logits = logits[position:]
    elif subject.family == "masked_lm":
        logits = logits[position : position + 1]
    return logits.reshape(-1, logits.shape[-1]).log_softmax(-1)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_change_does_what_a_plain_loop_says(family: str) -> None:
    subject = in_double(family)
    examples = examples_of(TaskExamples(name="part_of_speech", count=160), SEED, {})
    block = blocks_of(subject)[LAYER]
    read = read_activations(subject, blocks_of(subject), [LAYER], examples.rows, silent, Meter())
    probes = gp.probe(subject, "part_of_speech", examples=160, layers=[LAYER], seed=SEED)
    tested = probes.test(LAYER, examples=6, directions=19)
    assert tested.data.dimensions == 3  # four classes

    # The direction, fitted here: standardised activations of one fold's training part.
    x, y, groups = read.at[LAYER].astype(np.float64), examples.y, examples.groups
    train, held_out = next(iter(StratifiedGroupKFold(5, shuffle=True, random_state=SEED).split(x, y, groups)))
    from glasspane.probing.classifier import fit, inner_unseen

    strength = fit(x[train], y[train], inner_unseen(y, groups, SEED)(train)).strength
    plain = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=9000, tol=1e-9))
    plain.fit(x[train], y[train])
    weights = plain[1].coef_ / plain[0].scale_
    basis = np.linalg.qr((weights[1:] - weights[0]).T)[0]  # spans all differences of two classes' weights
    projector = basis @ basis.T

    rng = np.random.default_rng(SEED)
    rows = np.sort(rng.permutation(held_out)[:6])
    towards = (y[rows] + rng.integers(1, 4, 6)) % 4
    means = np.stack([x[train][y[train] == label].mean(0) for label in range(4)])
    found: dict[str, list[float]] = {"project_out": [], "mean_replace": [], "patch": []}
    tops: dict[str, list[float]] = {name: [] for name in found}
    sizes: dict[str, list[float]] = {name: [] for name in found}
    for row, other in zip(rows, towards, strict=True):
        position, text = read.placed[row].position, examples.rows[row].text
        clean = answer(subject, text, position)
        for name, added in (
            ("project_out", -projector @ x[row]),
            ("mean_replace", -projector @ (x[row] - x[train].mean(0))),
            ("patch", projector @ (means[other] - means[y[row]])),
        ):
            changed = answer(subject, text, position, block, torch.from_numpy(added))
            found[name].append(float((clean.exp() * (clean - changed)).sum(-1).mean()))
            top = clean.argmax(-1, keepdim=True)
            tops[name].append(float((changed.gather(-1, top).exp() - clean.gather(-1, top).exp()).mean()))
            sizes[name].append(float(np.linalg.norm(added)))
    for name, values in found.items():
        # What is left is the classifier's own tolerance.
        assert tested.effect(name).value == pytest.approx(np.mean(values), rel=2e-3)
        assert tested.effect(name, "top_probability").value == pytest.approx(
            np.mean(tops[name]), rel=5e-3, abs=1e-7
        )
        assert tested.changes[name].size == pytest.approx(np.mean(sizes[name]), rel=1e-3)


def test_random_directions_make_changes_of_the_same_size() -> None:
    """Orthonormal bases: the same coefficients, so the same norm, text by text."""
    drawn = random_bases(30, 48, 3, 0)
    for basis in drawn:
        np.testing.assert_allclose(basis.T @ basis, np.eye(3), atol=1e-12)
    # Uniform: the mean of the projectors is (rank / dim) · identity.
    mean = np.mean([basis @ basis.T for basis in random_bases(3000, 8, 2, 1)], axis=0)
    np.testing.assert_allclose(mean, np.eye(8) / 4, atol=0.02)


def test_answers_are_the_models_own_logits() -> None:
    """Own answer minus the others', at the end of the text, before and after a change made by hand."""
    subject = in_double("gpt2")
    answers = {"object": " Paris", "subject": " Rome"}
    ids = [subject.tokenizer(text)["input_ids"][0] for text in answers.values()]
    probes = gp.probe(subject, "syntactic_role", examples=90, layers=[2], seed=SEED)
    tested = probes.test(2, answers=answers, examples=5)
    assert tested.data.answers == [subject.tokenizer.decode([one]) for one in ids]
    assert tested.data.labels == ["object", "subject"]
    # At the last layer's output, only the token that is read changes: an answer at a later place cannot.
    examples = examples_of(TaskExamples(name="syntactic_role", count=90), SEED, {})
    read = read_activations(subject, blocks_of(subject), [2], examples.rows, silent, Meter())
    last = [each.position == each.length - 1 for each in read.placed]
    assert not any(last)  # a full stop follows every name
    assert abs(tested.effect("patch", "answer_difference").value) < 1e-12
    assert tested.effect("patch").value > 1e-6


@pytest.mark.parametrize("how", ["hooked", "broken"])
def test_layers_that_are_passed_over_make_no_difference(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where somebody hooked a layer, all layers run; so they do where the short way is broken on purpose, which
    its check has to see. The numbers are the same every time."""
    ran: list[int] = []

    def changes_of(hooked: bool) -> Any:
        subject = in_double("llama")
        blocks = blocks_of(subject)
        blocks[0].mlp.register_forward_hook(lambda *_: ran.append(0))
        if hooked:
            blocks[0].register_forward_hook(lambda *_: None)
        probes = gp.probe(subject, "syntactic_role", examples=90, layers=[2], seed=SEED)
        ran.clear()
        return probes.test(2, examples=6, directions=19).data.changes

    short = changes_of(False)
    passes = len(ran)
    if how == "broken":
        monkeypatch.setattr("glasspane.probing.stream._hand_on", lambda stream, *_, **__: (stream, stream))
    plain = changes_of(how == "hooked")
    assert len(ran) > passes + 10  # reading takes as many each time, the changes more
    for ours, theirs in zip(short, plain, strict=True):
        for one, other in zip(ours.effects, theirs.effects, strict=True):
            assert one.value == pytest.approx(other.value, rel=1e-9, abs=1e-14)


def test_two_answers_at_once_are_divided_class_by_class() -> None:
    """A classifier whose classes are each a yes or a no: KL and change by hand, from sigmoids."""
    subject = in_double("distilbert")
    subject.model.config.problem_type = "multi_label_classification"
    examples = examples_of(TaskExamples(name="syntactic_role", count=90), SEED, {})
    probes = gp.probe(subject, "syntactic_role", examples=90, layers=[1], seed=SEED)
    tested = probes.test(1, examples=5)
    single = in_double("distilbert")
    softmax = gp.probe(single, "syntactic_role", examples=90, layers=[1], seed=SEED).test(1, examples=5)
    assert tested.changes["patch"].size == softmax.changes["patch"].size
    # The same change by hand, for the one text that a hook sees last.
    from glasspane.probing.behaviour import behaviour_of

    read = read_activations(subject, blocks_of(subject), [1], examples.rows[:1], silent, Meter())
    behaviour = behaviour_of(subject, read.placed)
    clean, changed = torch.tensor([[0.3, -1.0]]).double(), torch.tensor([[1.3, -0.5]]).double()
    p, q = clean.sigmoid(), changed.sigmoid()
    by_hand = (p * (p / q).log() + (1 - p) * ((1 - p) / (1 - q)).log()).sum()
    both = [behaviour.log_probabilities(each) for each in (clean, changed)]
    assert float(behaviour.divergence(*both)) == pytest.approx(float(by_hand))
    assert float(behaviour.top_change(*both)) == pytest.approx(float(q[0, 0] - p[0, 0]))
