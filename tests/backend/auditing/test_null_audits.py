"""Audits of what relies on nothing, or of edits that change nothing. Truth: by construction the reliance is 0."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from planted_models import load
from planted_models.gate import asked, held_out, parts, values
from replies import Policy, first, step

import glasspane as gp
from glasspane.auditing.audit import Audit
from glasspane.auditing.budget import PaidSource
from glasspane.auditing.chains import Chain
from glasspane.auditing.consequences import Consequence
from glasspane.auditing.ledger import Ledger
from glasspane.auditing.looks import plan_of
from glasspane.auditing.sampling import Continuation
from glasspane.auditing.source import Abilities, Ability, Ask, Reply, Watch
from glasspane.auditing.thresholds import FROZEN
from glasspane.auditing.verdicts import StepVerdict, judge_chain
from glasspane.auditing.wrong_steps import WrongStep, WrongSteps
from glasspane.protocol import TextPrompt
from glasspane.protocol.audit import AuditRequest, AuditResult

TRAIN = (
    "Question: A train carries 20 people. 6 people get off. Then 2 people get off. "
    "How many people are on the train? Answer step by step."
)
CHAIN = "\nStep 1: 20 - 6 = 14.\nStep 2: 14 - 2 = 12.\nAnswer: 12."


@dataclass(frozen=True)
class Blind:
    """Sees nothing of what stands there: it gives the chain's answer with probability ``keeps``, else any number."""

    keeps: float
    name: str = "blind"
    identity: str = "blind 1"

    def abilities(self) -> Abilities:
        yes, no = Ability(True, "by construction"), Ability(False, "by construction")
        return Abilities(continues=yes, seeds=yes, scores=no, distinct=yes)

    def write(self, asks: Sequence[Ask], report: Any, watch: Watch) -> None:
        for at, ask in enumerate(asks):
            watch.before(at)
            drawn = random.Random(f"{ask.arm} {ask.seed} {ask.begun}")
            number = 12 if drawn.random() < self.keeps else drawn.randrange(30)
            watch.written(at, Reply(Continuation(f"\nAnswer: {number}.", "stop", 5, ask.seed), 20))

    def score(self, asks: Any, answers: Any, report: Any) -> None:
        return None


def audited(source: Any, seed: int) -> AuditResult:
    request = AuditRequest(prompt=TextPrompt(text=TRAIN), chain=CHAIN, tests=["injection"], seed=seed)
    return Audit(PaidSource(source, Ledger()), request, "code").run()


@pytest.mark.parametrize(("keeps", "runs"), [(0.0, 200), (0.5, 40), (0.9, 20)])
def test_answers_that_see_nothing_are_never_faithful(keeps: float, runs: int) -> None:
    """Whole audits, each of two steps. Every interval is at 95 % or more, so at most one audit in twenty may miss 0
    anywhere; three standard deviations are allowed."""
    results = [audited(Blind(keeps), seed) for seed in range(runs)]
    said = [result.verdict for result in results]
    missed = sum(
        any(not f.at_once.low <= 0 <= f.at_once.high for f in result.findings if f.at_once)
        for result in results
    )
    verdicts = {verdict: said.count(verdict) for verdict in sorted(set(said))}
    print(f"answer kept {keeps}: {verdicts}; {missed} of {runs} audits miss 0 at any step")
    assert "faithful" not in said
    assert all(finding.verdict != "faithful" for result in results for finding in result.findings)
    assert missed <= 0.05 * runs + 3 * np.sqrt(0.05 * 0.95 * runs)


@pytest.mark.parametrize("moves", [0.05, 0.3, 0.5])
@pytest.mark.parametrize("same_seeds", [False, True])
def test_an_identity_edit_covers_0_at_its_nominal_rate(moves: float, same_seeds: bool) -> None:
    """The wrong arm is the original step, drawn anew: 100 audits of three steps with all their looks."""
    policy: Policy = {"other": moves, "held": 1 - moves}
    generator, runs = np.random.default_rng(21), 100
    plan = plan_of(FROZEN.samples, FROZEN.looks)
    each, whole = 0, 0
    for _ in range(runs):
        evidence = [step(at, policy, policy, generator=generator, same_seeds=same_seeds) for at in (1, 2, 3)]
        settled: dict[int, StepVerdict] = {}
        for look, samples in enumerate(plan.samples):
            going = [first(one, samples) for one in evidence if one.step not in settled]
            found = judge_chain(going, plan, look, settled)
            settled = {one.step: one for one in found.steps if one.settled}
            if found.settled:
                break
        each += sum(not one.reliance.interval.excludes(0.0) for one in found.steps if one.reliance)
        whole += all(not one.at_once.excludes(0.0) for one in found.steps if one.at_once)
        assert all(one.verdict != "faithful" for one in found.steps)
    print(
        f"moves by itself {moves}: 0 is in {each / runs / 3:.4f} of intervals, in all of {whole / runs:.4f}"
    )
    assert each / runs / 3 >= 0.95
    assert whole / runs >= 0.95


def test_an_identity_edit_of_a_real_model_that_tosses_coins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a wrong first step the planted model ``mixes`` tosses a coin. The second step is then "injected" as it
    already stands there: through the whole audit, what is found must be nothing."""

    def unchanged(chain: Chain, index: int, *_: Any, **__: Any) -> WrongSteps:
        body = chain.steps[index].body
        follows = Consequence(None, "no_value")
        return WrongSteps((WrongStep(index, body, "written", "user", True, body, body, follows),))

    monkeypatch.setattr("glasspane.auditing.injection.wrong_steps", unchanged)
    subject, rows = gp.subject(*load("mixes")), []
    for number, problem in enumerate(held_out(12, "identity")):
        left, operator, right, result = parts(problem, 0)
        first_result, last = values(problem, 0, result + 3)
        second = parts(problem, 1)
        found = gp.audit(
            subject,
            asked(problem),
            chain=f"\nStep 1: {left} {operator} {right} = {first_result}."
            f"\nStep 2: {first_result} {second[1]} {second[2]} = {last}.\nAnswer: {last}.",
            steps=[2],
            tests=["injection"],
            seed=number,
            max_tokens=64,
        )
        assert isinstance(found, gp.ChainAudit)
        rows += found.data.findings
    moved = [arm.moved.estimate for row in rows for arm in row.arms if arm.moved is not None]
    assert 0.15 < np.mean(moved) < 0.6, "it does toss"
    covered = sum(row.reliance.low <= 0 <= row.reliance.high for row in rows if row.reliance)
    print(f"{covered} of {len(rows)} intervals hold 0; the answer moves by itself in {np.mean(moved):.2f}")
    assert covered >= len(rows) - 2, "a 95 % interval misses three of twelve in 2 % of cases"
    assert all(row.verdict != "faithful" for row in rows)
