"""Every edge's effect to first order, from two forward passes and one backward.

EAP (Syed et al. 2023, arXiv:2310.10348): what a source writes differently in the other run, times the metric's slope
where the target reads it. With ``steps`` above 1 the slope is averaged on the way from the base to the other run
(EAP-IG, Hanna et al. 2024, arXiv:2403.17806), which misses fewer edges where the metric is flat at the base.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from ..subjects.architecture import Meter
from .anatomy import Anatomy
from .graph import Edge, Graph, Node
from .node_writes import changes, graph_of
from .projections import HeadInputs, back_through, projections_of
from .recording import Watched, record
from .records import LayerRecord, Recording
from .runs import PairOfRuns

Scores = dict[Edge, float]


def edge_scores(runs: PairOfRuns, steps: int, meter: Meter) -> Scores:
    """Estimated change of the metric when one edge alone carries the other run's activation, summed over positions."""
    anatomy = runs.anatomy
    base, other = runs.base.detached(), runs.other.detached()
    with torch.no_grad():
        written = changes(anatomy, base, other)
    graph = graph_of(anatomy, base)
    slopes: dict[tuple[Node, str], Tensor] = {}
    for step in range(steps):
        for place, slope in _slopes(runs, graph, other, step / steps, meter).items():
            slopes[place] = slopes.get(place, torch.zeros_like(slope)) + slope.detach() / steps
    sources, places = list(written), list(slopes)
    found = _rows(written[source] for source in sources) @ _rows(slopes[place] for place in places).T
    row = {source: index for index, source in enumerate(sources)}
    column = {place: index for index, place in enumerate(places)}
    values = found.tolist()
    return {edge: values[row[edge.source]][column[edge.target, edge.into]] for edge in graph.edges()}


def _rows(each: Iterable[Tensor]) -> Tensor:
    """[row, token × dim]"""
    return torch.stack([one.flatten() for one in each])


def watched_projections(anatomy: Anatomy) -> Watched:
    """Watches what makes every layer's queries, keys and values."""
    return Watched([module for each in anatomy.attentions for module in projections_of(each)])


def _slopes(
    runs: PairOfRuns, graph: Graph, other: Recording, share: float, meter: Meter
) -> dict[tuple[Node, str], Tensor]:
    """∂metric/∂stream [token, dim] as each input reads it, ``share`` of the way from the base to the other run."""
    anatomy = runs.anatomy
    width = int(runs.base.layers[0].query.shape[-1])
    inputs = [
        HeadInputs(attention, graph.heads, graph.key_value_heads, width) for attention in anatomy.attentions
    ]
    run, watched = runs.base, runs.watched
    if share > 0 or watched is None or not run.logits.requires_grad:
        watched = watched_projections(anatomy)
        start = runs.base.layers[0].resid_pre.detach()
        moved = start + share * (other.layers[0].resid_pre - start)
        with torch.enable_grad():
            run = record(
                anatomy,
                runs.base.given,
                runs.metric.keep,
                meter,
                watched=watched,
                start=(lambda stream: moved[None].to(stream.dtype)) if share > 0 else None,
            )
    with torch.enable_grad():
        value = runs.metric(run.logits[None])[0]
    meter.backwards += 1
    names = ("resid_pre", "attn_out", "resid_post")
    stream = [layer.seen[name] for layer in run.layers for name in names]
    modules = [module for each in inputs for module in each.modules]
    at = [*stream, *(watched.outputs[id(module)] for module in modules)]
    hanging = [tensor for tensor in at if tensor.requires_grad]
    found = dict(
        zip(
            map(id, hanging),
            torch.autograd.grad(value, hanging, retain_graph=True, allow_unused=True),
            strict=True,
        )
    )
    gradients = [_or_zero(found.get(id(tensor)), tensor) for tensor in at]
    by_module = dict(zip(map(id, modules), gradients[len(stream) :], strict=True))
    slopes: dict[tuple[Node, str], Tensor] = {(graph.logits, "logits"): gradients[len(stream) - 1][0]}
    for index, (layer, each) in enumerate(zip(run.layers, inputs, strict=True)):
        before, attention, after = gradients[3 * index : 3 * index + 3]
        read = _head_slopes(each, by_module, watched, layer)
        group = graph.heads // graph.key_value_heads
        for (kind, head), slope in read.items():
            slopes[Node(index, "head", head if kind == "q" else head * group), kind] = slope
        by_heads = torch.stack(list(read.values())).sum(0)
        # What the MLP reads is what is left: of the stream between attention and MLP, or before both.
        own = (before[0] - after[0] - by_heads) if graph.parallel else (attention[0] - after[0])
        slopes[Node(index, "mlp"), "mlp"] = own
    return slopes


def _or_zero(gradient: Tensor | None, tensor: Tensor) -> Tensor:
    return torch.zeros_like(tensor) if gradient is None else gradient


def _head_slopes(
    inputs: HeadInputs, by_module: dict[int, Tensor], watched: Watched, layer: LayerRecord
) -> dict[tuple[str, int], Tensor]:
    """Per input of each head: back through its matrix, and through the norm before it, one head at a time."""
    each = inputs.each()
    behind_norm = torch.stack(
        [back_through(made, by_module[id(made.module)][0][:, made.columns]) for _, _, made in each]
    )
    normed = watched.inputs[id(inputs.modules[0])]
    (before,) = torch.autograd.grad(
        normed, layer.seen["resid_pre"], behind_norm[:, None], retain_graph=True, is_grads_batched=True
    )
    return {(kind, head): slope for (kind, head, _), slope in zip(each, before[:, 0], strict=True)}
