"""A typed result as a Python object that is kept as a file and read back: what ``gp.patch`` and its like give."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from typing_extensions import Self

from .errors import GlasspaneError
from .protocol.message import Message

if TYPE_CHECKING:
    import pandas as pd

Data = TypeVar("Data", bound=Message)

_BEGINS_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


class SavedResult(ABC, Generic[Data]):
    """``data`` is the typed result itself; what it is called and read back by stands in :mod:`glasspane.loading`."""

    def __init__(self, data: Data) -> None:
        self.data = data

    @abstractmethod
    def to_frame(self) -> pd.DataFrame:
        """Its figures as a table."""

    @abstractmethod
    def html(self) -> str:
        """A page of its own, which loads nothing from anywhere and runs nothing."""

    def json(self) -> str:
        """All of it; :func:`glasspane.load` reads it back."""
        return self.data.model_dump_json()

    def save(self, path: str | Path) -> Path:
        """Write it as what the name ends in: ``.json`` (all of it; ``gp.load`` reads it back), ``.csv`` (the frame),
        ``.html`` (a page with words) and, of what is drawn, ``.svg``. Raises ``bad_option`` for other endings."""
        path = Path(path)
        forms = self._forms()
        form = forms.get(path.suffix.lower())
        if form is None:
            raise GlasspaneError(
                "bad_option",
                f"A result of this kind is not saved as {path.suffix or 'a file without an ending'}.",
                f"Choose {', '.join(forms)}.",
            )
        path.write_text(form(), encoding="utf-8")
        return path

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """What :meth:`save` wrote as ``.json``; raises ``bad_request`` for anything else, results of other kinds
        included."""
        from .loading import load, refuse_other

        found = load(path)
        if not isinstance(found, cls):
            raise refuse_other(found, cls, path)
        return found

    def _forms(self) -> dict[str, Callable[[], str]]:
        """How it is written, by the ending of a file's name."""
        return {".json": self.json, ".csv": self._csv, ".html": self.html}

    def _csv(self) -> str:
        return csv_of(self.to_frame())


def csv_of(frame: pd.DataFrame) -> str:
    """As a file; its index where that has names. What begins like a formula is marked as text by ``'``, for a
    spreadsheet would run it: prompts, replies and names come from anywhere."""
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    texts = [name for name in frame.columns if frame[name].dtype.kind not in "biuf"]
    return str(frame.assign(**{name: frame[name].map(_as_text) for name in texts}).to_csv(index=False))


def _as_text(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_BEGINS_FORMULAS) else cell


class DrawnResult(SavedResult[Data]):
    """One that is also an image."""

    @abstractmethod
    def svg(self) -> str:
        """What it shows as an image."""

    def _forms(self) -> dict[str, Callable[[], str]]:
        return {**super()._forms(), ".svg": self.svg}
