"""Which pieces are there → the answer's value: each set of pieces is asked once."""

from __future__ import annotations

import torch
from torch import Tensor

from ..kernel.progress import Report, part_of
from ..protocol import Prompt
from .measuring import Measure, Measured
from .pieces import CutPrompt

Row = tuple[bool, ...]
"""Of every piece, whether it is there."""


class Game:
    """The values known by now, in the order in which their versions of the prompt were first asked.

    ``most``: how many versions there will be, for the progress alone.
    """

    def __init__(self, cut: CutPrompt, measure: Measure, report: Report, most: int) -> None:
        self._cut, self._measure, self._report, self._most = cut, measure, report, most
        self.count = len(cut.pieces)
        self.known: dict[Row, Measured] = {}

    @property
    def all(self) -> Row:
        return (True,) * self.count

    @property
    def none(self) -> Row:
        return (False,) * self.count

    @property
    def rows(self) -> list[Row]:
        return list(self.known)

    def ask(self, kept: Tensor) -> Tensor:
        """``kept`` [masking, piece], bool → values [masking].

        Raises what the source and the budget raise; what is known by then stays in :attr:`known`.
        """
        rows = [tuple(row) for row in kept.tolist()]
        new = [row for row in dict.fromkeys(rows) if row not in self.known]
        if new:
            start = len(self.known) / max(self._most, 1)
            end = min(1.0, (len(self.known) + len(new)) / max(self._most, 1))
            self._measure(
                [self.prompt(row) for row in new],
                part_of(self._report, min(start, 1.0), end),
                lambda at, value: self.known.__setitem__(new[at], value),
            )
        return torch.tensor([self.known[row].value for row in rows], dtype=torch.float64)

    def prompt(self, row: Row) -> Prompt:
        return self._cut.with_only(row)
