"""One pair of prompts as a template of many: the words that count become holes, for words the model holds alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from math import prod

import torch
from torch import Tensor

from ..attribution.evaluation import refuse_non_finite
from ..attribution.explain import sendable
from ..attribution.targets import choice_id, id_text
from ..errors import GlasspaneError
from ..protocol import (
    MessagesPrompt,
    PairTemplate,
    PairTemplateRequest,
    PairTemplateResult,
    Prompt,
    PromptPair,
)
from ..subjects import Subject
from ..subjects.architecture import run
from ..subjects.guard import unharmed
from ..subjects.prompt import ReadPrompt, read_prompt
from .pair import ReadPair, read_pair
from .template_holes import Hole, choices, filled, holes_of, places_of, template_of, words_of
from .words_alike import words_alike

ASKED = 60
"""So many words are tried with which the model has to say something else: each is a few runs."""


def pair_template(subject: Subject, request: PairTemplateRequest) -> PairTemplateResult:
    """Which words of the pair can be others, and which others does the model hold alike?

    Holes are the words that differ and the answers' words where they stand in a prompt, at all places. Each word
    offered for one leaves the number of tokens as it is, and the tokens beside it; the pair's own come first. Answers
    that stand in no prompt are left to the model, and words with which it says the same are not offered.

    Raises what :func:`read_pair` raises, ``other_length`` where the prompts are not equally many words,
    ``bad_option`` where they differ in too many of them or no other word fits. Everything is as before in each case.
    """
    with unharmed(subject), torch.no_grad():
        return _Making(subject, request).result()


@dataclass(frozen=True)
class _Text:
    """One prompt's text that a person wrote (of a conversation: its last message), as template and as it is read."""

    prompt: Prompt
    text: str
    template: str
    read: ReadPrompt

    @cached_property
    def ids(self) -> Tensor:
        return self.read.given.ids[0]

    def tokens_of(self, hole: Hole) -> list[int]:
        """The tokens in which the hole's word stands."""
        written = self.text.strip()
        begin = self.read.text.rfind(written) - (len(self.text) - len(self.text.lstrip()))
        spans = [(begin + start, begin + end) for start, end in places_of(self.text, hole)]
        return [
            token.index
            for token in self.read.tokens
            if not token.special and any(token.start < end and start < token.end for start, end in spans)
        ]


class _Making:
    """One request on its way."""

    def __init__(self, subject: Subject, request: PairTemplateRequest) -> None:
        self._subject, self._request = subject, request
        self._warnings: list[str] = []
        pair = request.pair
        read: ReadPair = read_pair(subject, pair)
        texts = _texts_of(pair)
        self._size = 0
        self._said: set[int] = set()
        self._answers = self._answers_of(pair, read)
        self._holes = holes_of(*texts, [answer for answer in self._answers if answer is not None])
        self._answers = self._standing(texts)
        self._texts = [
            _Text(prompt, text, template_of(text, self._holes), each)
            for prompt, text, each in zip(
                (pair.clean, pair.corrupted), texts, (read.clean, read.corrupted), strict=True
            )
        ]

    def result(self) -> PairTemplateResult:
        words: dict[str, list[str]] = {}
        taken: set[str] = set()
        combinations = []
        kinds = sorted({hole.kind for hole in self._holes})
        for kind in kinds:
            holes = [hole for hole in self._holes if hole.kind == kind]
            found = self._words_for(holes, taken)
            taken |= {word.casefold() for each in found for word in each}
            words |= {hole.name: each for hole, each in zip(holes, found, strict=True)}
            combinations.append(choices(found))
        self._refuse_only_its_own(words)
        right, wrong = (None if each is None else template_of(each, self._holes) for each in self._answers)
        clean, corrupted = (each.template for each in self._texts)
        request = self._request
        sent = {"clean": sendable(request.pair.clean), "corrupted": sendable(request.pair.corrupted)}
        return PairTemplateResult(
            subject=self._subject.card(),
            template=PairTemplate(clean=clean, corrupted=corrupted, right=right, wrong=wrong, words=words),
            combinations=prod(combinations),
            sentence=self._sentence(words),
            warnings=self._warnings,
            request=request.model_copy(
                update={"subject": self._subject.ref, "pair": request.pair.model_copy(update=sent)}
            ),
        )

    # ── answers ──────────────────────────────────────────────────────────────

    def _answers_of(self, pair: PromptPair, read: ReadPair) -> tuple[str | None, str | None]:
        """Both answers as text: those named, else what the model says; None of both where they are not two."""
        if self._subject.family != "causal_lm":
            return None, None
        logits = [run(self._subject, each.given).logits[0, -1] for each in (read.clean, read.corrupted)]
        refuse_non_finite(torch.stack(logits), "logits")
        self._size = int(logits[0].shape[-1])
        ids = [
            int(end.argmax()) if named is None else choice_id(self._subject, named, prompt, self._size)
            for named, prompt, end in zip(
                (pair.right, pair.wrong), (read.clean, read.corrupted), logits, strict=True
            )
        ]
        if ids[0] == ids[1]:
            self._warnings.append(
                f"Both answers are {id_text(self._subject, ids[0])!r}: a circuit needs a right and a wrong one."
            )
            return None, None
        self._said = set(ids)
        right, wrong = (id_text(self._subject, each) for each in ids)
        return right, wrong

    def _standing(self, texts: Sequence[str]) -> tuple[str | None, str | None]:
        """Answers that hang on the holes; a right one is never left without a wrong one."""
        right, wrong = (
            answer
            if answer is not None and template_of(answer, self._holes) != template_of(answer, [])
            else None
            for answer in self._answers
        )
        return (right, wrong) if wrong is not None else (None, None)

    # ── words ────────────────────────────────────────────────────────────────

    def _words_for(self, holes: Sequence[Hole], taken: set[str]) -> list[list[str]]:
        """Words by hole, the pair's own first; a word of another kind of hole is none of this one."""
        count = self._request.words
        own = [hole.word for hole in holes]
        standing = {word.casefold() for each in self._texts for word in words_of(each.text)} | taken
        fitting = (
            word
            for word in words_alike(self._subject, [self._token_of(hole) for hole in holes])
            if word.casefold() not in standing and all(self._fits(hole, word) for hole in holes)
        )
        others = [word for word in own if all(self._fits(hole, word) for hole in holes)]
        asked = self._answered_otherwise(holes, fitting) if self._is_left_to_the_model else fitting
        found = list(islice(asked, max(0, count - len(own))))
        return [list(dict.fromkeys([hole.word, *others, *found])) for hole in holes]

    def _token_of(self, hole: Hole) -> int:
        """A token that is the hole's word, behind a space where it has one; else its first piece."""
        ids = [int(each.ids[place]) for each in self._texts for place in each.tokens_of(hole)]
        alone = self._subject.tokenizer(f" {hole.word}", add_special_tokens=False, verbose=False)["input_ids"]
        whole = [
            token for token in [*ids, *map(int, alone)] if id_text(self._subject, token).strip() == hole.word
        ]
        spaced = [token for token in whole if id_text(self._subject, token)[:1].isspace()]
        return next(chain(spaced, whole, ids))

    def _fits(self, hole: Hole, word: str) -> bool:
        """Whether every prompt keeps its tokens but for the hole's, and every answer is one token still."""
        for each in self._texts:
            places = each.tokens_of(hole)
            if not places:
                continue
            ids = self._read(each, hole, word).given.ids[0]
            if len(ids) != len(each.ids):
                return False
            changed = (ids != each.ids).nonzero().flatten().tolist()
            if not set(changed) <= set(places):
                return False
        return all(
            self._is_one_token(filled(template_of(answer, self._holes), self._holes, {hole.name: word}), each)
            for answer, each in zip(self._answers, self._texts, strict=True)
            if answer is not None
        )

    def _is_one_token(self, answer: str, after: _Text) -> bool:
        try:
            choice_id(self._subject, answer, after.read, self._size)
        except GlasspaneError:
            return False
        return True

    def _read(self, text: _Text, hole: Hole, word: str) -> ReadPrompt:
        written = filled(text.template, self._holes, {hole.name: word})
        return read_prompt(self._subject, _edited(text.prompt, written), needs_mask=False)

    @property
    def _is_left_to_the_model(self) -> bool:
        return self._answers == (None, None) and bool(self._said)

    def _answered_otherwise(self, holes: Sequence[Hole], words: Iterable[str]) -> Iterable[str]:
        """Those of the words with which both prompts still get two answers, and none that another word brought."""
        brought: set[int] = set()
        for word in islice(words, ASKED):
            said = [[self._says(each, hole, word) for each in self._texts] for hole in holes]
            new = {answer for both in said for answer in both} - self._said
            if all(clean != corrupted for clean, corrupted in said) and not new & brought:
                brought |= new
                yield word

    def _says(self, text: _Text, hole: Hole, word: str) -> int:
        given = self._read(text, hole, word).given
        return int(run(self._subject, given).logits[0, -1].argmax())

    # ── in words ─────────────────────────────────────────────────────────────

    def _refuse_only_its_own(self, words: dict[str, list[str]]) -> None:
        own = {hole.word for hole in self._holes}
        alone = [hole.word for hole in self._holes if set(words[hole.name]) <= own]
        if len(alone) == len(self._holes):
            raise GlasspaneError(
                "bad_option",
                f"No other word fits in the place of {_listed(alone)}: none that {self._subject.name} holds alike is "
                "as many tokens long and written in the same way.",
                "Change words that are one token each, or write the template and its words yourself.",
            )
        if alone:
            self._warnings.append(
                f"No other word was found for {_listed(alone)}: write those that may stand there."
            )

    def _sentence(self, words: dict[str, list[str]]) -> str:
        holes = ", ".join(f"{{{hole.name}}} for “{hole.word}”" for hole in self._holes)
        answered = (
            " What the model says after each is its answer, another one after each word."
            if self._is_left_to_the_model
            else ""
        )
        return (
            f"Holes: {holes}. Their other words lie nearest in the input embeddings of {self._subject.name}, are "
            f"written alike and as many tokens long.{answered}"
        )


def _texts_of(pair: PromptPair) -> tuple[str, str]:
    """What differs of both prompts. Raises ``bad_option`` where more than the last message does."""
    clean, corrupted = pair.clean, pair.corrupted
    if isinstance(clean, MessagesPrompt) and isinstance(corrupted, MessagesPrompt):
        *before, last = clean.messages
        *others, other = corrupted.messages
        if before == others and last.role == other.role:
            return last.content, other.content
    elif not isinstance(clean, MessagesPrompt) and not isinstance(corrupted, MessagesPrompt):
        return clean.text, corrupted.text
    raise GlasspaneError(
        "bad_option",
        "The prompts differ in more than their last message: a template is of one text.",
        "Keep the messages before it as they are.",
    )


def _edited(prompt: Prompt, text: str) -> Prompt:
    if isinstance(prompt, MessagesPrompt):
        *before, last = prompt.messages
        return prompt.model_copy(update={"messages": [*before, last.model_copy(update={"content": text})]})
    return prompt.model_copy(update={"text": text})


def _listed(words: Sequence[str]) -> str:
    return ", ".join(f"“{word}”" for word in words)
