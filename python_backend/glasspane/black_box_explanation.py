"""On which pieces of a prompt an answer depends, as a Python object that displays itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .display.terminal import safe
from .protocol.black_box import BlackBoxResult, PieceScore
from .saved_result import SavedResult

if TYPE_CHECKING:
    import pandas as pd


class BlackBoxExplanation(SavedResult[BlackBoxResult]):
    """Scores of words, sentences or messages, found by asking alone. ``data`` is the typed result itself."""

    @property
    def pieces(self) -> list[PieceScore]:
        """In the order of the prompt; ``start`` and ``end`` are code points of ``data.text``."""
        return self.data.pieces

    @property
    def answer(self) -> str:
        """The answer in question."""
        return self.data.answer

    @property
    def sentences(self) -> list[str]:
        """All that was found, to be read aloud."""
        from .display.black_box import sentences

        return sentences(self.data)

    def to_frame(self) -> pd.DataFrame:
        """One row per piece: text, start, end, role, score, the interval's low, high and level, and whether it tells
        (False: no better than noise; None: there is no interval). What is not known is None."""
        import pandas as pd

        segments = self.data.segments
        return pd.DataFrame(
            [
                {
                    "text": each.text,
                    "start": each.start,
                    "end": each.end,
                    "role": None if each.segment is None else segments[each.segment].role,
                    "score": each.score,
                    "low": None if each.interval is None else each.interval.low,
                    "high": None if each.interval is None else each.interval.high,
                    "level": None if each.interval is None else each.interval.level,
                    "tells": each.tells,
                }
                for each in self.pieces
            ]
        )

    def html(self) -> str:
        from .display.black_box import page

        return page(self.data)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from .display.black_box import fragment, lines

        return {"text/plain": "\n".join(lines(self.data)), "text/html": fragment(self.data)}

    def __repr__(self) -> str:
        return safe(f"<BlackBoxExplanation of {self.data.model}: {self.data.sentence}>")
