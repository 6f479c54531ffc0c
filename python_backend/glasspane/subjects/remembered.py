"""A subject that is remembered, not kept alive: models are large, and results stay in a notebook's ``Out``."""

from __future__ import annotations

import dataclasses
import weakref

from . import Subject


class Remembered:
    """A subject held weakly, so that a result can ask it again as long as its owner has it."""

    def __init__(self, subject: Subject) -> None:
        self._model, self._tokenizer = weakref.ref(subject.model), weakref.ref(subject.tokenizer)
        self._core = weakref.ref(subject.core)
        self._rest = dataclasses.replace(subject, model=None, tokenizer=None, core=None)

    def recalled(self) -> Subject | None:
        """The subject, if all of it is still there."""
        model, tokenizer, core = self._model(), self._tokenizer(), self._core()
        if model is None or tokenizer is None or core is None:
            return None
        return dataclasses.replace(self._rest, model=model, tokenizer=tokenizer, core=core)
