"""Which characters does each token stand for?

Built once per prompt, for every surface: offsets are code points, half open. The spans of
the tokens written by the person cover every character exactly once and in order; tokens
that share a character (bytes of one emoji) share one span.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .offsets import Span, offsets_are_broken, offsets_without_help


@dataclass(frozen=True)
class Tokenised:
    """A text as its model reads it: ids, spans and which ids the tokenizer added by itself."""

    text: str
    ids: list[int]
    spans: list[Span]
    special: list[bool]
    extra: dict[str, list[int]]  # attention_mask and, where the model has them, token_type_ids


def printable(text: str) -> str:
    """``text`` with lone surrogates, which no tokenizer or JSON takes, as U+FFFD (same length)."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def tokenizer_fingerprint(tokenizer: Any) -> str:
    """Changes when the tokenizer comes to read a text differently: added tokens, template, normaliser."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    parts = [
        str(len(tokenizer)),
        repr(sorted(getattr(tokenizer, "added_tokens_decoder", {}).items())),
        repr(getattr(tokenizer, "special_tokens_map", None)),
        repr(getattr(tokenizer, "chat_template", None)),
        *(repr(getattr(backend, part, None)) for part in ("normalizer", "pre_tokenizer", "post_processor")),
    ]
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=12).hexdigest()


def tokenise(tokenizer: Any, text: str, *, add_special_tokens: bool = True) -> Tokenised:
    """Tokenise as the model's own tokenizer does by default and align tokens with characters."""
    text = printable(text)
    encoding = tokenizer(
        text,
        add_special_tokens=add_special_tokens,
        return_offsets_mapping=bool(tokenizer.is_fast),
        return_special_tokens_mask=True,
        return_attention_mask=True,
        verbose=False,
    )
    ids = [int(i) for i in encoding["input_ids"]]
    special = [bool(flag) for flag in encoding["special_tokens_mask"]]
    if not tokenizer.is_fast:
        special = _added_by_python_tokenizer(tokenizer, text, ids, special)
    raw: Sequence[Span] | None = None
    if tokenizer.is_fast:
        raw = [(int(start), int(end)) for start, end in encoding["offset_mapping"]]
        if offsets_are_broken(tokenizer, ids, raw, special):
            raw = None
    if raw is None:
        raw = offsets_without_help(tokenizer, text, ids, special)
    extra = {
        name: [int(v) for v in encoding[name]]
        for name in ("attention_mask", "token_type_ids")
        if name in encoding
    }
    return Tokenised(text, ids, cover(raw, special, len(text)), special, extra)


def cover(raw: Sequence[Span], special: Sequence[bool], length: int) -> list[Span]:
    """Turn a tokenizer's offsets into spans that partition ``range(length)``.

    Overlapping spans become one shared span; characters that no token claims (a dropped
    space, a stripped accent) go to the token that follows, or to the last one; tokens that
    claim none share the span of the next that does. Special tokens stay empty, at the place
    where they stand.
    """
    written = [i for i, flag in enumerate(special) if not flag]
    groups: list[tuple[int, int, list[int]]] = []  # start, end, token indices
    waiting: list[int] = []  # tokens without characters of their own
    for i in written:
        start, end = (min(max(0, offset), length) for offset in raw[i])
        if end <= start:
            waiting.append(i)
        elif groups and start < groups[-1][1]:
            first, last, members = groups.pop()
            groups.append((min(first, start), max(last, end), [*members, *waiting, i]))
            waiting = []
            while len(groups) > 1 and groups[-1][0] < groups[-2][1]:
                later, earlier = groups.pop(), groups.pop()
                groups.append((earlier[0], max(earlier[1], later[1]), earlier[2] + later[2]))
        else:
            groups.append((start, end, [*waiting, i]))
            waiting = []
    if waiting and groups:
        first, last, members = groups.pop()
        groups.append((first, last, members + waiting))
    elif waiting:
        groups.append((0, length, waiting))

    spans: list[Span] = [(0, 0)] * len(raw)
    cursor = 0
    for number, (_, end, members) in enumerate(groups):
        stop = length if number == len(groups) - 1 else end
        for i in members:
            spans[i] = (cursor, stop)
        cursor = stop
    here = 0
    for i, flag in enumerate(special):
        if flag:
            spans[i] = (here, here)
        else:
            here = spans[i][1]
    return spans


def _added_by_python_tokenizer(tokenizer: Any, text: str, ids: list[int], mask: list[bool]) -> list[bool]:
    """Tokenizers written in Python mark special ids anywhere; only those *added* count here."""
    bare = tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
    if list(bare) == ids:
        return [False] * len(ids)
    for front in range(len(ids) - len(bare) + 1):
        if ids[front : front + len(bare)] == list(bare):
            return [not front <= i < front + len(bare) for i in range(len(ids))]
    return mask
