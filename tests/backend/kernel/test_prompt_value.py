"""Values of f-string holes. Truth: Python's own f-strings, and objects that note being touched."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasspane.kernel.prompt_value import prompt_value
from glasspane.protocol import LARGEST_REQUEST, HoleExpression, HoleValue, PromptValueRequest


def read(source: str, namespace: dict[str, Any], consent: bool = False, **fields: Any) -> HoleValue:
    hole = HoleExpression(source=source, **fields)
    return prompt_value(PromptValueRequest(expressions=[hole], consent=consent), namespace).values[0]


class Tattling:
    """Notes whatever is done to it."""

    def __init__(self) -> None:
        self.touched: list[str] = []

    def __str__(self) -> str:
        self.touched.append("str")
        return "told"

    def __repr__(self) -> str:
        self.touched.append("repr")
        return "Told()"

    def __format__(self, spec: str) -> str:
        self.touched.append(f"format {spec}")
        return f"<{spec}>"

    def __getattr__(self, name: str) -> str:
        self.touched.append(name)
        return name

    def __getitem__(self, key: object) -> str:
        self.touched.append(f"[{key}]")
        return "item"

    def __call__(self) -> str:
        self.touched.append("call")
        return "called"


class Loud(str):
    """A str that is more than one."""

    def __format__(self, spec: str) -> str:
        return self.upper()


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(PLAIN, st.sampled_from(["", "s", "r", "a"]))
def test_plain_values_read_as_in_an_f_string(value: Any, conversion: str) -> None:
    expected = eval(f"f'{{value{'!' + conversion if conversion else ''}}}'", {"value": value})
    got = read("value", {"value": value}, conversion=conversion)
    assert (got.status, got.text) == ("value", expected)


@pytest.mark.parametrize(
    "source", ["1 + 2 * 3", "-4", "'a' 'b'", "(1,\n 2)", "[1, 'x']", "{'k': -1}", "not 1"]
)
def test_literals_are_read_at_once(source: str) -> None:
    assert read(source, {}).text == f"{eval(source)}"


@given(st.integers() | st.floats(allow_nan=False), st.sampled_from([">12", "08.3f", "+.2e", "^20"]))
def test_format_specs_are_applied(value: float, spec: str) -> None:
    assert read("value", {"value": value}, format_spec=spec).text == format(value, spec)


@given(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    st.sampled_from(
        ["f'{value}'", "f'{value!r:>{width}}'", "f'{value!s:{fill}^{width}}' 'and' f'{1:03}{fill}'", "f'{value=}'",
         "f'{value:{width}.{digits}f}'", "f'{{{width}}}'", "f''"]
    ),
)  # fmt: skip
def test_f_strings_of_plain_values_are_read_at_once(value: Any, source: str) -> None:
    space = {"value": value, "width": 12, "digits": 2, "fill": "*"}
    got = read(source, space)
    try:
        expected = ("value", eval(source, dict(space)), None)
    except (ValueError, TypeError) as error:  # None has no width, a text no decimal places
        expected = ("failed", None, f"{type(error).__name__}: {error}")
    assert (got.status, got.text, got.problem) == expected


@pytest.mark.parametrize("source", ["f'{gone}'", "f'{1:{gone}}'", "f'{known}{gone:>3}'"])
def test_a_name_missing_from_an_f_string_is_said(source: str) -> None:
    got = read(source, {"known": "x"})
    assert (got.status, got.problem) == ("failed", "gone is not defined yet (run its cell, or give a value).")


@pytest.mark.parametrize(
    "source",
    ["f'{it}'", "f'{it!r}'", "f'{1:{it}}'", "f'{it:{width}}'", "f'{1}{it.name}'", "f'{[it]}'", "f'{loud}'",
     "f'{huge:{it}}'", "f'{1:{huge}}'", "f'{1:999999999}'", "f'{1:.{huge}f}'", "f'{(x := 1)}'", "f'{it()}'",
     "f'{len}'"],
)  # fmt: skip
def test_f_strings_that_could_run_code_or_fill_the_memory_wait(source: str) -> None:
    it = Tattling()
    got = read(source, {"it": it, "width": 3, "loud": Loud("hush"), "huge": 10**9})
    assert got.status == "needs_consent"
    assert it.touched == []


@pytest.mark.parametrize(
    "source",
    ["it.name", "it['k']", "it()", "[x for x in it]", "f'{it}'", "it + 1", "it < it", "it if it else 1", "*it, 1",
     "(x := it)", "lambda: it", "'a' * 10**9", "9**9**9", "1 << 10**9"],
)  # fmt: skip
def test_whatever_could_run_code_waits_for_consent(source: str) -> None:
    it = Tattling()
    assert read(source, {"it": it}).status == "needs_consent"
    assert it.touched == []


@pytest.mark.parametrize("fields", [{}, {"conversion": "r"}, {"conversion": "s"}, {"format_spec": ">9"}])
def test_classes_of_the_user_are_not_formatted_unasked(fields: dict[str, str]) -> None:
    it = Tattling()
    for value in (it, Loud("x"), [it], {"k": (1, it)}, {Loud("k"): 1}):
        assert read("value", {"value": value}, **fields).status == "needs_consent"
    assert it.touched == []


def test_with_consent_it_is_the_f_string() -> None:
    it = Tattling()
    space = {"it": it, "loud": Loud("hush"), "n": 3}
    for source, conversion, spec in (
        ("it.name", "", ">8"),
        ("it['k']", "r", ""),
        ("it()", "", ""),
        ("it", "", "spec"),
        ("it", "r", ">12"),
        ("loud", "", ""),
        ("[i * n for i in range(n)]", "", ""),
        ("(lambda: n)()", "", "03"),
        ("sum(\n  range(n)\n)", "", ""),
    ):
        text = f"{{({source}){'!' + conversion if conversion else ''}{':' + spec if spec else ''}}}"
        expected = eval(f'f"""{text}"""', dict(space))
        got = read(source, space, True, conversion=conversion, format_spec=spec)
        assert (got.status, got.text) == ("value", expected), source


def test_evaluating_binds_no_name() -> None:
    space: dict[str, Any] = {"n": 2}
    assert read("(made := n + 1)", space, True).text == "3"
    assert read("[made := i for i in range(n)]", space, True).text == "[0, 1]"
    assert read("globals().__setitem__('made', 1)", space, True).text == "None"
    assert space == {"n": 2}


def test_failures_are_sentences() -> None:
    assert read("gone", {}).problem == "gone is not defined yet (run its cell, or give a value)."
    assert read("len(gone)", {}, True).problem == "gone is not defined yet (run its cell, or give a value)."
    assert read("1 / 0", {}, True).problem == "ZeroDivisionError: division by zero"
    assert read("exit_now()", {"exit_now": lambda: exit()}, True).status == "failed"
    assert read("1", {}, format_spec="no such").status == "failed"
    for broken in ("", " ", "a b", "x = 1", "import os", "yield", "await x", "\0"):
        assert read(broken, {}, True).status == "failed", broken


def test_an_interrupt_is_not_swallowed() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read("interrupted()", {"interrupted": interrupted}, True)


def test_conversations_are_recognised() -> None:
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    got = read("turns", {"turns": turns})
    assert got.status == "value"
    assert got.messages is not None
    assert [(m.role, m.content) for m in got.messages] == [("user", "Hi"), ("assistant", "Hello")]
    for other in (
        [],
        [{"role": "user"}],
        [{"role": "user", "content": [1]}],
        [{**turns[0], "tool_calls": 1}],
    ):
        assert read("other", {"other": other}).messages is None


def test_what_is_not_text_says_what_it_is() -> None:
    space = {"function": read, "module": pytest, "kind": Loud, "builtin": len, "bare": object()}
    for name, value in space.items():
        got = read(name, space, True)
        assert (got.status, got.text) == ("not_text", f"{value}")
        assert got.problem == f"This is a {type(value).__name__}, not text."
    assert read("'<x at 0x1f>'", {}).status == "value"


def test_a_value_that_contains_itself_is_read() -> None:
    knot: list[Any] = []
    knot.append(knot)
    assert read("knot", {"knot": knot}).text == "[[...]]"


def test_a_huge_container_waits_for_consent() -> None:
    assert read("many", {"many": [0] * 100_000}).status == "needs_consent"
    assert read("1", {}, format_spec=">1000000").status == "needs_consent"


def test_values_whose_class_lies_or_raises_fail_alone() -> None:
    """With consent their code runs, and what it raises is the hole's problem, not the request's."""

    class Liar:
        @property
        def __class__(self) -> Any:
            raise AssertionError("looked at")

    class Unsized(list[Any]):
        def __len__(self) -> int:
            raise ValueError("no length")

    space = {"liar": Liar(), "unsized": Unsized([1])}
    for name, problem in (("liar", "looked at"), ("unsized", "no length")):
        got = read(name, space, True)
        assert got.status == "failed"
        assert problem in (got.problem or "")


def test_half_a_surrogate_pair_does_not_block_the_kernels_answer() -> None:
    """Jupyter's wire is strict UTF-8: one half character in it, and the reply is never sent."""
    space = {"half": "a\ud83d", "turns": [{"role": "user", "content": "\ud83d"}]}
    for name in space:
        read(name, space).model_dump_json().encode()
    assert read("half", space).text == "a\ufffd"
    assert (read("turns", space).messages or [])[0].content == "\ufffd"


def test_looking_at_a_value_runs_nothing_of_its_class_of_classes() -> None:
    touched: list[str] = []

    class Watchful(type):
        def __eq__(cls, other: object) -> bool:
            touched.append("eq")
            return True

        def __hash__(cls) -> int:
            touched.append("hash")
            return hash(str)

        def __getattribute__(cls, name: str) -> Any:
            touched.append(name)
            return super().__getattribute__(name)

    class Watched(metaclass=Watchful):
        pass

    value = Watched()
    touched.clear()
    for source, held in (("value", value), ("value", [value]), ("f'{value}'", value)):
        assert read(source, {"value": held}).status == "needs_consent"
    assert touched == []


@pytest.mark.parametrize("spec", ["0000099999999", "0000099999999d", ",<0000000099999999"])
def test_noughts_before_a_width_do_not_hide_it(spec: str) -> None:
    assert read("1", {}, format_spec=spec).status == "needs_consent"


def test_what_is_small_and_reads_long_waits_for_consent() -> None:
    """Five lists of a hundred that name one another read as 10¹⁰ zeros; ten thousand references, as 10 GB."""
    doubled: list[Any] = [0] * 100
    for _ in range(4):
        doubled = [doubled] * 100
    assert read("doubled", {"doubled": doubled}).status == "needs_consent"
    assert read("texts", {"texts": ["x" * 1_000_000] * 9_000}).status == "needs_consent"


def test_a_text_that_no_request_could_hold_is_not_sent() -> None:
    found = read("text", {"text": "x" * (LARGEST_REQUEST + 1)})
    assert found.status == "failed"
    assert found.text is None
    assert "4,194,305" in (found.problem or "")
