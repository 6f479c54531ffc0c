"""From what the person wrote to what the model reads, and back to the person's characters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import torch

from ..errors import GlasspaneError
from ..protocol import ChatMessage, MessagesPrompt, Prompt, Segment, TextPrompt, Token
from . import Subject
from .architecture import ModelInput, context_length, device_of, embedding_rows, virtual_tokens
from .chat import render_chat
from .tokens import Span, Tokenised, printable, tokenise


@dataclass(frozen=True)
class ReadPrompt:
    """A prompt ready for the model.

    ``tokens`` are the input tokens, with offsets into ``text``. ``completion_ids`` are the ids of
    a completion to be scored; all but the last of them are input tokens too.
    """

    given: ModelInput
    tokens: list[Token]
    text: str
    rendered: str | None
    template: Literal["chat", "raw"]
    segments: list[Segment]
    completion_ids: list[int]
    warnings: list[str]

    @property
    def fixed(self) -> list[bool]:
        """Tokens that were added, not written: token-level baselines leave them in place."""
        return [token.special for token in self.tokens]


def read_prompt(subject: Subject, prompt: Prompt, completion: str | None = None) -> ReadPrompt:
    """Render, tokenise and align ``prompt``; ``completion`` follows it without a break.

    Raises ``empty_prompt``, ``prompt_too_long``, ``needs_template_choice`` and, for a
    conversation on a model without a chat template, ``bad_request``.
    """
    if isinstance(prompt, TextPrompt) and not _through_template(subject, prompt):
        return _read_plain(subject, prompt.text, completion)
    return _read_chat(subject, prompt, completion)


def _through_template(subject: Subject, prompt: TextPrompt) -> bool:
    if prompt.template == "ask" and subject.has_chat_template:
        raise GlasspaneError(
            "needs_template_choice",
            f"{subject.name} is a chat model and this prompt is a plain string.",
            "Choose whether to send it through the chat template or exactly as it stands.",
        )
    if prompt.template == "chat" and not subject.has_chat_template:
        raise GlasspaneError(
            "bad_request", f"{subject.name} has no chat template.", "Send the text as it stands (raw)."
        )
    return prompt.template == "chat"


def _read_plain(subject: Subject, text: str, completion: str | None) -> ReadPrompt:
    _refuse_empty(text)
    whole = printable(text + (completion or ""))
    tokenised = tokenise(subject.tokenizer, whole)
    segments: list[Segment] = []
    if completion is not None:
        segments = [
            Segment(role="prompt", start=0, end=len(text)),
            Segment(role="completion", start=len(text), end=len(whole)),
        ]
    warnings = []
    if all(tokenised.special):
        warnings.append("The tokenizer keeps nothing of this text: only tokens it adds by itself were read.")
    if whole != text + (completion or ""):
        warnings.append("Half of a surrogate pair was replaced by U+FFFD: no tokenizer takes it.")
    return _assemble(
        subject,
        tokenised,
        tokenised.spans,
        tokenised.special,
        whole,
        segments,
        len(text) if completion else None,
        warnings=warnings,
    )


def _read_chat(subject: Subject, prompt: Prompt, completion: str | None) -> ReadPrompt:
    if isinstance(prompt, TextPrompt):
        _refuse_empty(prompt.text)
        messages = [ChatMessage(role="user", content=printable(prompt.text))]
    else:
        assert isinstance(prompt, MessagesPrompt)
        messages = [ChatMessage(role=m.role, content=printable(m.content)) for m in prompt.messages]
        _refuse_empty("".join(m.content for m in messages))
        if not subject.has_chat_template:
            raise GlasspaneError(
                "bad_request",
                f"{subject.name} has no chat template, so it cannot read a list of messages.",
                "Give it a plain string, or choose a chat model.",
            )
    prompt_text, contents = render_chat(subject.tokenizer, messages)
    rendered = printable(prompt_text + (completion or ""))
    # The template writes its own special tokens: adding the tokenizer's would double the first.
    tokenised = tokenise(subject.tokenizer, rendered, add_special_tokens=False)
    warnings = []
    if any(
        span is None or prompt_text[slice(*span)].strip() != message.content.strip()
        for span, message in zip(contents, messages, strict=True)
    ):
        warnings.append("The chat template rewrites or leaves out a message: this is what the model read.")
    written = [span for span in contents if span is not None]
    if completion:
        written.append((len(prompt_text), len(rendered)))
    special = [not any(_overlap(span, part) for part in written) for span in tokenised.spans]
    start_of_completion = len(prompt_text) if completion else None

    if (
        isinstance(prompt, TextPrompt)
        and contents[0]
        and rendered[slice(*contents[0])] in messages[0].content
    ):
        # One string: offsets refer to what the person wrote, template tokens cover none of it.
        (start, end), source = contents[0], messages[0].content
        shift = source.find(rendered[start:end])
        spans = [_clamp(span, (start, end), shift) for span in tokenised.spans]
        elsewhere = [not _overlap(span, (start, end)) for span in tokenised.spans]
        if not all(elsewhere):
            spans = _stretch(spans, elsewhere, len(source))
        roles = [Segment(role="user", start=0, end=len(source))]
        text = source
        if completion:
            # What the model said stands right behind what it was asked; the template between is left out.
            text = source + rendered[len(prompt_text) :]
            roles.append(Segment(role="completion", start=len(source), end=len(text)))
            said = (len(prompt_text), len(rendered))
            spans = [
                _clamp(whole, said, len(source)) if _overlap(whole, said) else asked
                for whole, asked in zip(tokenised.spans, spans, strict=True)
            ]
        return _assemble(
            subject,
            tokenised,
            spans,
            special,
            text,
            roles,
            start_of_completion,
            rendered=rendered,
            warnings=warnings,
        )
    segments = [
        Segment(role=message.role, start=span[0], end=span[1])
        for message, span in zip(messages, contents, strict=True)
        if span is not None
    ]
    if completion:
        segments.append(Segment(role="completion", start=len(prompt_text), end=len(rendered)))
    return _assemble(
        subject,
        tokenised,
        tokenised.spans,
        special,
        rendered,
        segments,
        start_of_completion,
        rendered=rendered,
        warnings=warnings,
    )


def _assemble(
    subject: Subject,
    tokenised: Tokenised,
    spans: list[Span],
    special: list[bool],
    text: str,
    segments: list[Segment],
    completion_from: int | None,
    *,
    rendered: str | None = None,
    warnings: list[str],
) -> ReadPrompt:
    ids, completion_ids = tokenised.ids, []
    if completion_from is not None:
        # Trailing tokens the tokenizer adds by itself (</s>) are no part of the completion.
        while ids and tokenised.special[len(ids) - 1]:
            ids = ids[:-1]
        first = next(
            (
                i
                for i in range(len(ids))
                if not tokenised.special[i] and tokenised.spans[i][1] > completion_from
            ),
            len(ids),
        )
        if first < len(ids) and tokenised.spans[first][0] < completion_from:
            warnings.append("The prompt's last characters and the completion's first share one token.")
        completion_ids = ids[max(first, 1) :]
        ids = ids[:-1]
        if not completion_ids:
            raise GlasspaneError(
                "unknown_target",
                "Prompt and completion together are one token, so nothing precedes what would be explained.",
                "Give a longer prompt.",
            )
    _refuse_unfit(subject, ids)
    tokens = [
        Token(
            index=i,
            id=ids[i],
            text=text[spans[i][0] : spans[i][1]] if not special[i] else _name(subject.tokenizer, ids[i]),
            start=spans[i][0],
            end=spans[i][1],
            special=special[i],
            segment=next(
                (k for k, s in enumerate(segments) if not special[i] and s.start <= spans[i][0] < s.end), None
            ),
        )
        for i in range(len(ids))
    ]
    device = device_of(subject)
    extra = {
        name: torch.tensor([values[: len(ids)]], device=device)
        for name, values in tokenised.extra.items()
        if name == "attention_mask" or _takes_token_types(subject, name)
    }
    return ReadPrompt(
        ModelInput(torch.tensor([ids], dtype=torch.long, device=device), extra),
        tokens,
        text,
        rendered,
        "raw" if rendered is None else "chat",
        segments,
        completion_ids,
        warnings,
    )


def _takes_token_types(subject: Subject, name: str) -> bool:
    import inspect

    return name in inspect.signature(subject.core.forward).parameters


def _name(tokenizer: Any, token_id: int) -> str:
    piece = tokenizer.convert_ids_to_tokens(token_id)
    if piece in getattr(tokenizer, "all_special_tokens", []):
        return str(piece)
    return str(tokenizer.decode([token_id]))


def _overlap(span: Span, part: Span) -> bool:
    return max(span[0], part[0]) < min(span[1], part[1])


def _clamp(span: Span, content: Span, shift: int) -> Span:
    start = min(max(span[0], content[0]), content[1]) - content[0] + shift
    end = min(max(span[1], content[0]), content[1]) - content[0] + shift
    return (start, max(start, end))


def _stretch(spans: list[Span], special: list[bool], length: int) -> list[Span]:
    """Whitespace that the template trimmed away belongs to the first and last written token."""
    written = [i for i, flag in enumerate(special) if not flag]
    first, last = spans[written[0]], spans[written[-1]]
    return [
        (0 if span == first else span[0], length if span == last else span[1]) if not special[i] else span
        for i, span in enumerate(spans)
    ]


def _refuse_empty(text: str) -> None:
    if text == "":
        raise GlasspaneError("empty_prompt", "The prompt is empty.", "Write some text, then explain it.")


def _refuse_unfit(subject: Subject, ids: list[int]) -> None:
    if not ids:
        raise GlasspaneError(
            "empty_prompt",
            "The tokenizer makes no tokens of this prompt.",
            "Write some text that the model can read.",
        )
    limit = context_length(subject.core.config)
    virtual = virtual_tokens(subject)
    if limit is not None and len(ids) + virtual > limit:
        beside = f" beside the adapter's {virtual}" if virtual else ""
        raise GlasspaneError(
            "prompt_too_long",
            f"The prompt has {len(ids):,} tokens; {subject.name} reads at most {limit - virtual:,}{beside}.",
            "Shorten it, or select the part you want to explain.",
        )
    highest, rows = max(ids), embedding_rows(subject)
    if highest >= rows:
        raise GlasspaneError(
            "no_tokenizer",
            f"The tokenizer gives id {highest:,}, but {subject.name} embeds only {rows:,} ids.",
            "Choose the tokenizer that belongs to this model.",
        )
