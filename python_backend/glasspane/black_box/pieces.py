"""A prompt cut into words, sentences or messages, and the same prompt with some of them missing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..auditing.sentences import sentence_spans
from ..errors import GlasspaneError
from ..protocol import ChatMessage, MessagesPrompt, Prompt, Segment, TextPrompt
from ..protocol.black_box import PieceGrain

EMPTY = "…"
"""What a turn says that must stay and has nothing left: many servers refuse an empty one."""

MOST_PIECES = 512

_BETWEEN_MESSAGES = "\n\n"
_WORD = re.compile(r"\S+")


@dataclass(frozen=True)
class Piece:
    """``text`` from code point ``start`` to ``end`` of the whole text; ``message`` is its place, 0 for a plain text.

    ``lead`` is the white space before it in its message.
    """

    text: str
    start: int
    end: int
    message: int
    lead: str


class CutPrompt:
    """A prompt and its pieces.

    Raises ``bad_option`` for messages of a plain text, a prompt with nothing to leave out, and more than
    :data:`MOST_PIECES`.
    """

    def __init__(self, prompt: Prompt, grain: PieceGrain, replacement: str = "delete") -> None:
        self.prompt = prompt
        self._deletes = replacement == "delete"
        self._stand_in = "" if self._deletes else replacement
        plain = isinstance(prompt, TextPrompt)
        if plain and grain == "messages":
            raise GlasspaneError(
                "bad_option",
                "A plain text has no messages.",
                "Give a list of messages, or choose words or sentences.",
            )
        self._messages = (
            [ChatMessage(role="user", content=prompt.text)]
            if isinstance(prompt, TextPrompt)
            else list(prompt.messages)
        )
        self.text = _BETWEEN_MESSAGES.join(each.content for each in self._messages)
        places, place = [], 0
        for each in self._messages:
            places.append(place)
            place += len(each.content) + len(_BETWEEN_MESSAGES)
        self.segments = (
            []
            if plain
            else [
                Segment(role=each.role, start=place, end=place + len(each.content))
                for place, each in zip(places, self._messages, strict=True)
            ]
        )
        self.pieces: list[Piece] = []
        self._tails: list[str] = []
        for at, each in enumerate(self._messages):
            spans = _spans(each.content, grain)
            before = 0
            for start, end in spans:
                self.pieces.append(
                    Piece(
                        each.content[start:end],
                        places[at] + start,
                        places[at] + end,
                        at,
                        each.content[before:start],
                    )
                )
                before = end
            self._tails.append(each.content[before:])
        self._refuse_unfit(grain)

    @property
    def phrase(self) -> str:
        """What stands for a missing piece."""
        if not self._deletes:
            return f"the text “{self._stand_in}” in each piece's place"
        if not self.segments:
            return f"deleted; where nothing is left, “{EMPTY}” stands alone"
        return (
            "deleted, and a message of which nothing is left with it; the first turn and the last stay, as "
            f"“{EMPTY}”, and turns of one role that meet become one"
        )

    def with_only(self, kept: Sequence[bool]) -> Prompt:
        """The prompt with the pieces that are ``kept``; with all of them it is as it was given."""
        if all(kept):
            return self.prompt
        contents = [self._content(at, kept) for at in range(len(self._messages))]
        if isinstance(self.prompt, TextPrompt):
            return self.prompt.model_copy(update={"text": contents[0] or EMPTY})
        return MessagesPrompt(messages=self._turns(contents))

    def _content(self, message: int, kept: Sequence[bool]) -> str:
        """Of the gaps around what is missing the one with most line ends stays, so that lines stay lines."""
        said, gap = "", None
        for piece, there in zip(self.pieces, kept, strict=True):
            if piece.message != message:
                continue
            begins = not said and gap is not None
            gap = piece.lead if gap is None else max(gap, piece.lead, key=lambda each: each.count("\n"))
            if there or not self._deletes:
                said += ("" if begins else gap) + (piece.text if there else self._stand_in)
                gap = None
        return said + self._tails[message] if said else ""

    def _turns(self, contents: Sequence[str]) -> list[ChatMessage]:
        """Roles alternate wherever they did: chat templates and servers refuse what they do not know."""
        turns = [at for at, each in enumerate(self._messages) if each.role not in ("system", "developer")]
        must_stay = {turns[0], turns[-1]} if turns else {0}
        found: list[ChatMessage] = []
        for at, (message, content) in enumerate(zip(self._messages, contents, strict=True)):
            emptied = not content and bool(message.content.strip())
            if emptied and at not in must_stay:
                continue
            said = content or (EMPTY if emptied else message.content)
            met = found and found[-1].role == message.role and self._messages[at - 1].role != message.role
            if met:
                said = f"{found.pop().content}{_BETWEEN_MESSAGES}{said}"
            found.append(ChatMessage(role=message.role, content=said))
        return found

    def _refuse_unfit(self, grain: PieceGrain) -> None:
        count = len(self.pieces)
        if count == 0:
            raise GlasspaneError("bad_option", "The prompt has nothing to leave out.", "Write some text.")
        if count > MOST_PIECES:
            raise GlasspaneError(
                "bad_option",
                f"The prompt has {count} {grain}; {MOST_PIECES} is the most that can be asked about.",
                "Choose sentences or messages, or a shorter prompt.",
            )


def _spans(text: str, grain: PieceGrain) -> list[tuple[int, int]]:
    if grain == "words":
        return [found.span() for found in _WORD.finditer(text)]
    if grain == "sentences":
        return sentence_spans(text)
    return [(len(text) - len(text.lstrip()), len(text.rstrip()))] if text.strip() else []
