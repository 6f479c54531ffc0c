"""What an f-string hole holds right now, without running the user's code unasked.

A name or a literal of a plain built-in type, or an f-string of such, is read and formatted at
once: nothing of the user's runs. Anything else (an attribute, an index, a call, a value whose class brings its
own ``__str__`` or ``__format__``) could have effects and waits for consent.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable, Mapping
from types import BuiltinFunctionType, ModuleType
from typing import Any, Literal

from ..protocol import (
    LARGEST_REQUEST,
    ChatMessage,
    HoleExpression,
    HoleValue,
    PromptValueRequest,
    PromptValueResult,
)
from ..subjects.tokens import printable

_SCALARS = (str, int, float, bool, complex, bytes, type(None))
_FORMATTED = (str, int, float, bool, type(None))
"""Exact types whose ``__format__`` is Python's own, whatever the format spec."""

_CONTAINERS = (list, tuple, dict, set, frozenset)
_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod)
_CONVERSIONS: dict[str, Callable[[Any], Any]] = {"": lambda value: value, "s": str, "r": repr, "a": ascii}

_NO_TEXT = (type, ModuleType, BuiltinFunctionType)
_ADDRESS = re.compile(r"<.* at 0x[0-9a-fA-F]+>", re.DOTALL)
"""How Python writes an object that has nothing to say: no prompt is meant to hold that."""

LARGEST_PLAIN = 10_000
"""Items of a container, or digits of a width, beyond which reading it counts as work to ask for."""


def prompt_value(request: PromptValueRequest, namespace: Mapping[str, Any]) -> PromptValueResult:
    """Every expression's value as the f-string would render it, in the order asked; never raises."""
    return PromptValueResult(values=[_hole(hole, namespace, request.consent) for hole in request.expressions])


def _hole(hole: HoleExpression, namespace: Mapping[str, Any], consent: bool) -> HoleValue:
    def answer(
        status: Literal["value", "needs_consent", "failed", "not_text"],
        problem: str | None = None,
        text: str | None = None,
        messages: list[ChatMessage] | None = None,
    ) -> HoleValue:
        # Half a surrogate pair would not get through the kernel's socket.
        text, problem = (value and printable(value) for value in (text, problem))
        return HoleValue(source=hole.source, status=status, text=text, messages=messages, problem=problem)

    if not hole.source.strip():
        return answer("failed", "There is no expression here.")
    try:
        # Parentheses let a hole span lines, as it may inside an f-string.
        tree = ast.parse(f"({hole.source}\n)", mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
        return answer("failed", f"This is not an expression: {problem}.")

    if missing := _undefined(tree.body, namespace):
        return answer("failed", f"{missing} is not defined yet (run its cell, or give a value).")
    try:
        if _reads_only(tree.body, namespace):
            value = _evaluate(tree, namespace)
            if not consent and not (_plain(value) and _plain_spec(hole.format_spec)):
                return answer("needs_consent", f"Formatting this {_kind(value)} may run your code.")
        elif not consent:
            return answer("needs_consent", "Evaluating this may run your code.")
        else:
            value = _evaluate(tree, namespace)
        text = format(_CONVERSIONS[hole.conversion](value), hole.format_spec)
        if len(text) > LARGEST_REQUEST:
            return answer("failed", f"This text has {len(text):,} characters: more than can be asked about.")
        if messages := _chat(value):
            return answer("value", text=text, messages=messages)
        if not isinstance(value, str) and (isinstance(value, _NO_TEXT) or _ADDRESS.fullmatch(text)):
            return answer("not_text", f"This is a {_kind(value)}, not text.", text=text)
    except NameError as error:
        name = error.name or hole.source
        return answer("failed", f"{name} is not defined yet (run its cell, or give a value).")
    except (Exception, SystemExit) as error:
        return answer("failed", f"{type(error).__name__}: {error}".rstrip(": "))
    return answer("value", text=text)


def _evaluate(tree: ast.Expression, namespace: Mapping[str, Any]) -> Any:
    # A copy of the namespace as globals: a walrus, even inside a comprehension, binds there
    # and not among the user's names.
    return eval(compile(tree, "<prompt>", "eval"), dict(namespace))


def _undefined(node: ast.expr, namespace: Mapping[str, Any]) -> str | None:
    if isinstance(node, ast.Name) and node.id not in namespace and not hasattr(builtins, node.id):
        return node.id
    return None


def _reads_only(node: ast.expr, namespace: Mapping[str, Any]) -> bool:
    """Whether ``node`` is a name, a literal or a plain f-string, so that evaluating it runs nobody's code."""
    match node:
        case ast.Name():
            return True
        case ast.JoinedStr(values=parts):
            return all(_plain_part(part, namespace) for part in parts)
    return _literal(node)


def _plain_part(part: ast.expr, namespace: Mapping[str, Any]) -> bool:
    """Whether a piece of an f-string is text, or formats a name or a literal by Python's own rules.

    Raises what evaluating its format spec raises, which the f-string would raise too.
    """
    if not isinstance(part, ast.FormattedValue):
        return isinstance(part, ast.Constant)
    if not _formats_plainly(part.value, namespace):
        return False
    spec = part.format_spec
    # The spec is looked at first: a width that is itself a hole must not ask for a gigabyte.
    return spec is None or (
        _reads_only(spec, namespace) and _plain_spec(_evaluate(ast.Expression(spec), namespace))
    )


def _formats_plainly(node: ast.expr, namespace: Mapping[str, Any]) -> bool:
    match node:
        case ast.Constant(value=value):
            return _is_of(value, _FORMATTED)
        case ast.Name(id=name):
            # A name that is not there raises NameError, and runs nothing.
            return _is_of(namespace.get(name, getattr(builtins, name, None)), _FORMATTED)
    return False


def _literal(node: ast.expr) -> bool:
    match node:
        case ast.Constant():
            return True
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            return all(_literal(item) for item in items)
        case ast.Dict(keys=keys, values=values):
            return all(key is not None and _literal(key) for key in keys) and all(map(_literal, values))
        case ast.UnaryOp(operand=operand):
            return _literal(operand)
        case ast.BinOp(left=left, op=op, right=right):
            # Not ** or <<, nor 'a' * 10**9: a literal must stay cheap.
            return isinstance(op, _ARITHMETIC) and _number(left) and _number(right)
    return False


def _number(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=value):
            return isinstance(value, (int, float, complex))
        case ast.UnaryOp(operand=operand):
            return _number(operand)
        case ast.BinOp():
            return _literal(node)
    return False


def _is_of(value: Any, types: tuple[type, ...]) -> bool:
    """Whether its type is exactly one of these. ``in`` would ask the type's own class whether they are equal."""
    return any(type(value) is each for each in types)


def _plain(value: Any) -> bool:
    """Whether ``value`` is built of exact built-in types, so that str, repr and format are Python's own, and is not
    long to read: what is named several times is read as often."""
    # Ids of what is being read, as repr has them, so that a value that contains itself ends.
    pending, within = [(value, False)], set[int]()
    items, characters = LARGEST_PLAIN, LARGEST_REQUEST
    while pending:
        item, is_read = pending.pop()
        if is_read:
            within.discard(id(item))
            continue
        items -= 1
        if items < 0:
            return False
        if _is_of(item, _SCALARS):
            if item is not value and _is_of(item, (str, bytes)):
                characters -= len(item)
                if characters < 0:
                    return False
            continue
        if not _is_of(item, _CONTAINERS):
            return False
        if id(item) in within:
            continue
        if len(item) > items:
            return False
        within.add(id(item))
        pending.append((item, True))
        pending.extend((each, False) for each in item)
        if type(item) is dict:
            pending.extend((each, False) for each in item.values())
    return True


def _plain_spec(spec: str) -> bool:
    widths = (digits.lstrip("0") for digits in re.findall(r"\d+", spec))
    return all(len(width) <= len(str(LARGEST_PLAIN)) and int(width or 0) <= LARGEST_PLAIN for width in widths)


def _kind(value: Any) -> str:
    # Past the class of the class, which may have its own idea of names.
    return str(type.__dict__["__name__"].__get__(type(value)))


def _chat(value: Any) -> list[ChatMessage] | None:
    """``value`` as a conversation: a non-empty list of dicts of exactly a role and a text."""
    if not isinstance(value, list) or not value:
        return None
    for turn in value:
        if not isinstance(turn, dict) or turn.keys() != {"role", "content"}:
            return None
        if not isinstance(turn["role"], str) or not isinstance(turn["content"], str):
            return None
    return [ChatMessage(role=printable(turn["role"]), content=printable(turn["content"])) for turn in value]
