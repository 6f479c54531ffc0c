"""The prompt as a person gives it, and as the model reads it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypeAliasType

from .message import Message


class ChatMessage(Message):
    """One turn of a conversation."""

    role: str
    content: str


class TextPrompt(Message):
    """A plain string. ``template`` says how a chat model reads it."""

    form: Literal["text"] = "text"
    text: str
    template: Literal["ask", "chat", "raw"] = Field(
        default="raw",
        description='"chat": as a user message through the chat template; "raw": as it stands; '
        '"ask": answer with the error needs_template_choice if the model has a template.',
    )


class MessagesPrompt(Message):
    """A conversation, rendered through the model's own chat template."""

    form: Literal["messages"] = "messages"
    messages: list[ChatMessage] = Field(min_length=1)


Prompt = TypeAliasType("Prompt", Annotated[TextPrompt | MessagesPrompt, Field(discriminator="form")])


class Token(Message):
    """One input token. Byte-level tokens that share a character share its span."""

    index: int
    id: int
    text: str = Field(description="The characters it covers (special tokens: their name).")
    start: int = Field(description="Code point offset in the result's text; start = end if it covers none.")
    end: int
    special: bool = Field(
        description="Added by the tokenizer or the chat template, not written by the person."
    )
    segment: int | None = Field(default=None, description="Index into the result's segments.")


class Segment(Message):
    """A stretch of the text with a role: a chat message, or the completion."""

    role: str
    start: int
    end: int
