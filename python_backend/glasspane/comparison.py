"""Several methods on one prompt as a Python object that displays itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from .display.terminal import safe
from .errors import GlasspaneError
from .protocol import ComparisonResult, ComparisonRow, TargetCard, Token
from .saved_result import DrawnResult

if TYPE_CHECKING:
    import pandas as pd


class Comparison(DrawnResult[ComparisonResult]):
    """What several methods say of one prompt, how far they agree, and where one stands alone.

    ``data`` is the typed result itself. A method that refused is a row with a ``problem`` and no scores.
    """

    @property
    def tokens(self) -> list[Token]:
        """Input tokens; ``start`` and ``end`` are code points of ``data.text``."""
        return self.data.tokens

    @property
    def target(self) -> TargetCard:
        return self.data.target

    @property
    def rows(self) -> dict[str, ComparisonRow]:
        """By the method's name within a sentence, in the order asked."""
        return {row.label: row for row in self.data.rows}

    @property
    def sentences(self) -> list[str]:
        """Where one method stands alone, or that none does."""
        return self.data.sentences

    @property
    def warnings(self) -> list[str]:
        return self.data.warnings

    def to_frame(self, values: Literal["scores", "shares"] = "scores") -> pd.DataFrame:
        """One row per token: text, start, end, id, special, then a column for every method: its ``scores``
        (units of the score function) or the ``shares`` of Σ|score| over written tokens. A method that refused
        has no column. Raises ``bad_option`` for other ``values``."""
        import pandas as pd

        _refuse_unknown("values", values, ("scores", "shares"))
        frame = pd.DataFrame(
            [
                {"text": t.text, "start": t.start, "end": t.end, "id": t.id, "special": t.special}
                for t in self.tokens
            ]
        )
        for row in self.data.rows:
            if row.problem is None:
                frame[row.label] = row.scores if values == "scores" else row.shares
        return frame

    def agreement(self, figure: Literal["spearman", "overlap"] = "spearman") -> pd.DataFrame:
        """[method, method]: rank correlation of sizes, or the share of strongest tokens in common; NaN where
        there is none. Raises ``bad_option`` for another ``figure``."""
        import pandas as pd

        _refuse_unknown("figure", figure, ("spearman", "overlap"))
        labels = [row.label for row in self.data.rows]
        cells = [
            [None if pair is None else getattr(pair, figure) for pair in row] for row in self.data.agreement
        ]
        return pd.DataFrame(cells, index=labels, columns=labels, dtype=float)

    def html(self) -> str:
        """A self-contained page: no script, no network."""
        from .display.comparison import fragment, headline
        from .display.html import page

        return page(headline(self.data), fragment(self.data))

    def svg(self) -> str:
        """A heat strip for every method, as an image."""
        from .display.comparison import image

        return image(self.data)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        from .display.comparison import fragment, report

        return {
            "text/html": fragment(self.data),
            "image/svg+xml": self.svg(),
            "text/plain": report(self.data),
        }

    def __repr__(self) -> str:
        from .display.comparison import headline

        return safe(
            f"<Comparison on {self.data.subject.name}: {headline(self.data)}; {len(self.tokens)} tokens>"
        )


def _refuse_unknown(what: str, given: str, known: tuple[str, ...]) -> None:
    """A misspelt name must not pass for another table."""
    if not isinstance(given, str) or given not in known:
        raise GlasspaneError("bad_option", f"{what} cannot be {given!r}.", f"Choose {' or '.join(known)}.")
