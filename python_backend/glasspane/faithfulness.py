"""The check of an explanation as a Python object that displays itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .display.terminal import safe
from .protocol import FaithfulnessCurve, FaithfulnessFigure, FaithfulnessResult, Verdict
from .saved_result import SavedResult

if TYPE_CHECKING:
    import pandas as pd


class Faithfulness(SavedResult[FaithfulnessResult]):
    """How far an explanation says what the model does: figures, each beside those of random rankings.

    ``data`` is the typed result itself.
    """

    @property
    def sentence(self) -> str:
        """The overall verdict in words."""
        return self.data.sentence

    @property
    def verdict(self) -> Verdict:
        return self.data.verdict

    @property
    def figures(self) -> dict[str, FaithfulnessFigure]:
        """By name, in the order in which they are shown."""
        return {figure.name: figure for figure in self.data.figures}

    @property
    def curves(self) -> dict[str, FaithfulnessCurve]:
        """``deletion`` and ``insertion``: the answer's probability as tokens go or come."""
        return {curve.name: curve for curve in self.data.curves}

    def to_frame(self) -> pd.DataFrame:
        """One row per figure, indexed by name: label, value, better, random_mean, random_low, random_high,
        as_good, verdict, unit, sentence. A figure that cannot be given has no value, and says why."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "name": figure.name,
                    "label": figure.label,
                    "value": figure.value,
                    "better": figure.direction,
                    "random_mean": figure.random_mean,
                    "random_low": figure.random_low,
                    "random_high": figure.random_high,
                    "as_good": figure.as_good,
                    "verdict": figure.verdict,
                    "unit": figure.unit,
                    "sentence": figure.sentence,
                }
                for figure in self.data.figures
            ]
        ).set_index("name")

    def svg(self) -> str | None:
        """The deletion and insertion curves beside random rankings, as an image; None where there are none."""
        from .display.curves import curves

        return curves(self.data)

    def html(self) -> str:
        """A self-contained page: no script, no network."""
        from .display.checks import fragment
        from .display.html import page

        return page(f"Check of {self.data.method.label} on {self.data.subject.name}", fragment(self.data))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        from .display.checks import fragment, report

        return {"text/html": fragment(self.data), "text/plain": report(self.data)}

    def __repr__(self) -> str:
        return safe(
            f"<Faithfulness of {self.data.method.label} on {self.data.subject.name}: {self.sentence}>"
        )
