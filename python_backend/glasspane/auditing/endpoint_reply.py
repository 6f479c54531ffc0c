"""What an endpoint's answer is worth: where the reply ends, whether it was cut, which token goes on with an answer."""

from __future__ import annotations

from .endpoint_abilities import EndpointAbilities
from .endpoint_calls import tokens_of
from .endpoint_client import Said
from .endpoint_failures import Failure
from .sampling import Continuation, Finish
from .source import Ask, Reply


def reply_of(ask: Ask, said: Said, abilities: EndpointAbilities) -> Reply:
    text = said.text
    if abilities.echoes.able and ask.begun:
        text = text.removeprefix(ask.begun)
    tokens = tokens_of(said, ask.sampling.max_tokens)
    stops = [at for stop in ask.sampling.stop if stop and (at := text.find(stop)) >= 0]
    finish: Finish = "stop"
    if stops:
        text = text[: min(stops)]
    else:
        finish = _finish(said, tokens, ask.sampling.max_tokens, abilities)
    return Reply(Continuation(text, finish, tokens, ask.seed), said.prompt_tokens)


def _finish(said: Said, tokens: int, most: int, abilities: EndpointAbilities) -> Finish:
    """What was cut holds no answer: in doubt, a reply counts as cut."""
    if said.finish in ("length", "max_tokens"):
        return "length"
    told = said.finish in ("stop", "eos", "end_turn", "stop_sequence")
    if told and abilities.ends_honestly.able:
        return "stop"
    if said.finish is None or told:
        return "stop" if said.tokens is not None and tokens < most else "length"
    return "other"


def next_token(answer: Said | Failure, rest: str) -> tuple[str, float] | None:
    """The longest of the listed tokens that ``rest`` begins with."""
    if isinstance(answer, Failure) or not answer.listed:
        return None
    first = answer.listed[0]
    fitting = [
        (text, p)
        for text, p in (*first.likeliest, (first.text, first.log_prob))
        if text and rest.startswith(text)
    ]
    return max(fitting, key=lambda each: len(each[0]), default=None)
