"""Self-consistency: independent chains, how they vote, and where they part (Wang et al. 2023, arXiv 2203.11171)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..protocol.audit import (
    AnswerVotes,
    AuditOutcome,
    AuditRequest,
    ChainBranch,
    ConsistencyFinding,
    Proportion,
)
from .agreement import agreement_of
from .answers import Answer, Unparsed, read_answer, same_answer
from .audited_reply import Audited, finish_of, proportion, text_of, written
from .chains import Chain, read_chain
from .equations import find_equations
from .options import options_in
from .plain_text import plain
from .proportions import wilson
from .source import Ask


def free_asks(audited: Audited) -> list[Ask]:
    """The prompt asked again and again; other tests that need free replies share them."""
    count = 1 if audited.request.temperature == 0 else audited.request.samples
    return [audited.ask("free", sample, "", audited.sampling) for sample in range(count)]


def agree(audited: Audited) -> ConsistencyFinding:
    replies = audited.write(free_asks(audited), "free replies")
    chains = [
        read_chain(each.text, finish=finish_of(each.continuation), rule=audited.rule) for each in replies
    ]
    answers = [audited.read(each.continuation, forced=False) for each in replies]
    parts, branches = where_they_part(chains)
    return ConsistencyFinding(
        votes=votes_of(audited, answers),
        parts_at=parts,
        branches=branches,
        replies=[
            written(reply, answer, _outcome(audited, answer))
            for reply, answer in zip(replies, answers, strict=True)
        ],
    )


def votes_of(audited: Audited, answers: Sequence[Answer | None]) -> AnswerVotes:
    """Counted by their normal form; what could not be read is no vote."""
    found = agreement_of([None if answer is None else answer.canonical for answer in answers])
    return AnswerVotes(
        votes=dict(found.votes),
        majority=found.majority,
        agreement=None if found.agreement is None else proportion(found.agreement),
        unparsed=proportion(found.unparsed),
        right=_right(audited, answers),
        flagged=found.flagged,
        sentence=found.sentence,
    )


def _right(audited: Audited, answers: Sequence[Answer | None]) -> Proportion | None:
    reference = reference_of(audited)
    if reference is None:
        return None
    right = sum(answer is not None and same_answer(answer, reference) for answer in answers)
    return proportion(wilson(right, len(answers)))


def reference_of(audited: Audited) -> Answer | None:
    """The right answer, if the person gave one that can be read."""
    return reference_in(audited.request)


def reference_in(request: AuditRequest) -> Answer | None:
    """The same, before there is a reply."""
    if request.reference is None:
        return None
    read = read_answer(request.reference, options_in(text_of(request.prompt)))
    return None if isinstance(read, Unparsed) else read


def _outcome(audited: Audited, answer: Answer | None) -> AuditOutcome:
    if answer is None or audited.answer is None:
        return "unparsed"
    return "held" if same_answer(answer, audited.answer) else "other"


def where_they_part(chains: Sequence[Chain]) -> tuple[int | None, list[ChainBranch]]:
    """The first step in which the chains differ, and what they say there, most frequent first.

    Steps are compared by what their last equation means, or by their words; a chain that has ended is a branch too.
    """
    told = [[_meaning(step.body) for step in chain.steps] for chain in chains if chain.steps]
    longest = max(map(len, told), default=0)
    for place in range(longest):
        said = [each[place] if place < len(each) else "(no such step)" for each in told]
        counts = Counter(said).most_common()
        if len(counts) > 1:
            return place + 1, [
                ChainBranch(step=place + 1, value=value, chains=count) for value, count in counts
            ]
    return None, []


def _meaning(body: str) -> str:
    equations = find_equations(body)
    return equations[-1].meaning if equations else " ".join(plain(body).lower().split()).rstrip(".")
