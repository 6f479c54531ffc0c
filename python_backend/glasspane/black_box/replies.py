"""The answer that is asked about, and whether another reply gives the same one."""

from __future__ import annotations

from ..auditing.answer_marks import AnswerRule
from ..auditing.answers import Answer, Unparsed, read_answer, same_answer
from ..auditing.audited_reply import finish_of, read_or_none, text_of
from ..auditing.chains import read_chain
from ..auditing.options import options_in
from ..auditing.sampling import Continuation
from ..protocol import Prompt
from ..protocol.audit import AnswerReading

_WORDS_OF_AN_ANSWER = 12
"""A reply of so many words is an answer by itself; a longer one has its answer somewhere in it."""


class ReplyReader:
    """Reads answers out of replies as the audit does; a short reply without any mark is an answer as a whole."""

    def __init__(self, prompt: Prompt, reading: AnswerReading) -> None:
        self._rule = AnswerRule(reading.marker, reading.pattern)
        self._options = options_in(text_of(prompt))
        self._ruled = reading.marker is not None or reading.pattern is not None

    def read(self, said: Continuation) -> Answer | None:
        """None: it has no answer that could be read. What was cut holds none."""
        chain = read_chain(said.text, finish=finish_of(said), rule=self._rule)
        found = read_or_none(chain, self._options)
        if found is not None or self._ruled or not said.whole:
            return found
        return self.read_alone(said.text)

    def read_alone(self, text: str) -> Answer | None:
        """An answer that stands by itself, as a person gives it."""
        if len(text.split()) <= _WORDS_OF_AN_ANSWER:
            found = read_answer(text, self._options)
            if not isinstance(found, Unparsed):
                return found
        plain = " ".join(text.split()).casefold().rstrip(".!")
        return Answer("text", plain, text) if any(map(str.isalnum, plain)) else None


def agrees(one: Answer | None, other: Answer) -> bool:
    """A reply without an answer agrees with nothing."""
    return one is not None and same_answer(one, other)


def is_direct(text: str) -> bool:
    """Whether a reply is an answer and nothing else: its log-probability is then that of the answer."""
    return 0 < len(text.split()) <= _WORDS_OF_AN_ANSWER and "\n" not in text.strip()
