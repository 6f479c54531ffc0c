"""Which token of one prompt stands where in another: what is the same, replaced, removed and added."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Literal, NamedTuple

from ...protocol import Token

Change = Literal["same", "replaced", "removed", "added"]


class Aligned(NamedTuple):
    """Indices of a token before and its counterpart after; None where there is none."""

    before: int | None
    after: int | None
    change: Change


def aligned(before: Sequence[Token], after: Sequence[Token]) -> list[Aligned]:
    """Every token of both, each once and in order.

    Stretches that both have are matched, longest first (difflib, after Ratcliff & Obershelp). What stands
    between two of them in both was replaced, token by token in order; what is left over of the longer one
    was removed or added.
    """
    one, other = _names(before, after)
    rows: list[Aligned] = []
    for name, i, i_end, j, j_end in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        for left, right in zip_longest(range(i, i_end), range(j, j_end)):
            if left is None:
                rows.append(Aligned(None, right, "added"))
            elif right is None:
                rows.append(Aligned(left, None, "removed"))
            else:
                rows.append(Aligned(left, right, "same" if name == "equal" else "replaced"))
    return rows


def _names(before: Sequence[Token], after: Sequence[Token]) -> tuple[list[Hashable], list[Hashable]]:
    """Ids, for they are what a model reads; texts where the two were not read with one vocabulary."""
    if _one_vocabulary(before, after):
        return [token.id for token in before], [token.id for token in after]
    one, other = (
        [(token.text.strip() or token.text, token.special) for token in side] for side in (before, after)
    )
    return list(one), list(other)


def _one_vocabulary(before: Sequence[Token], after: Sequence[Token]) -> bool:
    """Whether no id has two texts (but for their case, which tokenizers fold) and no text two ids."""
    texts = {token.id: token.text.strip().casefold() for token in before}
    ids: dict[str, set[int]] = {}
    for token in before:
        ids.setdefault(token.text, set()).add(token.id)
    return all(
        texts.get(token.id, token.text.strip().casefold()) == token.text.strip().casefold()
        and token.id in ids.get(token.text, {token.id})
        for token in after
    )
