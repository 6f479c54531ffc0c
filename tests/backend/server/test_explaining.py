"""Real explanations over HTTP. Truth: the same call in the user's own kernel, and the user's own counters."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from live_server import LiveServer, User

TEXT = "The capital of France is"
LOOK = (
    "[sorted(globals()), get_ipython().execution_count, list(In), torch.get_rng_state().sum().item(), "
    "__import__('random').getstate()[1][:3], model.training, [p.requires_grad for p in model.parameters()], "
    "[p.grad is None for p in model.parameters()], sum(p.double().sum().item() for p in model.parameters()), "
    "[len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules()], "
    "model.config._attn_implementation, torch.is_grad_enabled()]"
)


def request(method: str = "input_x_gradient", text: str = TEXT, **options: Any) -> dict[str, Any]:
    prompt = {"form": "text", "text": text}
    subject = {"source": "kernel", "model": "model", "tokenizer": "tokenizer"}
    return {"kind": "explain", "subject": subject, "prompt": prompt, "method": method, "options": options}


@pytest.fixture(scope="module")
def modelling(server: LiveServer) -> Iterator[tuple[str, User]]:
    """A user whose kernel holds one small model, and counts its forward passes on request."""
    kernel_id = server.start_kernel()
    person = server.user(kernel_id)
    person.run(
        f"import sys, time; sys.path.insert(0, {str(Path(__file__).parents[1])!r})\n"
        "import torch, glasspane as gp\n"
        "from tiny_models import make_model, make_tokenizer\n"
        "model, tokenizer = make_model('gpt2').train(), make_tokenizer('byte_level')\n"
        "passes = []\n"
        "def slow(module, args, kwargs):\n"
        "    passes.append(1); time.sleep(0.15)\n"
    )
    yield kernel_id, person
    person.close()


def test_the_answer_is_the_one_that_python_gives(server: LiveServer, modelling: tuple[str, User]) -> None:
    kernel_id, person = modelling
    before = person.look(LOOK)
    result = server.ask(kernel_id, request("integrated_gradients", max_steps=64))["result"]
    assert person.look(LOOK) == before
    person.run(f"mine = gp.explain(model, tokenizer, {TEXT!r}, method='integrated_gradients', max_steps=64)")
    assert result["scores"] == ast.literal_eval(person.look("mine.data.scores"))
    assert [token["text"] for token in result["tokens"]] == ast.literal_eval(
        person.look("[token.text for token in mine.tokens]")
    )
    assert result["request"]["job"] is None


def test_asking_again_is_answered_from_memory_until_the_model_changes(
    server: LiveServer, modelling: tuple[str, User]
) -> None:
    kernel_id, person = modelling

    def ask() -> tuple[bool, list[list[float]]]:
        result = server.ask(kernel_id, request(text="The capital of Spain is"))["result"]
        return result["cost"]["cached"], result["scores"]

    fresh, scores = ask()
    assert not fresh
    assert ask() == (True, scores)
    person.run("with torch.no_grad(): model.transformer.wte.weight.mul_(1.5)")
    cached, other = ask()
    assert not cached
    assert other != scores
    person.run("handle = model.transformer.h[0].register_forward_hook(lambda m, a, out: None)")
    assert not ask()[0]  # a hook may do something else each time
    person.run("handle.remove()")
    assert ask() == (True, other)
    person.run(
        "from glasspane.kernel import model_answers as ours; kept = ours.cache_info().kept; ours.clear_cache()"
    )
    assert int(person.look("kept")) >= 2
    assert not ask()[0]


def test_a_running_job_reports_paints_and_stops_when_cancelled(
    server: LiveServer, modelling: tuple[str, User]
) -> None:
    kernel_id, person = modelling
    person.run("passes.clear(); handle = model.register_forward_pre_hook(slow, with_kwargs=True)")
    before = person.look(LOOK)
    job = server.submit(kernel_id, request("integrated_gradients", max_steps=1024))
    painted = server.follow(job, lambda snapshot: bool((snapshot["progress"] or {}).get("partial")))[-1]
    assert painted["status"] == "running"
    assert painted["progress"]["job"] == job["id"]
    assert len(painted["progress"]["partial"]["scores"][0]) == len(painted["progress"]["partial"]["tokens"])
    server.delete(job)
    last = server.follow(painted, lambda snapshot: False, patience=30)[-1]
    assert last["status"] == "cancelled"
    assert person.look(LOOK) == before
    person.run("done = len(passes); handle.remove()")
    # By its stopping rule alone it would have needed many more.
    assert 0 < int(person.look("done")) < 60


def test_a_job_cancelled_behind_the_users_cell_computes_nothing(
    server: LiveServer, modelling: tuple[str, User]
) -> None:
    kernel_id, person = modelling
    person.run("passes.clear(); handle = model.register_forward_pre_hook(slow, with_kwargs=True)")
    cell = person.begin("time.sleep(1.2)")
    job = server.submit(kernel_id, request("integrated_gradients", text="Mary and John"))
    server.follow(job, lambda snapshot: snapshot["kernel_busy"])
    assert server.delete(job)["status"] == "cancelled"
    person.end(cell)
    # Asked after it on the same queue, so its turn has passed.
    assert server.ask(kernel_id, {"kind": "hello"})["status"] == "done"
    assert person.look("passes") == "[]"
    person.run("handle.remove()")


def test_the_users_interrupt_stops_it_and_harms_nothing(
    server: LiveServer, modelling: tuple[str, User]
) -> None:
    kernel_id, person = modelling
    person.run("handle = model.register_forward_pre_hook(slow, with_kwargs=True)")
    before = person.look(LOOK)
    job = server.submit(kernel_id, request("integrated_gradients", max_steps=1024))
    server.follow(job, lambda snapshot: bool((snapshot["progress"] or {}).get("partial")))
    assert server.call("POST", f"/api/kernels/{kernel_id}/interrupt").ok
    assert server.follow(job, lambda snapshot: False, patience=30)[-1]["status"] == "cancelled"
    assert person.look(LOOK) == before
    person.run("handle.remove()")


def test_what_cannot_be_done_is_said_in_the_snapshot(server: LiveServer, modelling: tuple[str, User]) -> None:
    kernel_id, _ = modelling
    for asked, code in (
        (request(text=""), "empty_prompt"),
        (request("no_such_method"), "unknown_method"),
        (request("integrated_gradients", max_steps=-3), "bad_option"),
        ({**request(), "subject": {"source": "bundled", "name": "no-such"}}, "no_subject"),
    ):
        last = server.ask(kernel_id, asked)
        assert (last["status"], last["result"]["code"]) == ("failed", code)
        assert last["result"]["next_step"]
