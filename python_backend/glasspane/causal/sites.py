"""Where activations can be patched: one row per site, under TransformerLens' names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..protocol import GridName, SiteName

Grid: TypeAlias = GridName
"""What the columns beside the layers are: ``[layer, pos]``, ``[layer, head]``, ``[layer, head, pos]``."""


@dataclass(frozen=True)
class Site:
    """One kind of activation.

    ``grids``: the maps it can be shown as, the usual one first. ``heads``: which heads it has: those of the
    queries, those of keys and values (fewer, where queries are grouped), or none. ``reaches_on``: whether
    patching position p changes the same layer's output at later positions too, as keys and values do.
    """

    name: SiteName
    label: str
    grids: tuple[Grid, ...]
    heads: Literal["none", "query", "key_value"] = "none"
    reaches_on: bool = False


_BY_HEAD: tuple[Grid, ...] = ("head", "head_position")

SITES: dict[SiteName, Site] = {
    site.name: site
    for site in (
        Site("resid_pre", "Residual stream before the layer", ("position",), reaches_on=True),
        Site("attn_out", "Attention output", ("position",)),
        Site("mlp_out", "MLP output", ("position",)),
        Site("z", "Head output", _BY_HEAD, "query"),
        Site("q", "Queries", _BY_HEAD, "query"),
        Site("k", "Keys", _BY_HEAD, "key_value", reaches_on=True),
        Site("v", "Values", _BY_HEAD, "key_value", reaches_on=True),
        Site("pattern", "Attention pattern", _BY_HEAD, "query"),
    )
}
"""A new site is a row here, its z or its write in :mod:`glasspane.causal.entries`, and an oracle test."""
