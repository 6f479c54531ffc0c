"""A prompt before and after an edit as a Python object that displays itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .display.terminal import safe
from .explanation import Explanation
from .protocol import PromptDiffResult, TokenPair
from .saved_result import DrawnResult

if TYPE_CHECKING:
    import pandas as pd


class PromptDiff(DrawnResult[PromptDiffResult]):
    """How an edit of the prompt changed the answer, and which tokens carry the change.

    ``data`` is the typed result itself; ``before`` and ``after`` are the two explanations.
    """

    def __init__(
        self, data: PromptDiffResult, before: Explanation | None = None, after: Explanation | None = None
    ) -> None:
        super().__init__(data)
        self.before = before or Explanation(data.before)
        self.after = after or Explanation(data.after)

    @property
    def pairs(self) -> list[TokenPair]:
        """Every token of both prompts, aligned."""
        return self.data.pairs

    @property
    def moved(self) -> list[TokenPair]:
        """Unchanged tokens whose score changed most, most first."""
        return [self.data.pairs[place] for place in self.data.moved]

    @property
    def sentences(self) -> list[str]:
        return self.data.sentences

    @property
    def warnings(self) -> list[str]:
        """Why the two may not be comparable."""
        return self.data.warnings

    def to_frame(self) -> pd.DataFrame:
        """One row per pair: change (same, replaced, removed, added), before and after (texts), score_before,
        score_after and difference (after − before, in units of the score function), moved."""
        import pandas as pd

        one, other = self.data.before.tokens, self.data.after.tokens
        return pd.DataFrame(
            [
                {
                    "change": pair.change,
                    "before": None if pair.before is None else one[pair.before].text,
                    "after": None if pair.after is None else other[pair.after].text,
                    "score_before": pair.score_before,
                    "score_after": pair.score_after,
                    "difference": pair.difference,
                    "moved": place in self.data.moved,
                }
                for place, pair in enumerate(self.data.pairs)
            ]
        )

    def html(self) -> str:
        """A self-contained page: no script, no network."""
        from .display.html import page
        from .display.prompt_diff import fragment, headline

        return page(headline(self.data), fragment(self.data))

    def svg(self) -> str:
        """Both prompts with their heat, and the difference, as an image."""
        from .display.prompt_diff import image

        return image(self.data)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        from .display.prompt_diff import fragment, report

        return {
            "text/html": fragment(self.data),
            "image/svg+xml": self.svg(),
            "text/plain": report(self.data),
        }

    def __repr__(self) -> str:
        from .display.prompt_diff import headline

        return safe(f"<PromptDiff on {self.data.after.subject.name}: {headline(self.data)}>")
