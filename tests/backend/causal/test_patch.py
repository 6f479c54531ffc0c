"""Patching as it is asked for. Truth: whole forward passes, finite differences, what the bundled model knows."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from pairs import FAMILIES, given, ids_of, runs_of, subject_of
from scipy import stats
from test_guard import fingerprint
from tiny_models import make_model, tokenizer

import glasspane as gp
from glasspane.causal import grid as grids
from glasspane.causal import layer_calls, sweep
from glasspane.causal import patch as patching
from glasspane.causal.cells import grid_shape
from glasspane.causal.grid import estimated
from glasspane.causal.recording import record
from glasspane.causal.sites import SITES
from glasspane.causal.sweep import SuffixSweep
from glasspane.display import patch_maps
from glasspane.errors import Cancelled, GlasspaneError
from glasspane.kernel.progress import silent
from glasspane.protocol import PatchRequest, PatchResult, PromptPair, TextPrompt
from glasspane.subjects.guard import unharmed

CLEAN = "When Mary and John went to the store, John gave a bottle to"
CORRUPTED = "When Mary and John went to the store, Mary gave a bottle to"


@pytest.fixture(scope="module")
def demo() -> Any:
    return gp.subject("demo-lm")


def test_the_subject_that_was_changed_carries_the_answer(demo: Any) -> None:
    """Both ends are known without patching: the changed token's embedding is all that differs."""
    maps = gp.patch(demo, CLEAN, CORRUPTED, answer=(" Mary", " John"))
    assert maps.axes == ("layer", "position")
    assert maps.clean_value > 0 > maps.corrupted_value
    changed = maps.tokens.index(" John", 4)
    assert maps.normalised is not None
    assert maps.normalised[0, changed] == pytest.approx(1, abs=1e-5)
    np.testing.assert_array_equal(maps.normalised[:, :changed], 0)
    np.testing.assert_allclose(
        maps.normalised, (maps.raw - maps.corrupted_value) / (maps.clean_value - maps.corrupted_value)
    )
    own = gp.explain(demo, CLEAN, target=(" Mary", " John"), method="input_x_gradient")
    assert maps.clean_value == pytest.approx(own.data.target.value, rel=1e-5)


@pytest.mark.parametrize(
    ("direction", "patched", "other"),
    [("denoising", "corrupted", "clean"), ("noising", "clean", "corrupted")],
)
def test_drawn_effects_count_from_the_run_that_was_patched(
    demo: Any, direction: str, patched: str, other: str
) -> None:
    """Before the difference nothing is moved; the changed token's embedding moves it all the way: 0 and 1."""
    result = gp.patch(demo, CLEAN, CORRUPTED, direction=direction, layers=[0]).data
    drawn = patch_maps.effects(result, result.maps[0])
    assert drawn[: result.first_difference] == [0.0] * result.first_difference
    assert drawn[result.first_difference] == pytest.approx(1, abs=1e-5)
    assert patch_maps.unit(result) == f"0: as in the {patched} run, 1: as in the {other} one"


def test_noising_is_denoising_with_the_prompts_exchanged(demo: Any) -> None:
    """What is put in is the same; the metric's sign stays with the answers."""
    noising = gp.patch(demo, CLEAN, CORRUPTED, answer=(" Mary", " John"), direction="noising")
    exchanged = gp.patch(demo, CORRUPTED, CLEAN, answer=(" Mary", " John"))
    np.testing.assert_allclose(noising.raw, exchanged.raw, atol=1e-4)
    assert noising.normalised is not None
    assert noising.normalised[0, 9] == pytest.approx(0, abs=1e-5)  # 0 stays the corrupted run


@pytest.mark.parametrize("site", list(SITES))
@pytest.mark.parametrize("family", ["gpt2", "neox"])
def test_estimates_are_the_metrics_slope(family: str, site: str) -> None:
    """By exact patches of a hundred-thousandth of the difference between the runs, in float64."""
    small = 1e-5
    subject = subject_of(family)
    with unharmed(subject):
        runs = runs_of(subject, 3)
        with torch.enable_grad():
            base = record(runs.anatomy, given(ids_of(3)[1]))
        for near, here in zip(runs.other.layers, base.layers, strict=True):
            near.seen = {
                name: (held + small * (near.seen[name] - held)).detach() for name, held in here.seen.items()
            }
        shape = grid_shape(SITES[site], SITES[site].grids[-1], base)
        guessed = estimated(type(runs)(**{**vars(runs), "base": base}), [shape])
        cells = [cell for cell in shape.cells() if not runs.no_op(cell)]
        found = SuffixSweep(runs.anatomy, base.detached(), runs.other, 3, runs.metric).values(cells, silent)
        moved = np.array([found[cell] - runs.base_value for cell in cells])
        slopes = np.array([guessed[cell] - runs.base_value for cell in cells])
    np.testing.assert_allclose(slopes, moved, atol=1e-3 * np.abs(moved).max())


def test_the_strongest_estimates_are_computed_and_the_others_marked(demo: Any) -> None:
    whole = gp.patch(demo, CLEAN, CORRUPTED, site="z", by="head_position")
    part = gp.patch(demo, CLEAN, CORRUPTED, site="z", by="head_position", exact=0.1)
    assert whole.exact.all()
    assert part.exact.sum() == int(np.ceil(0.1 * part.raw.size))
    np.testing.assert_allclose(part.raw[part.exact], whole.raw[part.exact], atol=1e-4)
    guessed = gp.patch(demo, CLEAN, CORRUPTED, site="z", by="head_position", exact=0)
    guesses = np.abs(guessed.raw - whole.corrupted_value)
    assert guesses[part.exact].min() >= guesses[~part.exact].max()
    effects = np.abs(whole.raw - whole.corrupted_value)
    assert effects[part.exact].sum() >= 0.95 * effects.sum()


def test_a_persons_own_metric_is_asked_once_per_run_with_every_position(demo: Any) -> None:
    shapes: list[tuple[int, ...]] = []

    def difference(logits: torch.Tensor) -> torch.Tensor:
        shapes.append(tuple(logits.shape))
        mary, john = (
            demo.tokenizer(f" {name}", add_special_tokens=False)["input_ids"][0] for name in ("Mary", "John")
        )
        return logits[0, -1, mary] - logits[0, -1, john]

    own = gp.patch(demo, CLEAN, CORRUPTED, metric=difference)
    named = gp.patch(demo, CLEAN, CORRUPTED, answer=(" Mary", " John"))
    np.testing.assert_allclose(own.raw, named.raw, atol=1e-4)
    assert {shape[:2] for shape in shapes} == {(1, len(own.tokens))}


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        (lambda logits: logits, "not one number"),
        (lambda logits: "much", "gave str"),
        (lambda logits: logits[0, -1, 10**7], "failed on logits"),
    ],
)
def test_a_metric_that_gives_no_number_is_told_what_it_gave(demo: Any, metric: Any, said: str) -> None:
    with pytest.raises(GlasspaneError, match=said) as caught:
        gp.patch(demo, CLEAN, CORRUPTED, metric=metric)
    assert caught.value.code == "bad_metric"


def test_several_pairs_give_means_and_intervals(demo: Any) -> None:
    """Student's t over the pairs, each of which is patched by itself."""
    places = ("store", "park", "school", "station")
    rows = [
        (f"When Mary and John went to the {place}, {one} gave a bottle to",
         f"When Mary and John went to the {place}, {other} gave a bottle to", right, wrong)
        for place in places
        for one, other, right, wrong in (("John", "Mary", " Mary", " John"), ("Mary", "John", " John", " Mary"))
    ]  # fmt: skip
    together = gp.patch(demo, pairs=rows, site="z")
    alone = np.stack(
        [gp.patch(demo, a, b, answer=(right, wrong), site="z").raw for a, b, right, wrong in rows]
    )
    np.testing.assert_allclose(together.raw, alone.mean(0), atol=1e-4)
    low, high = stats.t.interval(0.95, len(rows) - 1, loc=alone.mean(0), scale=stats.sem(alone, axis=0))
    assert together.interval is not None
    np.testing.assert_allclose(together.interval[0], low, atol=1e-3)
    np.testing.assert_allclose(together.interval[1], high, atol=1e-3)
    assert together.data.pairs == 8


# ── how far to trust it ──────────────────────────────────────────────────────


def _break_a_mask(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows read their attention mask one position too early."""
    row_by_row = sweep.SuffixSweep._row_by_row

    def broken(self: Any, *arguments: Any) -> Any:
        for layer in self._base.layers:
            if layer.mask is not None:
                layer.mask = layer.mask.roll(1, dims=-2)
        return row_by_row(self, *arguments)

    monkeypatch.setattr(sweep.SuffixSweep, "_row_by_row", broken)


def _break_positions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are rotated as if they stood at the start."""
    monkeypatch.setattr(layer_calls, "at_positions", lambda given, positions, tokens: given)


def _break_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """What attention writes forgets the stream that it is added to."""
    monkeypatch.setattr(sweep, "after_attention", lambda anatomy, layer, base, positions, written: written)


@pytest.mark.parametrize(
    ("family", "break_it"),
    [
        ("gpt2", _break_a_mask),
        ("llama", _break_a_mask),
        ("llama", _break_positions),  # GPT-2's layers are told of none
        ("gpt2", _break_values),
        ("llama", _break_values),
    ],
)
def test_a_broken_sweep_is_noticed_and_the_plain_way_taken(
    family: str, break_it: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make_model(family).double()
    subject = gp.subject(model, tokenizer("byte_level"))
    asked = {
        "clean": "The capital of France",
        "corrupted": "The capital of Spain",
        "site": ("resid_pre", "attn_out"),
    }
    whole = gp.patch(subject, **asked)
    break_it(monkeypatch)
    found = gp.patch(subject, **asked)
    assert whole.data.check.way == "fast"
    assert found.data.check.way == "plain"
    assert any("slow way" in warning for warning in found.data.warnings)
    for site in ("resid_pre", "attn_out"):
        np.testing.assert_allclose(found[site].raw, whole[site].raw, atol=1e-9)


def test_a_bridge_is_patched_as_the_model_it_was_made_of(demo: Any) -> None:
    lens = gp.bridge(demo)
    asked: dict[str, Any] = {
        "answer": (" Mary", " John"),
        "site": ("resid_pre", "z", "q", "pattern"),
        "by": None,
    }
    ours = gp.patch(demo, CLEAN, CORRUPTED, **asked)
    theirs = gp.patch(gp.subject(lens), CLEAN, CORRUPTED, **asked)
    for site in asked["site"]:
        np.testing.assert_allclose(theirs[site].raw, ours[site].raw, atol=2e-3)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_bridge_shares_weights_and_leaves_the_model_as_it_was(family: str) -> None:
    model, words = make_model(family), tokenizer("byte_level")
    before = fingerprint(model, words)
    lens = gp.bridge(model, words)
    ids = ids_of(3)[0]
    with torch.no_grad():
        usual = model.config._attn_implementation
        model.set_attn_implementation("eager")
        own = model(ids).logits
        model.set_attn_implementation(usual)
        torch.testing.assert_close(lens(ids), own, rtol=1e-4, atol=1e-4)
    held = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    shared = [parameter.untyped_storage().data_ptr() in held for parameter in lens.parameters()]
    assert np.mean(shared) > 0.6  # joined projections are split
    assert fingerprint(model, words) == before


def test_nothing_of_the_model_changes_on_success_error_or_cancel() -> None:
    model, words = make_model("llama").train(), tokenizer("byte_level")
    subject = gp.subject(model, words)
    before = fingerprint(model, words)
    pair = PromptPair(
        clean=TextPrompt(text="The capital of France"), corrupted=TextPrompt(text="The capital of Spain")
    )
    request = PatchRequest(pairs=[pair], sites=[{"site": site} for site in SITES])  # type: ignore[list-item]
    patching.patch(subject, request)
    assert fingerprint(model, words) == before
    with pytest.raises(GlasspaneError):
        patching.patch(subject, request, user=lambda logits: logits)
    assert fingerprint(model, words) == before
    calls = 0

    def cancelling(fraction: float, stage: str, partial: Any = None) -> None:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise Cancelled

    with pytest.raises(Cancelled):
        patching.patch(subject, request, cancelling)
    assert calls == 4
    assert fingerprint(model, words) == before


def test_estimates_paint_first_and_exact_values_replace_them(
    demo: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patching, "WORTH_AN_ESTIMATE", 0)
    monkeypatch.setattr(grids, "TOKENS_AT_ONCE", 16)
    painted: list[PatchResult] = []

    def report(fraction: float, stage: str, partial: Any = None) -> None:
        if partial is not None:
            painted.append(partial)

    pair = PromptPair(clean=TextPrompt(text=CLEAN), corrupted=TextPrompt(text=CORRUPTED))
    last = patching.patch(demo, PatchRequest(pairs=[pair]), report)
    left = [len(result.maps[0].estimated) for result in painted]
    assert left[0] == len(last.maps[0].raw)
    assert left == sorted(left, reverse=True)
    assert last.maps[0].estimated == []
    assert not painted[-1].complete
    assert last.complete
    # The strongest by the first guess were computed first.
    guess = np.abs(np.array(painted[0].maps[0].raw) - last.corrupted.value)
    second = set(range(len(guess))) - set(painted[1].maps[0].estimated)
    moving = [place for place in second if painted[1].maps[0].raw[place] != last.corrupted.value]
    assert min(guess[moving]) >= max(guess[list(painted[1].maps[0].estimated)])


def test_a_result_survives_json_and_gives_itself_again(demo: Any) -> None:
    maps = gp.patch(demo, CLEAN, CORRUPTED, site=("attn_out", "z"), direction="noising")
    again = PatchResult.model_validate(json.loads(maps.json()))
    assert again == maps.data
    scope: dict[str, Any] = {}
    exec(maps.data.code.replace("gp.patch", "found = gp.patch"), scope)
    np.testing.assert_array_equal(scope["found"]["z"].raw, maps["z"].raw)
    frame = maps.to_frame()
    row = frame[(frame.site == "z") & (frame.layer == 2) & (frame["head"] == 1)]
    assert float(row.raw.iloc[0]) == maps["z"].raw[2, 1]


# ── what cannot be asked ─────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        ({"corrupted": CLEAN}, "same_prompt", "nothing to patch"),
        ({"corrupted": CLEAN.replace("Mary", "Bartholomew")}, "other_length", "tokens long"),
        ({"answer": (" Bartholomew", " John")}, "not_one_token", "Bartholomew"),
        ({"answer": (" Mary", " Mary")}, "unknown_target", "same token"),
        ({"site": "resid_mid"}, "bad_option", "resid_pre"),
        ({"site": "attn_out", "by": "head"}, "bad_option", "position"),
        ({"layers": [7]}, "bad_option", "0 to 3"),
        ({"site": "z", "heads": [-1]}, "bad_option", "0 to 3"),
        ({"direction": "sideways"}, "bad_option", "direction"),
        ({"exact": 2}, "bad_option", "exact"),
        ({"layers": ["first"]}, "bad_option", "layers"),
        ({"clean": None, "corrupted": None, "pairs": []}, "bad_option", "no pairs"),
    ],
)
def test_what_cannot_be_asked_is_said_with_a_next_step(demo: Any, asked: Any, code: str, said: str) -> None:
    with pytest.raises(GlasspaneError, match=said) as caught:
        gp.patch(demo, **{"clean": CLEAN, "corrupted": CORRUPTED, **asked})
    assert caught.value.code == code
    assert caught.value.result.next_step


def test_prompts_of_other_lengths_are_shown_side_by_side_with_words_that_fit(demo: Any) -> None:
    with pytest.raises(GlasspaneError) as caught:
        gp.patch(demo, CLEAN, CLEAN.replace("Mary", "Bartholomew", 1))
    error = caught.value.result
    assert "Mary" in error.lines[0]
    assert len(error.lines) == 2
    assert error.suggestions
    for word in error.suggestions:
        ids = demo.tokenizer(f" {word}", add_special_tokens=False)["input_ids"]
        assert len(ids) == 1
        gp.patch(demo, CLEAN, CLEAN.replace("Mary", word, 1))  # it does fit


def test_a_gap_near_zero_gives_raw_values_only(demo: Any) -> None:
    """Two prompts that the metric cannot tell apart: here by an answer that neither has to do with."""
    maps = gp.patch(demo, CLEAN, CORRUPTED, metric=lambda logits: logits[0, -1, 0] * 0 + 3)
    assert maps.normalised is None
    assert "would mean nothing" in str(maps.data.refused)
    np.testing.assert_allclose(maps.raw, 3)


@pytest.mark.parametrize("family", ["bert_masked", "t5", "distilbert"])
def test_models_that_read_both_ways_are_refused(family: str) -> None:
    from tiny_models import tokenizer_of

    with pytest.raises(GlasspaneError, match="from left to right") as caught:
        gp.patch(make_model(family), tokenizer_of(family), "the capital of paris", "the capital of rome")
    assert caught.value.code == "unsupported_model"


def test_activations_that_are_not_finite_are_named() -> None:
    model = make_model("gpt2")
    with torch.no_grad():
        model.transformer.h[1].mlp.c_fc.weight[0, 0] = torch.nan
    with pytest.raises(GlasspaneError, match="not finite"):
        gp.patch(model, tokenizer("byte_level"), "The capital of France", "The capital of Spain")


def test_models_without_gradients_are_patched_exactly_and_not_estimated() -> None:
    """Made under inference_mode: the numbers are those of the same weights made outside."""
    with torch.inference_mode():
        model = make_model("gpt2")
    words = tokenizer("byte_level")
    asked = ("The capital of France", "The capital of Spain")
    found = gp.patch(model, words, *asked)
    np.testing.assert_allclose(found.raw, gp.patch(make_model("gpt2"), words, *asked).raw, atol=1e-5)
    seen: list[Any] = []
    pair = PromptPair(clean=TextPrompt(text=asked[0]), corrupted=TextPrompt(text=asked[1]))
    patching.patch(gp.subject(model, words), PatchRequest(pairs=[pair]), lambda *told: seen.append(told))
    assert seen
    with pytest.raises(GlasspaneError, match="nothing can be estimated"):
        gp.patch(model, words, *asked, exact=0.5)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("family", FAMILIES)
def test_half_precision_is_swept_to_its_rounding(family: str, dtype: torch.dtype) -> None:
    """Against float32, within two roundings of the logits' size for each layer passed."""
    words, asked = tokenizer("byte_level"), ("The capital of France", "The capital of Spain")
    found = gp.patch(make_model(family).to(dtype), words, *asked, answer=(5, 9), site="attn_out")
    assert found.data.check.way == "fast"
    whole = gp.patch(make_model(family), words, *asked, answer=(5, 9), site="attn_out")
    size = max(abs(whole.clean_value), abs(whole.corrupted_value), 1.0)
    assert np.abs(found.raw - whole.raw).max() <= 32 * torch.finfo(dtype).eps * size
