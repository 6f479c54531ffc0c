"""The fast sweep. Truth: a whole forward pass with hooks per cell, and transformer_lens' own patching, in float64."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from pairs import FAMILIES, RIGHT, WRONG, given, ids_of, runs_of, subject_of
from torch import Tensor

from glasspane.causal.anatomy import Anatomy
from glasspane.causal.cells import Cell, GridShape, grid_shape
from glasspane.causal.metrics import Metric, answer_metric, kl_metric, loss_metric
from glasspane.causal.plain import patched_value, patched_values
from glasspane.causal.recording import record, record_both
from glasspane.causal.runs import PairOfRuns
from glasspane.causal.sites import SITES
from glasspane.causal.sweep import SuffixSweep
from glasspane.kernel.progress import silent
from glasspane.subjects.guard import unharmed
from glasspane.subjects.lens_bridge import bridge

EVERY_MAP = [(site, grid) for site in SITES.values() for grid in site.grids]


def swept(runs: PairOfRuns, cells: list[Cell]) -> dict[Cell, float]:
    """Every cell's value, those known to change nothing included."""
    left = [cell for cell in cells if not runs.no_op(cell)]
    sweep = SuffixSweep(runs.anatomy, runs.base, runs.other, runs.first, runs.metric)
    found = sweep.values(left, silent)
    assert len(found) == len(left)
    return {cell: found.get(cell, runs.base_value) for cell in cells}


def plain(runs: PairOfRuns, cell: Cell) -> float:
    return patched_value(runs.anatomy, runs.base, runs.other, cell, runs.metric)


def every_cell(runs: PairOfRuns) -> list[Cell]:
    shapes = [grid_shape(site, grid, runs.base) for site, grid in EVERY_MAP]
    return [cell for shape in shapes for cell in shape.cells()]


@pytest.mark.wide
@pytest.mark.parametrize("noising", [False, True])
@pytest.mark.parametrize("first", [0, 4, 8])
@pytest.mark.parametrize("family", FAMILIES)
def test_every_cell_is_what_a_whole_forward_pass_gives(family: str, first: int, noising: bool) -> None:
    """Every site and map in one sweep; shared and unshared prefixes, the last position alone among them."""
    subject = subject_of(family)
    with unharmed(subject):
        runs = runs_of(subject, first, noising)
        cells = every_cell(runs)
        found = swept(runs, cells)
        largest = max(abs(found[cell] - plain(runs, cell)) for cell in cells)
    assert largest <= 1e-10


@pytest.mark.parametrize("family", ["gpt2", "qwen3", "gemma2"])
def test_cells_side_by_side_are_those_one_by_one(family: str) -> None:
    """Whole passes of many cells as rows of one batch: every site at once, two of one layer among them."""
    with unharmed(subject := subject_of(family)):
        runs = runs_of(subject, 3)
        cells = every_cell(runs)[::7]
        together = patched_values(runs.anatomy, runs.base, runs.other, cells, runs.metric)
        alone = [plain(runs, cell) for cell in cells]
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-10)


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_what_is_the_same_in_both_runs_is_not_computed(family: str) -> None:
    """The first stream differs where the tokens do, whatever comes before or behind."""
    with unharmed(subject := subject_of(family)):
        runs = runs_of(subject, 0)
        cells = grid_shape(SITES["resid_pre"], "position", runs.base).cells()
        assert {cell.position for cell in cells if cell.layer == 0 and not runs.no_op(cell)} == {0, 2}
        assert not any(runs.no_op(cell) for cell in cells if cell.layer == 1)
        for cell in cells:
            if runs.no_op(cell):
                assert plain(runs, cell) == pytest.approx(runs.base_value, abs=1e-12)


@pytest.mark.parametrize("family", FAMILIES)
def test_both_prompts_in_one_pass_are_recorded_as_they_are_alone(family: str) -> None:
    with unharmed(subject := subject_of(family)):
        anatomy = Anatomy(subject)
        ids = ids_of(3)
        together = record_both(anatomy, *(given(one) for one in ids))
        with torch.no_grad():
            alone = [record(anatomy, given(one)) for one in ids]
        runs = runs_of(subject, 3)
        cells = every_cell(runs)
        other = replace(runs, base=together[1], other=together[0])
        np.testing.assert_allclose(
            list(swept(other, cells).values()), list(swept(runs, cells).values()), rtol=0, atol=1e-10
        )
    for ours, theirs in zip(together, alone, strict=True):
        torch.testing.assert_close(ours.logits, theirs.logits, rtol=0, atol=1e-10)
        for layer, expected in zip(ours.layers, theirs.layers, strict=True):
            for site, tensor in expected.seen.items():
                torch.testing.assert_close(layer.seen[site], tensor, rtol=0, atol=1e-10)


def _metrics() -> dict[str, Metric]:
    clean, _ = ids_of(3)
    weights = torch.randn(600, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return {
        "one answer": answer_metric("logit_difference", RIGHT, None),
        "log_prob": answer_metric("log_prob", RIGHT, None),
        "prob": answer_metric("prob", RIGHT, WRONG),
        "kl": kl_metric(weights),
        "loss": loss_metric(clean[0], RIGHT),
        "loss of the prompt": loss_metric(clean[0], None),
    }


@pytest.mark.parametrize("metric", list(_metrics()))
@pytest.mark.parametrize("family", ["gpt2", "gemma2"])
def test_every_metric_reads_what_it_would_in_a_whole_pass(family: str, metric: str) -> None:
    """Metrics that read every position among them; Gemma 2 caps its logits."""
    subject = subject_of(family)
    with unharmed(subject):
        runs = runs_of(subject, 3, metric=_metrics()[metric])
        cells = every_cell(runs)
        found = swept(runs, cells)
        largest = max(abs(found[cell] - plain(runs, cell)) for cell in cells)
    assert largest <= 1e-10


_LENS: dict[str, tuple[str, str]] = {
    "resid_pre": ("get_act_patch_resid_pre", ""),
    "attn_out": ("get_act_patch_attn_out", ""),
    "mlp_out": ("get_act_patch_mlp_out", ""),
    "z": ("get_act_patch_attn_head_out_by_pos", "get_act_patch_attn_head_out_all_pos"),
    "q": ("get_act_patch_attn_head_q_by_pos", "get_act_patch_attn_head_q_all_pos"),
    "k": ("get_act_patch_attn_head_k_by_pos", "get_act_patch_attn_head_k_all_pos"),
    "v": ("get_act_patch_attn_head_v_by_pos", "get_act_patch_attn_head_v_all_pos"),
    "pattern": ("get_act_patch_attn_head_pattern_by_pos", "get_act_patch_attn_head_pattern_all_pos"),
}


def _difference(logits: Tensor) -> Tensor:
    return logits[0, -1, RIGHT] - logits[0, -1, WRONG]


def _by_lens(subject: Any, clean: Tensor, corrupted: Tensor, shape: GridShape) -> np.ndarray[Any, Any]:
    """transformer_lens' own maps, ordered as ours: but for patterns it puts positions before heads."""
    from transformer_lens import patching

    lens = bridge(subject)
    with torch.no_grad():
        _, cache = lens.run_with_cache(clean)
        by_position, over_all = _LENS[shape.site.name]
        name = over_all if shape.grid == "head" else by_position
        before = torch.get_default_dtype()
        torch.set_default_dtype(torch.float64)  # which transformer_lens keeps results in
        try:
            found = getattr(patching, name)(lens, corrupted, cache, _difference).numpy()
        finally:
            torch.set_default_dtype(before)
    positions_first = shape.grid == "head_position" and shape.site.name != "pattern"
    return found.transpose(0, 2, 1) if positions_first else found


@pytest.mark.parametrize("family", FAMILIES)
def test_maps_are_those_of_transformer_lens(family: str) -> None:
    """In float64, with the attention that the bridge computes by: eager, but torch's for GPT-NeoX."""
    subject = subject_of(family, "sdpa" if family == "neox" else "eager")
    clean, corrupted = ids_of(3)
    with unharmed(subject):
        runs = runs_of(subject, 3)
        shapes = [grid_shape(site, grid, runs.base) for site, grid in EVERY_MAP]
        found = swept(runs, [cell for shape in shapes for cell in shape.cells()])
    for shape in shapes:
        ours = np.array([found[cell] for cell in shape.cells()])
        theirs = _by_lens(subject, clean, corrupted, shape)
        assert theirs.size == ours.size, shape.site.name
        np.testing.assert_allclose(
            ours.reshape(theirs.shape), theirs, rtol=0, atol=1e-10, err_msg=f"{shape.site.name} {shape.grid}"
        )
