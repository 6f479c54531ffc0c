"""What an endpoint can do, found out by asking it.

**Does it go on with a reply that was begun for it?** No knowledge of the model's is needed, so that a model which knows
nothing answers as well as any: greedy decoding is the same every time, so a reply's own beginning, given back to
be continued, must bring the reply's own rest.

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

**Seeds:** one seed twice and another once, one after the other; then both twice side by side, for a server may keep one
stream of random numbers for all. **Logarithms of probabilities:** the listed tokens join to the text, none is above
zero, and in a greedy reply each is the likeliest listed. **Ends:** a reply that was cut says ``length``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..kernel.progress import Report
from .endpoint_abilities import EndpointAbilities, Way
from .endpoint_calls import Asides
from .endpoint_client import Said
from .endpoint_failures import Failure
from .request_form import RequestForm
from .source import Ability

HALF = 12
"""m, in tokens."""

LISTED = 20
"""Likeliest tokens asked for: the most that OpenAI and vLLM give."""

MOST_CALLS = 20
"""That finding out takes, refused and repeated ones not counted."""

MOST_TOKENS = MOST_CALLS * 2 * HALF

_QUESTIONS = (
    "Count upwards in words: one, two, three, four,",
    "Question: A train carries 5 people. 7 more get on. Then 4 more get on. How many people are on the train? "
    "Answer step by step.",
    "Name the months of the year, and after them the days of the week.",
    "Tell a story about a ship and a lighthouse.",
)
"""The first goes on by itself even for a model that only ever completes texts, the second is what small models of
reasoning are trained on."""
_OPEN_QUESTION = "Tell a very short story about whatever comes to your mind first."
_STAGE = "finding out what the endpoint can do"


@dataclass
class _Greedy:
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


class Probe:
    """One round of questions. ``concurrency``: how many calls will be made at once."""

    def __init__(
        self, model: str, asides: Asides, form: RequestForm, concurrency: int, report: Report
    ) -> None:
        self._model = model
        self._asides = asides
        self._form = form
        self._concurrency = concurrency
        self._report = report
        self._heard: list[Said] = []

    def abilities(self) -> EndpointAbilities:
        greedy = self._greedy()
        caps = self._caps(greedy)
        if not caps.able and self._form.other_length():
            again = self._greedy("greedy, max_completion_tokens")
            if self._caps(again).able:
                greedy, caps = again, Ability(True, "it obeys max_completion_tokens, and not max_tokens")
        counts = _counts(greedy)
        way, continues, echoes = self._way(greedy, counts.able)
        seeds, distinct, together = self._seeds()
        hides = self._hides()
        if hides.able:
            way = "transcript"
            continues = Ability(False, f"{hides.shown_by}: its steps cannot be audited")
        lists = _lists(greedy, self._form)
        scores = lists
        if lists.able and not continues.able:
            scores = Ability(False, f"an answer stands behind begun steps, and {continues.shown_by}")
        return EndpointAbilities(
            continues=continues,
            seeds=seeds,
            scores=scores,
            distinct=distinct,
            way=way,
            echoes=echoes,
            counts=counts,
            lists=lists,
            ends_honestly=_ends(greedy),
            caps=caps,
            hides_reasoning=hides,
            side_by_side=together,
        )

    # ── what is asked ────────────────────────────────────────────────────────

    def _ask(self, what: str, *requests: Mapping[str, Any], width: int = 1) -> list[Said | Failure]:
        full = [{"model": self._model, **each} for each in requests]
        answers = self._asides.ask(what, full, self._report, _STAGE, width)
        self._heard += [each for each in answers if isinstance(each, Said)]
        return answers

    def _greedy(self, what: str = "greedy") -> _Greedy:
        temperature, found = 0.0, None
        for question in _QUESTIONS:
            replies = []
            for most in (2 * HALF, HALF):
                asked: dict[str, Any] = {
                    "messages": [_user(question)],
                    "max_tokens": most,
                    "temperature": temperature,
                }
                if most > HALF:
                    asked |= {"logprobs": True, "top_logprobs": LISTED}
                (answer,) = self._ask(what, asked)
                if isinstance(answer, Failure) and "temperature" in answer.message and temperature == 0:
                    # It decides about that itself; no two of its replies can be compared then.
                    temperature = 1.0
                    (answer,) = self._ask(what, {**asked, "temperature": temperature})
                if isinstance(answer, Failure):
                    raise answer.error()
                replies.append(answer)
            this = _Greedy(question, replies[0], replies[1], temperature)
            if this.telling or temperature or not self._caps(this).able:
                return this
            found = this if found is None or (this.cut and not found.cut) else found
        assert found is not None
        return found

    def _begun(self, greedy: _Greedy, begun: str, extra: Mapping[str, Any]) -> Said | Failure:
        (answer,) = self._ask(
            "begun",
            {
                "messages": [_user(greedy.question), {"role": "assistant", "content": begun}],
                "max_tokens": HALF,
                "temperature": greedy.temperature,
                **extra,
            },
        )
        return answer

    # ── what it shows ────────────────────────────────────────────────────────

    def _way(self, greedy: _Greedy, counts: bool) -> tuple[Way, Ability, Ability]:
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
            answer = self._begun(greedy, greedy.short.text, extra)
            if set(extra) & self._form.left_out:
                why.append("it refuses the field continue_final_message")
                continue
            if isinstance(answer, Failure):
                why.append(f"it answers {answer.status} to a begun reply" + (f" ({way})" if extra else ""))
                continue
            echoed = answer.text.startswith(greedy.short.text) and len(answer.text) > len(greedy.short.text)
            able, shown = self._goes_on(greedy, answer, counts, echoed, extra)
            if able:
                echoes = Ability(True, "its reply began with the begun one") if echoed else no_echo
                return way, Ability(True, shown), echoes
            if extra and shown in why:
                why = [f"{shown}, with continue_final_message too"]
            else:
                why.append(shown + (" (continue_final_message)" if extra else ""))
        return "transcript", Ability(False, "; ".join(dict.fromkeys(why))), no_echo

    def _goes_on(
        self, greedy: _Greedy, answer: Said, counts: bool, echoed: bool, extra: Mapping[str, Any]
    ) -> tuple[bool, str]:
        written = answer.text[len(greedy.short.text) :] if echoed else answer.text
        added = None
        if counts and answer.prompt_tokens is not None and greedy.short.prompt_tokens is not None:
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
            return self._ends_a_word(greedy, extra)
        if fits and added == begun and begun >= 8:
            return True, f"its prompt grew by exactly the {begun} tokens begun (its words do not tell)"
        return False, "its replies do not tell a reply that goes on from one that begins anew"

    def _ends_a_word(self, greedy: _Greedy, extra: Mapping[str, Any]) -> tuple[bool, str]:
        words = list(re.finditer(r"[^\W\d_]{4,}", greedy.long.text))
        for word in reversed(words[1:]):
            cut = word.end() - 2
            answer = self._begun(greedy, greedy.long.text[:cut], extra)
            if isinstance(answer, Said):
                text = answer.text.removeprefix(greedy.long.text[:cut])
                if text.startswith(greedy.long.text[cut : word.end()]):
                    return True, "it went on word for word, and ended a word that was cut"
            break
        return False, "it went on, but counts no tokens and ended no cut word: it may be a new turn"

    def _seeds(self) -> tuple[Ability, Ability, Ability]:
        def asked(seed: int) -> dict[str, Any]:
            return {
                "messages": [_user(_OPEN_QUESTION)],
                "max_tokens": 2 * HALF,
                "temperature": 1.0,
                "seed": seed,
            }

        alone = [self._ask(f"seed, {at}", asked(seed))[0] for at, seed in enumerate((1, 1, 2))]
        for each in alone:
            if isinstance(each, Failure):
                raise each.error()
        first, again, other = (each.text for each in alone if isinstance(each, Said))
        untold = Ability(False, "seeds do not hold one at a time either")
        if first == again == other:
            (third,) = self._ask("seed, 3", asked(3))
            if isinstance(third, Said) and third.text == first:
                alike = "four replies at temperature 1 were alike, whatever the seed"
                return Ability(False, alike), Ability(False, alike), untold
            return (
                Ability(True, "the same seed gave the same reply, and another seed another"),
                Ability(True, "another seed gave another reply"),
                Ability(False, "not shown: most replies were alike"),
            )
        distinct = Ability(first != other or again != other, "another seed gave another reply")
        if "seed" in self._form.left_out:
            return Ability(False, "it refuses the field seed"), distinct, untold
        if first != again:
            return Ability(False, "the same seed gave two different replies"), distinct, untold
        seeds = Ability(True, "the same seed gave the same reply, and another seed another")
        width = min(self._concurrency, 4)
        if width < 2:
            return seeds, distinct, Ability(False, "not asked: calls are made one at a time")
        together = self._ask("seeds side by side", *(asked(seed) for seed in (1, 2, 1, 2)), width=width)
        texts = [each.text if isinstance(each, Said) else None for each in together]
        if texts == [first, other, first, other]:
            return seeds, distinct, Ability(True, "so they did while others were asked")
        return (
            seeds,
            distinct,
            Ability(
                False,
                "the same seeds gave other replies while others were asked: calls are made one at a time",
            ),
        )

    def _hides(self) -> Ability:
        for said in self._heard:
            if said.reasoned:
                return Ability(True, "it says that it reasons out of sight")
            if not said.text and (said.tokens or 0) >= HALF:
                return Ability(True, f"it wrote {said.tokens} tokens and showed none of them")
            if (said.tokens or 0) > len(said.text.encode()) + HALF // 2:
                return Ability(True, f"it wrote {said.tokens} tokens, more than its text can hold")
        return Ability(False, "its tokens are those of its text")

    def _caps(self, greedy: _Greedy) -> Ability:
        for said, most in ((greedy.long, 2 * HALF), (greedy.short, HALF)):
            if said.tokens is not None and said.tokens > most:
                return Ability(False, f"it wrote {said.tokens} tokens where {most} were allowed")
        if greedy.short.tokens is None and not greedy.cut:
            return Ability(False, "not shown: it counts no tokens, and no reply was cut")
        return Ability(True, f"a reply of at most {HALF} tokens was cut there or ended before")


def _counts(greedy: _Greedy) -> Ability:
    if any(said.tokens is None or said.prompt_tokens is None for said in (greedy.long, greedy.short)):
        return Ability(False, "its replies come without a count")
    if not greedy.short.tokens or not greedy.short.prompt_tokens:
        return Ability(False, "it counts no tokens where there must be some")
    return Ability(True, "its replies come with the tokens read and written")


def _ends(greedy: _Greedy) -> Ability:
    if not greedy.cut:
        return Ability(
            greedy.short.finish in ("stop", "length"), "no reply was cut; what it says was believed"
        )
    if greedy.short.finish == "length":
        return Ability(True, "a reply that was cut said so")
    return Ability(False, f"a reply that was cut said {greedy.short.finish or 'nothing'}")


def _lists(greedy: _Greedy, form: RequestForm) -> Ability:
    if "logprobs" in form.left_out:
        return Ability(False, "it refuses the field logprobs")
    listed = greedy.long.listed
    if not listed:
        return Ability(False, "it lists no probabilities")
    joined, text = "".join(each.text for each in listed), greedy.long.text
    if not joined.startswith(text) and not joined.strip().startswith(text.strip()):
        return Ability(False, "the tokens that it lists are not those of its text")
    for each in listed:
        chances = [each.log_prob, *(p for _, p in each.likeliest)]
        if not all(p <= 1e-4 for p in chances):
            return Ability(False, "it lists probabilities above one")
        if not each.likeliest:
            return Ability(False, "it lists no likeliest tokens")
        if not greedy.temperature and max(chances) > each.log_prob + 1e-3:
            return Ability(False, "the likeliest token that it lists is not the one that it wrote")
    return Ability(True, "the listed tokens are those of its text, each the likeliest where it should be")


def _agree(one: str, other: str) -> bool:
    """One begins with the other, and neither is empty."""
    return bool(one and other) and (one.startswith(other) or other.startswith(one))


def _user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}
