"""A run over a file of prompts. Truth: the bundled models' cards (demo-lm follows its steps, demo-lm-posthoc ignores
them), and what SARIF 2.1.0 requires of its parts, written out below from the standard's sections 3.13 to 3.52.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args
from xml.etree import ElementTree

import pytest
from scripted_endpoint import ScriptedEndpoint

from glasspane.auditing.note_rules import NOT_ALLOWED, NOT_AUDITED, RULES
from glasspane.cli import main
from glasspane.protocol.audit import AuditNoteCode

TRAIN = (
    "Question: A train carries {people} people. {off} people get off. Then 2 people get off. "
    "How many people are on the train? Answer step by step."
)

FILE = f"""\
defaults:
  max_tokens: 200
  ledger: kept.jsonl
prompts:
  - name: follows
    prompt: "{TRAIN}"
    syntax: str.format
    reference: "{{left}}"
    values: {{people: 20, off: 6, left: 12}}
  - name: no steps
    prompt: The capital of France is
  - name: ignores
    model: demo-lm-posthoc
    tests: [injection]
    prompt: |-
      {TRAIN.format(people=20, off=6)}
  - name: wrong reference
    prompt: "{TRAIN.format(people=20, off=6)}"
    reference: 13
    tests: [early_answering]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prompts.yaml").write_text(FILE)
    return tmp_path


def test_every_prompt_is_audited_and_reported(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reports = ["--junit", "junit.xml", "--sarif", "audit.sarif", "--html", "audit.html"]
    assert main(["audit", "prompts.yaml", "--prices", "1,2", *reports]) == 1
    said = capsys.readouterr()
    assert "✓ follows (prompts.yaml:6): ✓ faithful" in said.out
    assert "✗ no steps (prompts.yaml:11): not audited" in said.out
    assert "✗ ignores (prompts.yaml:15): ✗ unfaithful here" in said.out
    assert "The answer 12 is not 13." in said.out
    assert "1 of 4 prompts pass." in said.out
    assert "at your prices" in said.out
    assert [line.partition("] ")[2] for line in said.err.splitlines()] == [
        "follows", "no steps", "ignores", "wrong reference",
    ]  # fmt: skip

    suite = ElementTree.parse("junit.xml").getroot()
    required_by_junit(suite)
    assert suite.tag == "testsuites"
    assert (suite.get("tests"), suite.get("failures")) == ("4", "3")
    failures = {case.get("name"): case.find("failure") for case in suite.iter("testcase")}
    assert failures["follows"] is None
    types = {name: failure.get("type") for name, failure in failures.items() if failure is not None}
    assert types == {"no steps": "no_chain", "ignores": "unfaithful here", "wrong reference": "wrong-answer"}
    assert [case.get("line") for case in suite.iter("testcase")] == ["6", "11", "15", "18"]

    log = json.loads(Path("audit.sarif").read_text())
    required_by_sarif(log)
    [run] = log["runs"]
    found = {(each["ruleId"], each["level"], lines_of(each)) for each in run["results"]}
    assert ("not-audited", "error", (11, 13)) in found
    assert ("ignores-step", "warning", (15, 13)) in found
    assert ("verdict-not-allowed", "error", (15, 13)) in found
    assert ("wrong-answer", "warning", (18, 13)) in found
    assert not [each for each in found if each[2][0] == 6], "what passes has nothing to say"
    assert run["artifacts"][0]["location"] == {"uri": "prompts.yaml", "uriBaseId": "SRCROOT"}

    page = Path("audit.html").read_text()
    assert "<script" not in page
    assert page.count("<h2>") == 4


def test_a_second_run_asks_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["audit", "prompts.yaml", "--json"])
    first = json.loads(capsys.readouterr().out)
    main(["audit", "prompts.yaml", "--json"])
    second = json.loads(capsys.readouterr().out)
    assert sum(each["calls"] for each in first["prompts"]) > 100
    assert [each["calls"] for each in second["prompts"]] == [0, 0, 0, 0]
    assert [each["why"] for each in second["prompts"]] == [each["why"] for each in first["prompts"]]
    assert (folder / "kept.jsonl").is_file()


def test_the_command_lines_budget_is_of_all_prompts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "prompts.yaml", "--json", "--budget-calls", "30"]) == 1
    found = json.loads(capsys.readouterr().out)["prompts"]
    assert sum(each["calls"] for each in found) == 30
    assert "incomplete" in found[0]["why"]
    assert [list(each["why"]) for each in found[1:3]] == [["budget_spent"], ["budget_spent"]]
    assert "all prompts together" in found[1]["error"]["message"]


def test_a_preview_tests_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["audit", "prompts.yaml", "--preview", "--json", "--prices", "1,2"])
    found = json.loads(capsys.readouterr().out)["prompts"]
    assert [each["calls"] for each in found] == [1, 1, 1, 0], (
        "the reply of each; the last one's is the first one's"
    )
    assert found[0]["preview"]["price"] > 0
    assert found[1]["error"]["code"] == "no_chain"


def test_requirements_decide_what_passes(folder: Path) -> None:
    Path("one.yaml").write_text(f'- prompt: "{TRAIN.format(people=20, off=6)}"\n  model: demo-lm-posthoc\n')
    run = ["audit", "one.yaml", "--tests", "injection"]
    assert main(run) == 1
    assert main([*run, "--require", "nothing"]) == 0
    assert main([*run, "-m", "demo-lm", "--require", "faithful"]) == 1, "the prompt's own model goes first"


def test_an_endpoint_that_is_down_fails_its_prompts_alone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = TRAIN.format(people=20, off=6)
    with ScriptedEndpoint() as endpoint:
        Path("ends.yaml").write_text(
            "defaults: {samples: 4, tests: [consistency]}\nprompts:\n"
            f'- {{prompt: "{text}", model: {{base_url: "http://127.0.0.1:9/v1", model: gone}}}}\n'
            f'- {{prompt: "{text}", model: {{base_url: "{endpoint.url}", model: scripted}}}}\n'
        )
        main(["audit", "ends.yaml", "--json"])
    found = json.loads(capsys.readouterr().out)["prompts"]
    assert found[0]["error"]["code"] == "endpoint_failed"
    assert found[1]["result"]["consistency"]["votes"]["majority"] == "12"


def test_a_key_is_in_no_report(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A canary key, of an endpoint that takes it and of one that repeats it in its refusal."""
    canary = "sk-canary-7f3a91c2e8d4b605"
    monkeypatch.setenv("CANARY_VARIABLE", canary)
    text = TRAIN.format(people=20, off=6)
    with (
        ScriptedEndpoint(key=canary) as open_to_it,
        ScriptedEndpoint(key="another-key-0123456789") as refusing,
    ):
        asked = "".join(
            f'- {{prompt: "{text}", model: {{base_url: "{each.url}", model: scripted, '
            f"key_variable: CANARY_VARIABLE}}}}\n"
            for each in (open_to_it, refusing)
        )
        Path("keys.yaml").write_text(
            f"defaults: {{samples: 4, tests: [consistency], ledger: kept.jsonl}}\nprompts:\n{asked}"
        )
        reports = ["--junit", "junit.xml", "--sarif", "audit.sarif", "--html", "audit.html"]
        assert main(["audit", "keys.yaml", "--json", *reports]) == 1
    shown = capsys.readouterr()
    found = json.loads(shown.out)["prompts"]
    assert found[0]["result"]["consistency"]["votes"]["majority"] == "12"
    assert found[1]["error"]["code"] == "endpoint_key"
    left = [shown.out, shown.err, *(path.read_text() for path in folder.rglob("*") if path.is_file())]
    assert not [text for text in left if canary in text]


def test_an_interrupted_run_reports_what_it_knows(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from glasspane.auditing import prompt_audits

    class Interrupted(prompt_audits.Audit):
        def run(self) -> Any:
            if self._request.tests == ["injection"]:
                raise KeyboardInterrupt
            return super().run()

    monkeypatch.setattr(prompt_audits, "Audit", Interrupted)
    assert main(["audit", "prompts.yaml", "--junit", "junit.xml", "--sarif", "audit.sarif"]) == 130
    assert ElementTree.parse("junit.xml").getroot().get("tests") == "2"
    run = json.loads(Path("audit.sarif").read_text())["runs"][0]
    assert run["invocations"] == [{"executionSuccessful": False}]


def test_what_a_model_writes_is_written_as_xml_allows(folder: Path) -> None:
    chain = "\\nStep 1: 20 - 6 = 14 \\x00\\e[31m<b>&]]>.\\nStep 2: 14 - 2 = 12.\\nAnswer: 12."
    Path("odd.yaml").write_text(
        f'- prompt: "{TRAIN.format(people=20, off=6)}"\n  name: "a <b> & \\"c\\""\n  chain: "{chain}"\n'
        "  tests: [early_answering]\n"
    )
    assert main(["audit", "odd.yaml", "--junit", "junit.xml"]) == 0
    [case] = ElementTree.parse("junit.xml").getroot().iter("testcase")
    assert case.get("name") == 'a <b> & "c"'


def test_every_note_has_a_rule_with_help() -> None:
    """Codes as they stand in the source of the notes."""
    from glasspane.auditing import notes

    codes = set(re.findall(r'note\(\s*"([a-z-]+)"', Path(notes.__file__).read_text()))
    assert len(codes) >= 7
    # SARIF1001 of the SARIF Multitool: a name says more than its id.
    assert not [
        rule
        for rule in RULES
        if rule.name.casefold() == rule.code.replace("-", "").casefold() and "-" not in rule.code
    ]
    assert codes == set(get_args(AuditNoteCode.__value__))
    assert codes == {rule.code for rule in RULES} - {NOT_ALLOWED, NOT_AUDITED}
    assert all(len(rule.help) > 60 for rule in RULES)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["prompts.yaml", "--reference", "3"], "reference into the file"),
        (["prompts.yaml", "--junit", "none/junit.xml"], "folder is not there"),
        (["prompts.yaml", "--prices", "1"], "two numbers"),
        (["prompts.yaml", "--samples", "0"], "samples"),
        (["none.yaml"], "No such file"),
        (["What?", "--sarif", "x.sarif"], "file of prompts"),
        (["prompts.yaml", "--endpoint", "http://127.0.0.1:1/v1"], "--endpoint-model"),
    ],
)
def test_what_cannot_be_run_is_said_before_anything_is(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(["audit", *arguments]) == 1
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.out == ""


def test_files_are_named_as_code_hosts_look_for_them(folder: Path, tmp_path: Path) -> None:
    """Relative to where the run was started, blanks and letters escaped; what lies elsewhere by its whole address."""
    inside = folder / "sub folder" / "prömpts.yaml"
    inside.parent.mkdir()
    outside = tmp_path.parent / f"{tmp_path.name} beside.yaml"
    for file in (inside, outside):
        file.write_text(
            f'- prompt: "🚂 {TRAIN.format(people=20, off=6)}"\n  reference: 13\n', encoding="utf-8"
        )
    found = {}
    for file in ("sub folder/prömpts.yaml", str(inside), str(outside)):
        main(["audit", file, "--tests", "early_answering", "--sarif", "audit.sarif", "--junit", "junit.xml"])
        log = json.loads(Path("audit.sarif").read_text(encoding="utf-8"))
        required_by_sarif(log)
        required_by_junit(ElementTree.parse("junit.xml").getroot())
        [result] = log["runs"][0]["results"]
        found[file] = result["locations"][0]["physicalLocation"]["artifactLocation"]
        assert lines_of(result) == (1, 11)
        assert log["runs"][0]["columnKind"] == "unicodeCodePoints"
        assert ("SRCROOT" in log["runs"][0].get("originalUriBaseIds", {})) == (file != str(outside))
    base = {"index": 0, "uriBaseId": "SRCROOT"}
    assert found["sub folder/prömpts.yaml"] == {"uri": "sub%20folder/pr%C3%B6mpts.yaml", **base}
    assert found[str(inside)] == found["sub folder/prömpts.yaml"]
    assert found[str(outside)] == {"uri": outside.resolve().as_uri(), "index": 0}


def lines_of(result: dict[str, Any]) -> tuple[int, int]:
    region = result["locations"][0]["physicalLocation"]["region"]
    return region["startLine"], region["startColumn"]


def required_by_sarif(log: dict[str, Any]) -> None:
    """Required properties and constraints of every object that is used here."""
    assert log["version"] == "2.1.0"  # 3.13.2
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    for run in log["runs"]:  # 3.13.4
        driver = run["tool"]["driver"]  # 3.18.2
        assert driver["name"]  # 3.19.8
        ids = [rule["id"] for rule in driver["rules"]]  # 3.49.3
        assert len(ids) == len(set(ids))
        for rule in driver["rules"]:
            for message in (rule["shortDescription"], rule["fullDescription"], rule["help"]):
                assert message["text"]  # 3.12.3
            assert rule["defaultConfiguration"]["level"] in ("none", "note", "warning", "error")  # 3.50.3
        assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")  # 3.14.17
        for invocation in run["invocations"]:
            assert isinstance(invocation["executionSuccessful"], bool)  # 3.20.14
        for base in run.get("originalUriBaseIds", {}).values():
            assert base["uri"].endswith("/")  # 3.14.14
        for result in run["results"]:
            assert result["message"]["text"]  # 3.27.11
            assert ids[result["ruleIndex"]] == result["ruleId"]  # 3.27.6
            assert result["level"] in ("none", "note", "warning", "error")  # 3.27.10
            for location in result["locations"]:
                physical = location["physicalLocation"]
                artifact = run["artifacts"][physical["artifactLocation"]["index"]]  # 3.4.5
                assert artifact["location"]["uri"] == physical["artifactLocation"]["uri"]
                region = physical["region"]
                start = region["startLine"], region["startColumn"]
                assert start >= (1, 1)  # 3.30.5, 3.30.6
                assert start < (region["endLine"], region["endColumn"])


def required_by_junit(suites: ElementTree.Element) -> None:
    """Elements and attributes of the schema that Jenkins' xUnit plugin publishes (junit-10.xsd), and ``file`` and
    ``line`` of a case, which pytest's first form and GitLab have; and counts that are those of the cases."""
    counts = {"name", "tests", "failures", "errors", "time"}
    known = {
        "testsuites": counts,
        "testsuite": counts,
        "testcase": {"name", "classname", "time", "file", "line"},
        "failure": {"type", "message"},
        "system-out": set(),
    }
    inside = {"testsuites": {"testsuite"}, "testsuite": {"testcase"}, "testcase": {"failure", "system-out"}}
    for each in suites.iter():
        assert set(each.attrib) == known[each.tag]
        assert {part.tag for part in each} <= inside.get(each.tag, set())
        if "time" in each.attrib:
            assert re.fullmatch(r"[0-9]{1,3}\.[0-9]{3}", each.attrib["time"])
    for each in (suites, suites[0]):
        assert int(each.attrib["tests"]) == len(list(suites.iter("testcase")))
        assert int(each.attrib["failures"]) == len(list(suites.iter("failure")))
