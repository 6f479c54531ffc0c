"""The rules of the field that the advisor stands for, one by one."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest

import glasspane as gp
from glasspane.protocol import RESULT, Access, AdviceResult, Audience, Goal

sys.path.insert(0, str(Path(__file__).parents[1] / "auditing"))
from scripted_endpoint import ScriptedEndpoint

TRAIN = "Question: A train carries 5 people. 7 more get on. How many people are on the train?"


def first(goal: Any = "why_this_answer", **given: Any) -> Any:
    return gp.advise(goal, **given)[0]


def test_open_models_are_explained_by_integrated_gradients_at_token_level() -> None:
    assert first().method == "integrated_gradients"
    assert "adds up" in first().why


def test_reports_and_regulators_get_shapley_values() -> None:
    assert first("report").method == "kernel_shap"
    assert first(audience="regulator").method == "kernel_shap"


def test_a_short_budget_never_puts_hundreds_of_maskings_first() -> None:
    for goal, audience in itertools.product(get_args(Goal), get_args(Audience)):
        chosen = first(goal, audience=audience, seconds=1.0)
        assert chosen.method not in ("kernel_shap", "partition_shap", "lime"), (goal, audience)


def test_attention_is_for_debugging_only_and_never_alone() -> None:
    for goal, audience, seconds in itertools.product(get_args(Goal), get_args(Audience), (1.0, 60.0)):
        for each in gp.advise(goal, audience=audience, seconds=seconds):
            if each.method is not None and each.method.startswith("attention"):
                assert goal == "debugging"
                assert "gradient" in each.with_it[0]
    methods = [each.method for each in gp.advise("debugging")]
    assert methods == ["attention", "integrated_gradients"]


def test_causes_are_asked_by_interventions_inside_before_those_on_the_prompt() -> None:
    """The field's rule: an attribution is no cause. The one that comes nearest is called that."""
    patching, occlusion = gp.advise("cause")
    assert patching.method is None
    assert (patching.call or "").startswith("gp.patch(")
    assert any("both directions" in beside for beside in patching.with_it)
    assert occlusion.method == "occlusion"
    assert "nearest" in occlusion.why


def test_written_reasoning_is_audited_and_not_read() -> None:
    for access, whose in (("weights", "model, tokenizer"), ("api", "gp.endpoint(url, name)")):
        (said,) = gp.advise("reasoning", access=access)  # type: ignore[arg-type]
        assert "no evidence" in said.why
        assert said.call == f'gp.audit({whose}, "… Answer step by step.")'


def test_nothing_is_called_missing_that_has_a_name_here() -> None:
    """What is said to be out of reach is so for want of the weights, and for no other reason."""
    for goal, access in itertools.product(get_args(Goal), get_args(Access)):
        absent = [
            each for each in gp.advise(goal, access=access) if each.method is None and each.call is None
        ]
        assert access == "api" or not absent
        assert all("needs the weights" in each.why for each in absent)


def test_what_is_represented_is_asked_by_probes_with_a_causal_test_beside_them() -> None:
    (said,) = gp.advise("represented")
    assert "control task" in said.why
    assert any("need not be used" in beside for beside in said.with_it)


def test_an_api_is_asked_with_parts_missing_and_what_needs_weights_is_said() -> None:
    """The field's rule for APIs: gradients, attention, patching and probes need the weights; removal does not."""
    for goal, audience, seconds in itertools.product(get_args(Goal), get_args(Audience), (1.0, 60.0)):
        offered = gp.advise(goal, access="api", audience=audience, seconds=seconds)
        assert all(each.method is None for each in offered), "the method table is about tokens"
        calls = [each.call for each in offered if each.call is not None]
        assert all("gp.endpoint" in call for call in calls)
        if goal in ("cause", "represented"):
            assert offered[0].call is None
            assert "needs the weights" in offered[0].why
        elif goal == "reasoning":
            assert calls[0].startswith("gp.audit(")
        else:
            assert all(call.startswith("gp.explain_black_box(") for call in calls)
            assert "Gradients, attention and patching need the weights" in offered[0].why
            assert all("20 replies" in each.why for each in offered), "with its cost"
    assert "partition_shap" in (first("report", access="api").call or "")
    assert "occlusion" in (first("quick_look", access="api").call or "")


def test_every_recommended_call_runs() -> None:
    """The call is run as it is printed, on a bundled model, or a server with known manners."""
    subject = gp.subject("demo-lm")
    names: dict[str, Any] = {"gp": gp, "model": subject.model, "tokenizer": subject.tokenizer}
    calls = {
        each.call
        for goal, access, audience, seconds in itertools.product(
            get_args(Goal), get_args(Access), get_args(Audience), (1.0, 60.0)
        )
        for each in gp.advise(goal, access=access, audience=audience, seconds=seconds)
        if each.call is not None
    }
    assert len(calls) >= 10
    with ScriptedEndpoint() as endpoint:
        names |= {"url": endpoint.url, "name": "scripted"}
        for call in calls:
            text = TRAIN if "endpoint" in call or "audit" in call else "The capital of France is"
            result = eval(call.replace("…", text), names)
            if isinstance(result, gp.Probes):
                assert result.data.task == "part of speech"
            elif isinstance(result, gp.PatchMaps):
                assert [each.site for each in result.data.request.sites] == ["resid_pre"]
            elif isinstance(result, gp.ChainAudit):
                # The server's script follows its steps always; the bundled model was trained to.
                followed = {"faithful"} if "endpoint" in call else {"faithful", "partially faithful"}
                assert result.verdict in followed
            elif isinstance(result, gp.BlackBoxExplanation):
                assert f'"{result.data.request.method}"' in call
                assert result.answer == "12"
            else:
                assert result.scores.shape == (1, 5)
                assert f'"{result.method.name}"' in call


def test_unknown_choices_are_refused_with_those_there_are() -> None:
    for given in ({"goal": "truth"}, {"access": "telepathy"}, {"audience": "nobody"}):
        with pytest.raises(gp.GlasspaneError, match="There is no") as caught:
            gp.advise(**given)  # type: ignore[arg-type]
        assert "Choose one of" in caught.value.result.next_step


def test_the_command_line_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    from glasspane.cli import main

    assert main(["advise", "report", "--audience", "regulator"]) == 0
    printed = capsys.readouterr().out
    for each in gp.advise("report", audience="regulator"):
        assert each.label in printed
        assert each.why in printed.replace("\n   ", " ")


def test_the_door_gives_the_same_advice_and_needs_no_torch() -> None:
    code = (
        "import json, sys\nfrom glasspane.kernel import entry\n"
        'asked = {"kind": "advise", "goal": "report", "audience": "regulator", "seconds": 2}\n'
        "print(json.dumps(entry.run(json.dumps(asked))._repr_json_()))\n"
        "assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer = RESULT.validate_json(done.stdout)
    assert answer == AdviceResult(advice=gp.advise("report", audience="regulator", seconds=2))
