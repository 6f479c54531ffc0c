"""An attribution result as a Python object that displays itself."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .protocol import MIME_TYPE, AttributionResult, Checks, Cost, MethodCard, Prediction, TargetCard, Token

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


class Explanation:
    """Scores of a prompt's tokens for a target, with the evidence of how far to trust them.

    In a notebook it displays as an interactive heatmap; ``data`` is the typed result itself.
    """

    def __init__(self, data: AttributionResult) -> None:
        self.data = data

    @property
    def tokens(self) -> list[Token]:
        """Input tokens; ``start`` and ``end`` are code points of :attr:`text`."""
        return self.data.tokens

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        """[target, token], signed where the method is, in units of the score function."""
        import numpy as np

        return np.asarray(self.data.scores, dtype=np.float64)

    @property
    def text(self) -> str:
        return self.data.text

    @property
    def target(self) -> TargetCard:
        return self.data.target

    @property
    def predictions(self) -> list[Prediction]:
        return self.data.predictions

    @property
    def method(self) -> MethodCard:
        return self.data.method

    @property
    def checks(self) -> Checks:
        return self.data.checks

    @property
    def warnings(self) -> list[str]:
        return self.data.warnings

    @property
    def cost(self) -> Cost:
        return self.data.cost

    def to_frame(self) -> pd.DataFrame:
        """One row per token: text, start, end, id, special, score, share of Σ|score| and, where scores were
        estimated by sampling, margin (half the 95 % interval). Of several targets: score_0, score_1, … instead."""
        import pandas as pd

        from .display.words import rows

        frame = pd.DataFrame(
            [
                {"text": t.text, "start": t.start, "end": t.end, "id": t.id, "special": t.special}
                for t in self.tokens
            ]
        )
        if len(self.data.scores) == 1:
            frame["score"] = self.data.scores[0]
            frame["share"] = [row.share for row in rows(self.data)]
            if self.data.margins is not None:
                frame["margin"] = self.data.margins[0]
        else:
            for index, scores in enumerate(self.data.scores):
                frame[f"score_{index}"] = scores
        return frame

    def save(self, path: str | Path) -> Path:
        """Write the result as JSON (``gp.load`` reads it back), or as a page if the name ends in .html."""
        path = Path(path)
        text = self.html() if path.suffix in (".html", ".htm") else self.json()
        path.write_text(text, encoding="utf-8")
        return path

    def json(self) -> str:
        return self.data.model_dump_json()

    def html(self) -> str:
        """A self-contained page: no script, no network."""
        from .display.html import document

        return document(self.data)

    def svg(self) -> str:
        """The heat strip as an image."""
        from .display.svg import strip

        return strip(self.data)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        from .display.html import fragment
        from .display.terminal import report

        return {
            MIME_TYPE: self.data.model_dump(mode="json"),
            "text/html": fragment(self.data),
            "image/svg+xml": self.svg(),
            "text/plain": report(self.data, colour=False),
        }

    def __repr__(self) -> str:
        from .display.words import headline

        return f"<Explanation of {self.data.subject.name}: {headline(self.data)}; {len(self.tokens)} tokens>"


def load(path: str | Path) -> Explanation:
    """Read what :meth:`Explanation.save` wrote; raises ``bad_request`` for anything else."""
    from pydantic import ValidationError

    from .errors import GlasspaneError

    try:
        return Explanation(AttributionResult.model_validate_json(Path(path).read_text("utf-8")))
    except (ValidationError, UnicodeDecodeError) as problem:
        raise GlasspaneError(
            "bad_request",
            f"{path} is not a saved explanation.",
            "Give a .json file that .save() wrote with this version.",
            detail=str(problem),
        ) from problem
