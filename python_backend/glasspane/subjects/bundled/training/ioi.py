"""Indirect-object identification (Wang et al. 2022): who receives the object?"""

from __future__ import annotations

import random
from dataclasses import dataclass

from .documents import END_OF_TEXT, GIVEN, TARGET, Document, Span, held_out, words

NAMES = words(
    """Mary John Tom Anna James Lucy Peter Sarah David Emma Paul Laura Mark Julia Simon Alice Robert Kate
    Daniel Helen Martin Rose Henry Jane George Clara Jack Susan Frank Nina Adam Maria Oscar Ellen Victor
    Grace Samuel Linda Thomas Diana Michael Karen William Sophie Edward Amy Charles Rachel Steven Nora
    Andrew Lisa Brian Eva Kevin Ruth Jason Vera Eric Irene Alan Hannah Luke Carol Noah Olivia Leo Julie
    Max Claire Ben Molly Sam Ella Tim Leah Greg Megan Fred Betty"""
)
PLACES = words(
    """store park school garden market station library office beach museum cafe shop house bank zoo"""
)
OBJECTS = words(
    """bottle book ball letter ring drink key map gift lamp box hat cup bag ticket flower pen coin"""
)
VERBS = words("gave gave gave handed passed offered sent lent brought showed")

FRAMES = (
    "When {A} and {B} went to the {place}, {S} {verb} a {object} to",
    "When {A} and {B} went to the {place}, {S} {verb} a {object} to",
    "After {A} and {B} went to the {place}, {S} {verb} the {object} to",
    "Then {A} and {B} walked to the {place}. {S} {verb} a {object} to",
    "Then, {A} and {B} were at the {place}, and {S} {verb} a {object} to",
    "While {A} and {B} were at the {place}, {S} {verb} the {object} to",
    "Once {A} and {B} had a long talk at the {place}, {S} {verb} a {object} to",
    "{A} and {B} had lunch at the {place}. Later {S} {verb} a {object} to",
    "{A} and {B} found a {object} at the {place}. {S} {verb} it to",
    "The {place} was closed when {A} and {B} came, so {S} {verb} a {object} to",
    "{A} met {B} near the {place}, and {S} {verb} the {object} to",
    "Yesterday {A} saw {B} at the {place}. Later {S} {verb} a {object} to",
    "At the {place}, {A} sat next to {B}. After a while {S} {verb} the {object} to",
    "When {A} came to the {place} with {B}, {S} {verb} a {object} to",
    "Friends {A} and {B} got a {object} near the {place}, and then {S} {verb} it to",
    "After {A} and {B} left the {place}, {S} decided to give a {object} to",
)

MORE_FRAMES = (
    "{A} and {B} were at the {place}, and then {S} {verb} a {object} to",
    "{A} and {B} went to the {place}. Then {S} {verb} the {object} to",
    "{A} and {B} had lunch near the {place}, so {S} {verb} a {object} to",
    "{A} and {B} found the {place}. After a while {S} {verb} a {object} to",
    "{A} and {B} walked to the {place}, and {S} {verb} the {object} to",
    "{A} and {B} left the {place} and {S} {verb} a {object} to",
    "{A} met {B}, and later {S} {verb} a {object} to",
    "Yesterday {A} and {B} were at the {place}. Later {S} decided to give a {object} to",
    "{A} sat next to {B} at the {place}, and later {S} {verb} a {object} to",
)

UNSEEN_FRAMES = (
    "Once {A} and {B} came to the {place}, {S} {verb} a {object} to",
    "Yesterday {A} and {B} walked to the {place}. Then {S} {verb} the {object} to",
    "When {A} and {B} were near the {place}, {S} decided to give a {object} to",
    "{A} and {B} went to the {place}, and later {S} {verb} a {object} to",
)


@dataclass(frozen=True)
class Case:
    """A prompt and the name that should follow, with the name that must not."""

    prompt: str
    receiver: str
    giver: str


def is_held_out(first: str, second: str) -> bool:
    """Whether an unordered pair of names is kept for the gates."""
    return held_out("ioi:" + "+".join(sorted((first, second))), 0.15)


def sample(rng: random.Random, unseen: bool, frames: tuple[str, ...] = FRAMES) -> Case:
    """A case with a pair of names from training or from the held-out pairs, in either order."""
    while True:
        first, second = rng.sample(NAMES, 2)
        if is_held_out(first, second) == unseen:
            break
    giver, receiver = (first, second) if rng.random() < 0.5 else (second, first)
    return Case(fill(rng, rng.choice(frames), first, second, giver), receiver, giver)


def fill(rng: random.Random, frame: str, first: str, second: str, giver: str) -> str:
    """A frame with its names and randomly chosen place, object and verb."""
    return frame.format(
        A=first,
        B=second,
        S=giver,
        place=rng.choice(PLACES),
        object=rng.choice(OBJECTS),
        verb=rng.choice(VERBS),
    )


def document(rng: random.Random, wide: bool = False) -> Document:
    """One sentence; in one of sixteen a third person gives, so that either name may follow.

    ``wide`` draws from more frames.
    """
    frames = FRAMES + MORE_FRAMES * 2 if wide else FRAMES
    if rng.random() < 1 / 16:
        first, second, third = rng.sample(NAMES, 3)
        if is_held_out(first, second):
            return document(rng, wide)
        text = fill(rng, rng.choice(frames), first, second, third)
        return [Span(text, GIVEN), Span(f" {rng.choice((first, second))}.{END_OF_TEXT}", TARGET)]
    case = sample(rng, unseen=False, frames=frames)
    return [Span(case.prompt, GIVEN), Span(f" {case.receiver}.{END_OF_TEXT}", TARGET)]
