"""Whether an endpoint goes on with a reply that was begun for it, found out by asking it.

No knowledge of the model's is needed, so that a model which knows nothing answers as well as any: greedy decoding is
the same every time, so a reply's own beginning, given back to be continued, must bring the reply's own rest.

1. A question is asked greedily, once for 2 m tokens and once for m. The second reply is the first one's beginning.
2. It is given back as the begun reply, for m more tokens. What comes shows what the endpoint did:

   ======================================  =====================================================
   the reply's rest                        it went on, or it opened a new turn that happens to go on
   the reply from its start                it left the begun reply out
   anything else                           it opened a new turn
   ======================================  =====================================================

3. Whether a new turn was opened is told by the prompt's tokens: going on adds exactly the m tokens of the begun reply
   (one more or less where tokens merge), a new turn adds its marks too. An endpoint that counts no tokens is given the
   reply cut within a word: only who goes on ends the word.

Where the rest of a reply reads like its start (a small model that says one word again and again), other questions are
tried; where all are so, the prompt's tokens decide alone. In doubt the answer is no: the audit then quotes the
steps and says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .endpoint_abilities import Way
from .endpoint_client import Said
from .endpoint_failures import Failure
from .request_form import RequestForm
from .source import Ability

HALF = 12
"""m, in tokens."""


@dataclass
class GreedyReplies:
    """Of one question, for 2 m tokens and for m."""

    question: str
    long: Said
    short: Said
    temperature: float

    @property
    def rest(self) -> str:
        return self.long.text[len(self.short.text) :]

    @property
    def cut(self) -> bool:
        """The short one is the beginning of the long one, and less."""
        return (
            bool(self.short.text.strip()) and self.long.text.startswith(self.short.text) and bool(self.rest)
        )

    @property
    def telling(self) -> bool:
        """Its rest cannot be taken for its start."""
        start, rest = self.short.text.strip(), self.rest.strip()
        return self.cut and len(rest) >= 4 and not self.short.text[-1].isspace() and not _agree(start, rest)


class BegunReplies:
    """Tries the ways of handing a begun reply over. ``ask`` makes one call."""

    def __init__(
        self,
        greedy: GreedyReplies,
        counts: bool,
        ask: Callable[[Mapping[str, Any]], Said | Failure],
        form: RequestForm,
    ) -> None:
        self._greedy = greedy
        self._counts = counts
        self._ask = ask
        self._form = form

    def way(self) -> tuple[Way, Ability, Ability]:
        """The first that works, whether one does, and whether its replies begin with what was begun."""
        greedy = self._greedy
        no_echo = Ability(False, "its replies do not begin with what was begun")
        if greedy.temperature:
            return "transcript", Ability(False, "it cannot be asked for its likeliest reply"), no_echo
        if not greedy.short.text.strip():
            return "transcript", Ability(False, "its replies were empty"), no_echo
        why = []
        ways: tuple[tuple[Way, dict[str, Any]], ...] = (
            ("prefill", {}),
            ("continue_final_message", {"continue_final_message": True, "add_generation_prompt": False}),
        )
        for way, extra in ways:
            answer = self._begun(greedy.short.text, extra)
            if set(extra) & self._form.left_out:
                why.append("it refuses the field continue_final_message")
                continue
            if isinstance(answer, Failure):
                why.append(f"it answers {answer.status} to a begun reply" + (f" ({way})" if extra else ""))
                continue
            echoed = answer.text.startswith(greedy.short.text) and len(answer.text) > len(greedy.short.text)
            able, shown = self._goes_on(answer, echoed, extra)
            if able:
                echoes = Ability(True, "its reply began with the begun one") if echoed else no_echo
                return way, Ability(True, shown), echoes
            if extra and shown in why:
                why = [f"{shown}, with continue_final_message too"]
            else:
                why.append(shown + (" (continue_final_message)" if extra else ""))
        return "transcript", Ability(False, "; ".join(dict.fromkeys(why))), no_echo

    def _goes_on(self, answer: Said, echoed: bool, extra: Mapping[str, Any]) -> tuple[bool, str]:
        greedy = self._greedy
        written = answer.text[len(greedy.short.text) :] if echoed else answer.text
        added = None
        if self._counts and answer.prompt_tokens is not None and greedy.short.prompt_tokens is not None:
            added = answer.prompt_tokens - greedy.short.prompt_tokens
        begun = greedy.short.tokens or 0
        if added == 0:
            return False, "the begun reply did not reach the model: the prompt was as long without it"
        fits = added is not None and abs(added - begun) <= 1
        if greedy.telling:
            if not _agree(written.strip(), greedy.rest.strip()):
                left_out = _agree(written.strip(), greedy.short.text.strip())
                return False, (
                    "it began its reply anew" if left_out else "it opened a new turn behind the begun reply"
                )
            if added is not None:
                if fits:
                    return True, f"it went on word for word, and its prompt grew by the {begun} tokens begun"
                return (
                    False,
                    f"it opened a new turn: {begun} tokens were begun and its prompt grew by {added}",
                )
            return self._ends_a_word(extra)
        if fits and added == begun and begun >= 8:
            return True, f"its prompt grew by exactly the {begun} tokens begun (its words do not tell)"
        return False, "its replies do not tell a reply that goes on from one that begins anew"

    def _ends_a_word(self, extra: Mapping[str, Any]) -> tuple[bool, str]:
        greedy = self._greedy
        words = list(re.finditer(r"[^\W\d_]{4,}", greedy.long.text))
        for word in reversed(words[1:]):
            cut = word.end() - 2
            answer = self._begun(greedy.long.text[:cut], extra)
            if isinstance(answer, Said):
                text = answer.text.removeprefix(greedy.long.text[:cut])
                if text.startswith(greedy.long.text[cut : word.end()]):
                    return True, "it went on word for word, and ended a word that was cut"
            break
        return False, "it went on, but counts no tokens and ended no cut word: it may be a new turn"

    def _begun(self, begun: str, extra: Mapping[str, Any]) -> Said | Failure:
        return self._ask(
            {
                "messages": [user(self._greedy.question), {"role": "assistant", "content": begun}],
                "max_tokens": HALF,
                "temperature": self._greedy.temperature,
                **extra,
            }
        )


def _agree(one: str, other: str) -> bool:
    """One begins with the other, and neither is empty."""
    return bool(one and other) and (one.startswith(other) or other.startswith(one))


def user(text: str) -> dict[str, str]:
    """One turn."""
    return {"role": "user", "content": text}
