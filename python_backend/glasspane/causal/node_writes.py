"""What each node of the graph wrote in one run, and writes differently in another."""

from __future__ import annotations

import torch
from torch import Tensor

from .anatomy import Anatomy
from .graph import Graph, Node
from .layer_calls import after_attention
from .projections import head_writes
from .records import Recording


def graph_of(anatomy: Anatomy, recording: Recording) -> Graph:
    """The graph of a subject whose run was recorded."""
    layer = recording.layers[0]
    return Graph(
        anatomy.count, int(layer.query.shape[0]), int(layer.key.shape[0]), _is_parallel(recording, anatomy)
    )


def changes(anatomy: Anatomy, base: Recording, other: Recording) -> dict[Node, Tensor]:
    """What each node adds to the stream in the other run less what it adds in the base run, [token, dim].

    Of heads behind a norm of their own (Gemma 2), what the layer's attention would write with that one head
    changed: there their changes do not add up to the layer's.
    """
    found = {Node(-1, "embed"): other.layers[0].resid_pre - base.layers[0].resid_pre}
    for index, (here, there) in enumerate(zip(base.layers, other.layers, strict=True)):
        heads = range(here.z.shape[1])
        if anatomy.post_normed:
            for head in heads:
                z = here.z.clone()
                z[:, head] = there.z[:, head]
                found[Node(index, "head", head)] = anatomy.writes(index, z) - here.attn_out
        else:
            written = head_writes(anatomy.projection(index), there.z - here.z)
            found |= {Node(index, "head", head): written[head] for head in heads}
        found[Node(index, "mlp")] = there.mlp_out - here.mlp_out
    return found


def _is_parallel(recording: Recording, anatomy: Anatomy) -> bool:
    """Whether MLPs read what attention reads (GPT-NeoX, GPT-J): asked of the first layer itself."""
    mlp = anatomy.mlp(0)
    if mlp is None:
        return False
    layer, first = recording.layers[0], torch.zeros(1, dtype=torch.long)
    seen: list[Tensor] = []
    handle = mlp.register_forward_pre_hook(lambda _module, given: seen.append(given[0].detach()))
    try:
        with torch.no_grad():
            for scale in (1.0, 2.0):
                after_attention(anatomy, 0, recording, first, scale * layer.attn_out[:1])
    finally:
        handle.remove()
    return len(seen) == 2 and torch.equal(seen[0], seen[1])
