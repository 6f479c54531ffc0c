"""An attribution result as a Python object that displays itself."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .display.terminal import safe
from .protocol import MIME_TYPE, AttributionResult, Checks, Cost, MethodCard, Prediction, TargetCard, Token
from .saved_result import csv_of
from .subjects.remembered import Remembered

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from .faithfulness import Faithfulness
    from .grain import Grain, Group
    from .subjects import Subject


class Explanation:
    """Scores of a prompt's tokens for a target, with the evidence of how far to trust them.

    In a notebook it displays as an interactive heatmap; ``data`` is the typed result itself.
    ``subject`` is what was explained: it is remembered, not kept alive, so that :meth:`check` can ask
    it as long as its owner has it. ``faithfulness`` is the last check, or None.
    """

    def __init__(self, data: AttributionResult, subject: Subject | None = None) -> None:
        self.data = data
        self.faithfulness: Faithfulness | None = None
        self._subject = None if subject is None else Remembered(subject)

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

    def check(self, *, replacement: str = "default", seed: int = 0, rankings: int = 40) -> Faithfulness:
        """Is this better than a random ranking? See :func:`glasspane.check`, which takes the same options.

        Works in the process that made the explanation, while its model is there. Raises
        ``no_subject`` otherwise: a loaded explanation is checked by ``gp.check(subject, explanation)``.
        """
        from .api import check
        from .errors import GlasspaneError

        subject = None if self._subject is None else self._subject.recalled()
        if subject is None:
            raise GlasspaneError(
                "no_subject",
                "This explanation no longer knows the model that it explains.",
                "Call gp.check(model, tokenizer, explanation).",
            )
        return check(subject, self, replacement=replacement, seed=seed, rankings=rankings)

    def aggregate(self, by: Grain = "word") -> list[Group]:
        """Tokens joined into words, sentences, lines or messages by signed sums: no score is lost.

        A special token stays alone and no group reaches across two messages. A sentence ends at . ! or ?
        before white space, or at a line end. Raises ``bad_option`` for another ``by``.
        """
        from .grain import grouped

        return grouped(self.data, by)

    def masses(self) -> pd.DataFrame:
        """How much of the explanation falls to each role: one row for system, user, assistant, …, completion.

        Indexed by role: tokens, score (signed sum), mass (Σ|score|) and share of all mass. Tokens that the
        chat template wrote are "template", those that the tokenizer added to a plain text "added", and a
        plain prompt's own are "prompt". Of several targets, their sum. Together the rows hold every score.
        """
        import pandas as pd

        from .masses import masses_by_role

        return pd.DataFrame([vars(mass) for mass in masses_by_role(self.data)]).set_index("role")

    def to_frame(self, by: Grain = "token") -> pd.DataFrame:
        """One row per token: text, start, end, id, special, score, share of Σ|score| and, where scores were
        estimated by sampling, margin (half the 95 % interval). Of several targets: score_0, score_1, … instead.

        ``by`` "word", "sentence", "line" or "message" joins tokens as :meth:`aggregate` does: role and
        tokens (their indices) stand in place of id; margins are left out, for sums of tokens that were
        estimated together have other ones. Raises ``bad_option`` for another ``by``.
        """
        import pandas as pd

        from .display.words import rows
        from .grain import checked_grain

        if checked_grain(by) != "token":
            return self._joined_frame(by)
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

    def _joined_frame(self, by: Grain) -> pd.DataFrame:
        import pandas as pd

        from .display.words import rows

        groups = self.aggregate(by)
        frame = pd.DataFrame(
            [
                {"text": g.text, "start": g.start, "end": g.end, "special": g.special, "role": g.role,
                 "tokens": list(g.tokens)}
                for g in groups
            ]
        )  # fmt: skip
        if len(self.data.scores) == 1:
            frame["score"] = [group.scores[0] for group in groups]
            frame["share"] = [row.share for row in rows(self.data, by=by)]
        else:
            for index in range(len(self.data.scores)):
                frame[f"score_{index}"] = [group.scores[index] for group in groups]
        return frame

    def save(self, path: str | Path) -> Path:
        """Write the result as JSON (``gp.load`` reads it back); as a report if the name ends in .html, as the
        heat strip if it ends in .svg, as the table of :meth:`to_frame` if it ends in .csv."""
        path = Path(path)
        form = {".html": self.html, ".htm": self.html, ".svg": self.svg, ".csv": self._csv}
        text = form.get(path.suffix.lower(), self.json)()
        path.write_text(text, encoding="utf-8")
        return path

    def _csv(self) -> str:
        return csv_of(self.to_frame())

    def json(self) -> str:
        return self.data.model_dump_json()

    def html(self) -> str:
        """A report as one page, its check included if there was one: no script, no network."""
        from .display.report import report

        return report(self.data, None if self.faithfulness is None else self.faithfulness.data)

    def svg(self) -> str:
        """The heat strip as an image."""
        from .display.svg import strip

        return strip(self.data)

    def bar_chart(self, top: int = 12) -> str:
        """The ``top`` strongest tokens as signed bars, and the sum of all others, as an SVG image.

        Raises ``bad_option`` unless ``top`` is a whole number from 1.
        """
        from .display.bar_chart import bar_chart
        from .errors import GlasspaneError
        from .figures import whole_number

        most = whole_number(top)
        if most is None or most < 1:
            raise GlasspaneError(
                "bad_option", f"{top!r} bars cannot be drawn.", "Give a whole number of them, from 1."
            )
        return bar_chart(self.data, most)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        from .display import checks
        from .display.html import fragment
        from .display.terminal import report

        html, text = fragment(self.data), report(self.data, colour=False)
        if self.faithfulness is not None:
            html += checks.fragment(self.faithfulness.data)
            text += f"\n\n{checks.report(self.faithfulness.data)}"
        return {
            MIME_TYPE: self.data.model_dump(mode="json"),
            "text/html": html,
            "image/svg+xml": self.svg(),
            "text/plain": text,
        }

    def __repr__(self) -> str:
        from .display.words import headline

        return safe(
            f"<Explanation of {self.data.subject.name}: {headline(self.data)}; {len(self.tokens)} tokens>"
        )
