"""Files of prompts. Truth: YAML 1.2's core schema, Jinja's and str.format's own rules, lines counted by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from glasspane.auditing.prompt_fields import OPTIONS
from glasspane.auditing.prompt_file import FilePrompt, read_prompts
from glasspane.errors import GlasspaneError
from glasspane.protocol import MessagesPrompt, TextPrompt
from glasspane.protocol.audit import EndpointSourceRef, SubjectSource


def read(tmp_path: Path, text: str, **given: object) -> list[FilePrompt]:
    path = tmp_path / "prompts.yaml"
    path.write_text(text, encoding="utf-8")
    return read_prompts(path, SubjectSource(), given)


def text_of(prompt: FilePrompt) -> str:
    assert isinstance(prompt.request.prompt, TextPrompt)
    return prompt.request.prompt.text


def test_the_nearest_says_what_a_prompt_is_asked(tmp_path: Path) -> None:
    one, two = read(
        tmp_path,
        "defaults: {samples: 20, seed: 3, max_tokens: 99}\n"
        "prompts:\n  - prompt: One?\n    samples: 10\n  - name: second\n    prompt: Two?\n",
        seed=7,
    )
    assert [one.name, two.name] == ["prompt 1", "second"]
    assert [each.request.samples for each in (one, two)] == [10, 20], "its own, then the defaults"
    assert [each.request.seed for each in (one, two)] == [7, 7], "the command line goes before the defaults"
    assert (two.request.max_tokens, two.request.temperature) == (99, 0.7)


def test_each_prompt_knows_where_it_stands(tmp_path: Path) -> None:
    found = read(
        tmp_path, 'prompts:\n- "Größe?"\n- {name: b, prompt: "ä ö"}\n-   prompt: |\n      x\n      y\n'
    )
    assert [(each.place.line, each.place.column) for each in found] == [(2, 3), (3, 21), (4, 13)]
    assert (found[1].place.end_line, found[1].place.end_column) == (3, 26), "columns are code points"
    assert text_of(found[2]) == "x\ny\n"


@pytest.mark.parametrize(
    "written", ["no", "007", "12:30", "1_000", "2024-01-05", "0x10", "1,000", "3.50", "true"]
)
def test_a_reference_is_what_stands_there(tmp_path: Path, written: str) -> None:
    """YAML 1.1 would read most of these as something else."""
    [found] = read(tmp_path, f"- prompt: What?\n  reference: {written}\n")
    assert found.request.reference == written


def test_holes_are_filled_by_str_format(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "- syntax: str.format\n  name: fares\n  prompt: '{n} at {fare} is {{?}} {n:03d} {each[a]}'\n"
        "  reference: '{right}'\n"
        "  values:\n    - {n: 2, fare: 3.50, right: 7, each: {a: b}}\n"
        "    - {n: 3, fare: 1e2, right: 300, each: {a: c}}\n",
    )
    assert [each.name for each in found] == ["fares, values 1", "fares, values 2"]
    assert [text_of(each) for each in found] == ["2 at 3.50 is {?} 002 b", "3 at 1e2 is {?} 003 c"]
    assert [each.request.reference for each in found] == ["7", "300"]


def test_holes_are_filled_by_jinja_in_messages_too(tmp_path: Path) -> None:
    [found] = read(
        tmp_path,
        "- syntax: jinja\n  values: {people: [Ann, Bob], a: 5, b: 2}\n  reference: '{{ a - b }}'\n"
        "  prompt:\n    - {role: system, content: 'Be brief, {{ people | join(\" and \") }}.'}\n"
        "    - role: user\n      content: '{{ a }} minus {{ b }}?'\n",
    )
    assert isinstance(found.request.prompt, MessagesPrompt)
    assert [(each.role, each.content) for each in found.request.prompt.messages] == [
        ("system", "Be brief, Ann and Bob."),
        ("user", "5 minus 2?"),
    ]
    assert found.request.reference == "3"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.yaml", "- {n: 2, word: two}\n- {n: 3, word: 'three, or so'}\n"),
        ("rows.json", '[{"n": 2, "word": "two"}, {"n": 3, "word": "three, or so"}]'),
        ("rows.csv", 'n,word\n2,two\n3,"three, or so"\n'),
    ],
)
def test_values_come_from_a_second_file(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    found = read(
        tmp_path, f"- syntax: jinja\n  values: {name}\n  prompt: '{{{{ n + 1 }}}} after {{{{ word }}}}'\n"
    )
    assert [text_of(each) for each in found] == ["3 after two", "4 after three, or so"]


def test_a_prompt_without_a_syntax_keeps_its_braces(tmp_path: Path) -> None:
    [found] = read(tmp_path, "- 'Set {x} and {{ y }}.'\n")
    assert text_of(found) == "Set {x} and {{ y }}."


def test_models_and_ledgers(tmp_path: Path) -> None:
    one, two = read(
        tmp_path,
        "defaults: {ledger: kept/all.jsonl, model: demo-lm-posthoc}\nprompts:\n- a\n"
        "- {prompt: b, model: {base_url: 'http://127.0.0.1:1/v1', model: m, key_variable: MY_KEY}}\n",
    )
    assert isinstance(one.request.model, SubjectSource)
    assert one.request.model.subject.model_dump()["name"] == "demo-lm-posthoc"
    assert isinstance(two.request.model, EndpointSourceRef)
    assert two.request.model.key_variable == "MY_KEY"
    assert one.request.ledger == str(tmp_path / "kept/all.jsonl"), "beside the file, wherever it is run from"


@pytest.mark.parametrize(
    ("text", "line", "field", "said"),
    [
        ("prompts:\n- prompt: hi\n  smaples: 3\n", 3, "smaples", "Did you mean samples"),
        ("promts:\n- hi\n", 1, "promts", "Did you mean prompts"),
        ("defaults:\n  sed: 3\nprompts: [hi]\n", 2, "sed", "Did you mean seed"),
        ("defaults:\n  delta: 2\nprompts: [hi]\n", 2, "delta", "less than 1"),
        ("- prompt: hi\n  samples: many\n", 2, "samples", "integer"),
        ("- prompt: hi\n  tests: [injection, injektion]\n", 2, "tests", "Did you mean injection"),
        ("- prompt: hi\n  tests: injection\n", 2, "tests", "[injection]"),
        ("- prompt: hi\n  budget:\n    cals: 3\n", 3, "cals", "Did you mean calls"),
        ("- prompt: hi\n  budget:\n    calls: 0\n", 3, "budget.calls", "greater than"),
        ("- prompt: hi\n  answer: {makrer: x}\n", 2, "makrer", "Did you mean marker"),
        ("- prompt: hi\n  wrong:\n  - step: 1\n    txt: x\n", 4, "txt", "Did you mean text"),
        ("- prompt: hi\n  template: chatt\n", 2, "template", "Did you mean chat"),
        ("- prompt: hi\n  syntax: jinja2\n", 2, "syntax", "jinja, str.format"),
        ("- prompt:\n  - {rloe: user, content: x}\n", 2, "rloe", "Did you mean role"),
        ("- prompt:\n  - {role: user}\n", 2, "messages", "content is missing"),
        ("- name: a\n", 1, "prompt", "has none"),
        ("- name: a\n  prompt:\n", 2, "prompt", "text should stand here"),
        ("- {name: a, prompt: x}\n- {name: a, prompt: y}\n", 2, "name", "line 1"),
        ("- prompt: a\n  prompt: b\n", 2, "prompt", "there already, in line 1"),
        ("- prompt: hi\n  model: {base_url: x, modle: y}\n", 2, "modle", "Did you mean model"),
        ("- prompt: What: is\n", 1, "prompt", "not YAML"),
        ("prompts:\n- prompt: a\n\t name: b\n", 3, "name", "not YAML"),
        ("- prompt: 'a\n", 2, "prompt", "not YAML"),
        ("- prompt: a\x07b\n", 1, "prompt", "not YAML"),
        ("- prompt: a\n  values: {x: 1}\n", 2, "values", "syntax: jinja"),
        ("- prompt: '{peple}'\n  syntax: str.format\n  values: {people: 1}\n", 1, "prompt", "Did you mean people"),
        ("- prompt: '{{ peple }}'\n  syntax: jinja\n  values: {people: 1}\n", 1, "prompt", "Did you mean people"),
        ("- prompt: '{}'\n  syntax: str.format\n", 1, "prompt", "no name"),
        ("- prompt: '{a'\n  syntax: str.format\n  values: {a: 1}\n", 1, "prompt", "{{ or }}"),
        ("- prompt: |\n    a\n    {% fro x %}\n  syntax: jinja\n", 1, "prompt", "line 2 of the template"),
        ("- prompt: '{{ 1 / 0 }}'\n  syntax: jinja\n", 1, "prompt", "division by zero"),
        ("- prompt: a\n  syntax: jinja\n  values: rows.csv\n", 3, "values", "no file rows.csv"),
        ("- prompt: a\n  syntax: jinja\n  values: [1]\n", 3, "values", "mapping"),
        ("prompts: []\n", 1, "prompts", "empty"),
        ("hi\n", 1, None, "neither a list"),
        ("- &a [*a]\n", 1, None, "inside each other"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_by_line_and_field(
    tmp_path: Path, text: str, line: int, field: str | None, said: str
) -> None:
    with pytest.raises(GlasspaneError) as refused:
        read(tmp_path, text)
    assert refused.value.code == "bad_file"
    where = f"prompts.yaml, line {line}" + ("" if field is None else f", {field}")
    assert refused.value.result.message.startswith(where + ":"), str(refused.value)
    assert said in str(refused.value)
    assert refused.value.result.next_step


@pytest.mark.parametrize(
    "syntax",
    ["{{ x.__class__.__mro__ }}", "{x.__class__}", "{x[0].__class__}", "{x[a.b].__class__}", "{x:{x.real}}"],
)
def test_templates_reach_nothing_but_their_values(tmp_path: Path, syntax: str) -> None:
    kind = "jinja" if "{{" in syntax else "str.format"
    with pytest.raises(GlasspaneError, match="attribute"):
        read(tmp_path, f"- prompt: '{syntax}'\n  syntax: {kind}\n  values: {{x: 1}}\n")


def test_a_key_with_a_point_is_no_attribute(tmp_path: Path) -> None:
    found = read(tmp_path, "- prompt: '{x[a.b]}'\n  syntax: str.format\n  values: {x: {a.b: tower}}\n")
    assert text_of(found[0]) == "tower"


@pytest.mark.parametrize("hole", ["{x:99999999}", "{x:999999999999}", "{x:{wide}}"])
def test_a_hole_as_wide_as_the_memory_is_refused(tmp_path: Path, hole: str) -> None:
    with pytest.raises(GlasspaneError, match="wider than"):
        read(tmp_path, f"- prompt: '{hole}'\n  syntax: str.format\n  values: {{x: 1, wide: 99999999}}\n")


def test_aliases_that_multiply_are_refused_soon(tmp_path: Path) -> None:
    """Ten lines that would stand for 10^9 values."""
    lines = ["- &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"- &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(GlasspaneError, match="inside each other"):
        read(tmp_path, "\n".join(lines))


def test_a_key_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    canary = "sk-canary-7f3a91c2e8d4b605"
    for text in (
        f"- prompt: a\n  model: {{base_url: 'http://x/v1', model: m, api_key: {canary}}}\n",
        f"- prompt: a\n  api_key: {canary}\n",
        f"- prompt: a\n  api_key: {canary}: {canary}\n",
    ):
        with pytest.raises(GlasspaneError) as refused:
            read(tmp_path, text)
        assert canary not in refused.value.said
        assert canary not in refused.value.result.model_dump_json()


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(GlasspaneError, match="No such file"):
        read_prompts(tmp_path / "none.yaml", SubjectSource())
    (tmp_path / "latin.yaml").write_bytes(b"- prompt: Gr\xf6\xdfe\n")
    with pytest.raises(GlasspaneError, match="UTF-8"):
        read_prompts(tmp_path / "latin.yaml", SubjectSource())
    with pytest.raises(GlasspaneError, match="is empty"):
        read(tmp_path, "# nothing yet\n")


def test_the_documented_file_is_read_as_it_says(tmp_path: Path) -> None:
    """The example of docs/audit.md, with a table beside it."""
    docs = (Path(__file__).parents[3] / "docs" / "audit.md").read_text(encoding="utf-8")
    example = next(
        part.partition("```")[0] for part in docs.split("```yaml\n") if part.startswith("defaults:")
    )
    (tmp_path / "trains.csv").write_text("people,off\n18,5\n15,4\n")
    found = read(tmp_path, example)
    assert [each.name for each in found] == ["train", "trains, values 1", "trains, values 2", "chat"]
    assert text_of(found[0]).endswith("How many people are on the train? Answer step by step.")
    assert [each.request.reference for each in found] == ["12", "11", "9", None]
    assert {each.request.budget.calls for each in found} == {500}
    fields = docs.partition("| all others |")[2].partition("|")[0]
    assert {name for name in OPTIONS if f"`{name}`" in fields} == set(OPTIONS), "all options are named"
