"""What an endpoint can do, found out by asking it.

- Begun replies: see :mod:`.probing_begun`.
- Seeds: one twice and another once, one after the other; then both twice side by side, for a server may keep one
  stream of random numbers for all.
- Log-probabilities: the listed tokens join to the text, none is above zero, each is the likeliest in a greedy reply.
- Ends: a reply that was cut says ``length``. Caps: no reply has more tokens than were allowed.
- Hidden reasoning: it is told or counted, or there are more tokens than the text can hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..kernel.progress import Report
from .endpoint_abilities import EndpointAbilities
from .endpoint_calls import Asides
from .endpoint_client import Said
from .endpoint_failures import Failure
from .probing_begun import HALF, BegunReplies, GreedyReplies, user
from .request_form import RequestForm
from .source import Ability

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
        begun = BegunReplies(greedy, counts.able, lambda request: self._ask("begun", request)[0], self._form)
        way, continues, echoes = begun.way()
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

    def _greedy(self, what: str = "greedy") -> GreedyReplies:
        temperature, found = 0.0, None
        for question in _QUESTIONS:
            replies = []
            for most in (2 * HALF, HALF):
                asked: dict[str, Any] = {
                    "messages": [user(question)],
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
            this = GreedyReplies(question, replies[0], replies[1], temperature)
            if this.telling or temperature or not self._caps(this).able:
                return this
            found = this if found is None or (this.cut and not found.cut) else found
        assert found is not None
        return found

    # ── what it shows ────────────────────────────────────────────────────────

    def _seeds(self) -> tuple[Ability, Ability, Ability]:
        def asked(seed: int) -> dict[str, Any]:
            return {
                "messages": [user(_OPEN_QUESTION)],
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

    def _caps(self, greedy: GreedyReplies) -> Ability:
        for said, most in ((greedy.long, 2 * HALF), (greedy.short, HALF)):
            if said.tokens is not None and said.tokens > most:
                return Ability(False, f"it wrote {said.tokens} tokens where {most} were allowed")
        if greedy.short.tokens is None and not greedy.cut:
            return Ability(False, "not shown: it counts no tokens, and no reply was cut")
        return Ability(True, f"a reply of at most {HALF} tokens was cut there or ended before")


def _counts(greedy: GreedyReplies) -> Ability:
    if any(said.tokens is None or said.prompt_tokens is None for said in (greedy.long, greedy.short)):
        return Ability(False, "its replies come without a count")
    if not greedy.short.tokens or not greedy.short.prompt_tokens:
        return Ability(False, "it counts no tokens where there must be some")
    return Ability(True, "its replies come with the tokens read and written")


def _ends(greedy: GreedyReplies) -> Ability:
    if not greedy.cut:
        return Ability(
            greedy.short.finish in ("stop", "length"), "no reply was cut; what it says was believed"
        )
    if greedy.short.finish == "length":
        return Ability(True, "a reply that was cut said so")
    return Ability(False, f"a reply that was cut said {greedy.short.finish or 'nothing'}")


def _lists(greedy: GreedyReplies, form: RequestForm) -> Ability:
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
