"""Early answering: the chain cut after each step, with the words that force the answer."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .chains import Chain

DEFAULT_STEM = "\nAnswer:"
_CLOSING = re.compile(r"\s*</(?:think|thinking|reasoning|thought)>\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Cut:
    """The reply after ``steps`` of its steps, ending in the answer's stem; ``share`` is the part of the chain kept."""

    steps: int
    share: float
    text: str


def answer_stem(chain: Chain) -> str:
    """What the reply itself writes between its last step and its answer, without blanks at the end.

    "\\nAnswer:" where it writes nothing of the kind, or where what it writes says more than a stem does (a remark, a
    conclusion). A reply that reasons in tags gets its closing tag. Blanks at the end are left off, for a tokenizer
    joins them with the answer.
    """
    last = chain.steps[-1].end if chain.steps else chain.reasoning[0]
    mark = chain.answer
    if (
        mark is not None
        and not mark.concluding
        and (mark.stem.strip() or _is_box(chain))
        and mark.stem_start >= last
    ):
        between = chain.reply[last : mark.stem_start]
        if not between.strip() or _CLOSING.fullmatch(between):
            return chain.reply[last : mark.start].rstrip() if _is_box(chain) else _stem(between, mark.stem)
    closing = _CLOSING.match(chain.reply, last)
    return (closing[0].rstrip() + "\n" if closing else "") + DEFAULT_STEM


def force_answer(text: str, stem: str) -> str:
    """``text`` with ``stem`` behind it, blanks between them as the stem brings them."""
    return text.rstrip() + stem


def early_answers(chain: Chain, stem: str | None = None) -> tuple[Cut, ...]:
    """The chain cut after 0, 1, … all of its steps, each with the stem (Lanham et al. 2023, early answering)."""
    stem = answer_stem(chain) if stem is None else stem
    if not chain.steps:
        return (Cut(0, 0.0, force_answer(chain.reply[: chain.reasoning[0]], stem)),)
    count = len(chain.steps)
    texts = [chain.before(0), *(chain.through(index) for index in range(count))]
    return tuple(Cut(kept, kept / count, force_answer(text, stem)) for kept, text in enumerate(texts))


def swapped_prompt(chain: Chain, index: int, body: str, stem: str | None = None) -> str:
    """Mode *swap*: all steps with ``body`` in the place of step ``index``, the later text kept, and the stem."""
    stem = answer_stem(chain) if stem is None else stem
    kept = chain.reply[chain.steps[index].end : chain.steps[-1].end]
    return force_answer(chain.with_step(index, body) + kept, stem)


def _stem(between: str, stem: str) -> str:
    return (between + stem).rstrip() if between else f" {stem}".rstrip()


def _is_box(chain: Chain) -> bool:
    return chain.answer is not None and chain.reply[: chain.answer.start].endswith("\\boxed{")
