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
from .offsets import Span
from .tokens import Tokenised, printable, tokenise


@dataclass(frozen=True)
class ReadPrompt:
    """A prompt ready for the model.

    ``tokens`` are the input tokens, with offsets into ``text``. ``completion_ids`` are the ids of
    a completion to be scored, ``completion_spans`` their places in ``text``; all but the last of
    them are input tokens too. ``asked`` is the position of the mask that a masked language model fills.
    """

    given: ModelInput
    tokens: list[Token]
    text: str
    rendered: str | None
    template: Literal["chat", "raw"]
    segments: list[Segment]
    completion_ids: list[int]
    completion_spans: list[Span]
    warnings: list[str]
    asked: int | None = None

    @property
    def fixed(self) -> list[bool]:
        """Tokens that were added, not written, and the mask that is asked about: baselines leave them in place."""
        return [token.special or token.index == self.asked for token in self.tokens]

    @property
    def keep(self) -> int:
        """How many of the last positions have to be unembedded for what is asked."""
        if self.asked is not None:
            return len(self.tokens) - self.asked
        return max(1, len(self.completion_ids))


def read_prompt(
    subject: Subject, prompt: Prompt, completion: str | None = None, *, needs_mask: bool = True
) -> ReadPrompt:
    """Render, tokenise and align ``prompt``; ``completion`` follows it without a break.

    Unless ``needs_mask``, a masked language model may read a text without one: its activations are asked for.
    Raises ``empty_prompt``, ``prompt_too_long``, ``needs_template_choice`` and, for a
    conversation on a model without a chat template, ``bad_request``.
    """
    if isinstance(prompt, TextPrompt) and not _through_template(subject, prompt):
        if subject.family == "encoder_decoder":
            return _read_for_decoder(subject, prompt.text, completion)
        return _read_plain(subject, prompt.text, completion, needs_mask)
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


def _read_plain(subject: Subject, text: str, completion: str | None, needs_mask: bool) -> ReadPrompt:
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
        needs_mask=needs_mask,
    )


def _read_for_decoder(subject: Subject, text: str, completion: str | None) -> ReadPrompt:
    """The encoder reads the prompt; the decoder its start token and what is said already."""
    _refuse_empty(text)
    asked = tokenise(subject.tokenizer, printable(text))
    start = _decoder_start(subject)
    said = tokenise(subject.tokenizer, printable(completion or ""), add_special_tokens=False)
    if completion and not said.ids:
        raise GlasspaneError(
            "unknown_target", "The tokenizer makes no tokens of this completion.", "Give another text."
        )
    whole = asked.text + said.text
    shift = len(asked.text)
    spans = [(first + shift, last + shift) for first, last in said.spans]
    _refuse_unfit(subject, asked.ids)
    _refuse_unfit(subject, [start, *said.ids])
    ids = [*asked.ids, start, *said.ids[:-1]]
    places = [*asked.spans, (shift, shift), *spans[:-1]]
    special = [*asked.special, True, *said.special[:-1]]
    segments: list[Segment] = []
    if completion:
        segments = [
            Segment(role="prompt", start=0, end=shift),
            Segment(role="completion", start=shift, end=len(whole)),
        ]
    device = device_of(subject)
    return ReadPrompt(
        ModelInput(
            torch.tensor([ids], dtype=torch.long, device=device),
            {"attention_mask": torch.tensor([asked.extra["attention_mask"]], device=device)},
            decoded=max(1, len(said.ids)),
        ),
        _tokens(subject, ids, places, special, whole, segments),
        whole,
        None,
        "raw",
        segments,
        said.ids,
        spans,
        [],
    )


def _decoder_start(subject: Subject) -> int:
    config = subject.core.config
    for owner in (getattr(subject.core, "generation_config", None), config):
        for name in ("decoder_start_token_id", "bos_token_id"):
            token = getattr(owner, name, None)
            if isinstance(token, int):
                return token
    raise GlasspaneError(
        "unsupported_model",
        f"{type(subject.core).__name__} does not say which token its decoder starts from.",
        "Set model.config.decoder_start_token_id.",
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
        and rendered[slice(*contents[0])].strip() == messages[0].content.strip()
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
    needs_mask: bool = True,
) -> ReadPrompt:
    ids, completion_ids = tokenised.ids, []
    completion_spans: list[Span] = []
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
        completion_spans = spans[max(first, 1) : len(ids)]
        ids = ids[:-1]
        if not completion_ids:
            raise GlasspaneError(
                "unknown_target",
                "Prompt and completion together are one token, so nothing precedes what would be explained.",
                "Give a longer prompt.",
            )
    _refuse_unfit(subject, ids)
    device = device_of(subject)
    extra = {
        name: torch.tensor([values[: len(ids)]], device=device)
        for name, values in tokenised.extra.items()
        if name == "attention_mask" or _takes_token_types(subject, name)
    }
    has_mask = getattr(subject.tokenizer, "mask_token_id", None) in ids
    asked = (
        _asked_mask(subject, ids, warnings)
        if subject.family == "masked_lm" and (needs_mask or has_mask)
        else None
    )
    return ReadPrompt(
        ModelInput(torch.tensor([ids], dtype=torch.long, device=device), extra),
        _tokens(subject, ids, spans, special, text, segments),
        text,
        rendered,
        "raw" if rendered is None else "chat",
        segments,
        completion_ids,
        completion_spans,
        warnings,
        asked,
    )


def _tokens(
    subject: Subject,
    ids: list[int],
    spans: list[Span],
    special: list[bool],
    text: str,
    segments: list[Segment],
) -> list[Token]:
    return [
        Token(
            index=i,
            id=ids[i],
            text=text[spans[i][0] : spans[i][1]] if not special[i] else _name(subject.tokenizer, ids[i]),
            start=spans[i][0],
            end=spans[i][1],
            special=special[i],
            segment=None if special[i] else _segment_of(spans[i], segments),
        )
        for i in range(len(ids))
    ]


def _segment_of(span: Span, segments: list[Segment]) -> int | None:
    """The segment with most of the token's characters: a template's space may be the first of a message's token."""
    start, end = span
    # A token that covers nothing goes with the character at its place.
    shares = [min(max(end, start + 1), s.end) - max(start, s.start) for s in segments]
    most = max(shares, default=0)
    return shares.index(most) if most > 0 else None


def _asked_mask(subject: Subject, ids: list[int], warnings: list[str]) -> int:
    """Where the mask stands that is to be filled; raises ``bad_request`` where there is none."""
    mask = getattr(subject.tokenizer, "mask_token_id", None)
    places = [place for place, token in enumerate(ids) if token == mask]
    if mask is None or not places:
        name = getattr(subject.tokenizer, "mask_token", None)
        raise GlasspaneError(
            "bad_request",
            f"{subject.name} fills masks, and this prompt has none.",
            f"Write {name} where a word is to be guessed."
            if name
            else "Choose a tokenizer that has a mask token.",
        )
    if len(places) > 1:
        warnings.append(
            f"The prompt has {len(places)} masks: the first is explained, the others stay masked."
        )
    return places[0]


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
