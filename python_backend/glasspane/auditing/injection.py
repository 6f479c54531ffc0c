"""The core of the audit: a wrong step is put in, and what becomes of the answer is held against three controls.

Arms share their seeds. After planned numbers of samples (see :mod:`.looks`) every step is judged, and those that are
settled are asked about no more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from ..protocol.audit import ArmFinding, AuditArm, AuditMode, AuditReply, AuditStep, StepFinding
from .answers import Answer
from .audited_reply import Audited, finish_of, proportion, written
from .early import force_answer, swapped_prompt
from .evidence import StepEvidence, moved
from .looks import LookPlan, plan_of
from .model_written import model_written_steps
from .outcomes import Classified, classify, classify_control
from .proportions import guarded_wilson
from .rewordings import Place, irrelevant_sentences, paraphrases
from .source import Ask, Reply
from .thresholds import Thresholds
from .verdicts import StepVerdict, judge_chain
from .wrong_steps import Source, WrongStep, WrongSteps, written_wrong_step, wrong_steps

VARIANTS = 8
"""Different texts of one arm where replies are drawn by chance; without chance every sample has a text of its own."""


@dataclass
class Arm:
    """One text, or several by turns, in the place of a step, and what came of it."""

    name: AuditArm
    bodies: list[str]
    wrong: list[WrongStep] | None = None
    """The same texts as wrong steps, in the wrong arm."""
    replies: list[AuditReply] = field(default_factory=list)
    scores: tuple[float | None, float | None] | None = None
    """Of its texts, whatever is replied to them; None: not scored yet."""

    def variant(self, sample: int) -> int:
        return sample % len(self.bodies)


@dataclass
class TestedStep:
    """A step in one mode, with its arms."""

    index: int
    mode: AuditMode
    arms: list[Arm]
    verified: bool
    told: bool
    wrong_by: Source
    overdetermined: bool
    verdict: StepVerdict | None = None

    def evidence(self) -> StepEvidence:
        outcomes = {arm.name: tuple(reply.outcome for reply in arm.replies) for arm in self.arms}
        controls = {name: outcomes[name] for name in ("paraphrase", "irrelevant") if name in outcomes}
        # Where rules made fewer texts of one arm, samples beyond the fewest have no counterpart.
        fewest = min(len(outcomes["wrong"]), *(len(each) for each in controls.values()))
        return StepEvidence(
            step=self.index + 1,
            wrong=outcomes["wrong"][:fewest],
            controls={name: each[:fewest] for name, each in controls.items()},
            same_seeds=True,
            verified_wrong=self.verified,
            overdetermined=self.overdetermined,
            mode=self.mode,
            told=self.told,
        )


class Injection:
    """The test at work; :meth:`findings` can be read at any time."""

    def __init__(self, audited: Audited, thresholds: Thresholds) -> None:
        self._audited = audited
        self._thresholds = thresholds
        self.unmade: dict[int, str] = {}
        """Steps that could not be tested, and why."""
        self.steps: list[TestedStep] = []
        for mode in audited.request.modes:
            for index in self._asked():
                tested = self._prepared(index, mode)
                if tested is not None:
                    self.steps.append(tested)
        self.plan = self._planned()

    def asks(self) -> list[Ask]:
        """All that it would ask, if it stopped nowhere early."""
        return [ask for step in self.steps for ask, _, _ in self._missing(step, self.plan.samples[-1])]

    def scored(self) -> list[tuple[list[Ask], list[str]]]:
        """Answers whose log-probability it would ask for, with what they stand behind: a list for each arm."""
        rows = [self._score_rows(step, arm) for step in self.steps for arm in step.arms]
        return [(asks, answers) for asks, answers, _ in rows if asks]

    def run(self, looked: Callable[[], None] | None = None) -> None:
        """``looked`` is called after every look at the samples so far."""
        begun, done = self._audited.fraction, 0
        draws = len(self.steps) * len(self.plan.samples)
        by_mode: dict[AuditMode, list[TestedStep]] = {}
        for step in self.steps:
            by_mode.setdefault(step.mode, []).append(step)
        for steps in by_mode.values():
            settled: dict[int, StepVerdict] = {}
            for look, samples in enumerate(self.plan.samples):
                for step in steps:
                    if step.index + 1 not in settled:
                        self._draw(step, samples)
                    done += 1
                    self._audited.fraction = begun + self._audited.share * done / draws
                judged = judge_chain(
                    [step.evidence() for step in steps if step.index + 1 not in settled],
                    self.plan,
                    look,
                    settled,
                    self._thresholds,
                )
                verdicts = {each.step: each for each in judged.steps}
                for step in steps:
                    step.verdict = verdicts[step.index + 1]
                settled = {number: each for number, each in verdicts.items() if each.settled}
                if looked is not None:
                    looked()
                if judged.settled:
                    break

    def findings(self) -> list[StepFinding]:
        return [self._finding(step) for step in self.steps if step.verdict is not None]

    def _asked(self) -> list[int]:
        count = len(self._audited.chain.steps)
        wanted = self._audited.request.steps
        return list(range(count)) if wanted is None else [step - 1 for step in wanted]

    def _planned(self) -> LookPlan:
        samples = self._audited.request.samples
        if self._audited.request.temperature == 0:
            # Without chance the same text gives the same reply: samples are texts.
            made = [
                min(len(arm.bodies) for arm in step.arms if arm.name != "original") for step in self.steps
            ]
            samples = min(samples, max(made, default=samples))
        return plan_of(samples, self._thresholds.looks)

    def _prepared(self, index: int, mode: AuditMode) -> TestedStep | None:
        audited = self._audited
        request, chain = audited.request, audited.chain
        greedy = request.temperature == 0
        count = request.samples if greedy else min(VARIANTS, request.samples)
        made = self._wrong(index, count)
        rewordings = paraphrases(chain, index, count, request.seed)
        # Where the later text is kept nobody writes the step that a sentence took the place of: it goes beside it.
        place: Place = "instead" if mode == "continue" else "beside"
        beside = irrelevant_sentences(
            chain, index, count, request.seed, question=audited.question, place=place
        )
        missing = made.missing if not made.variants else None
        if missing is not None and not request.wrong_by_model:
            missing += " Write one yourself (wrong), or let the model write some (wrong_by_model)."
        if missing is None and not rewordings.variants:
            missing = rewordings.missing
        if missing is None and not beside.variants:
            missing = beside.missing
        if missing is not None:
            self.unmade[index] = missing
            return None
        arms = [
            Arm("wrong", [each.body for each in made.variants], list(made.variants)),
            Arm("paraphrase", [each.body for each in rewordings.variants]),
            Arm("irrelevant", [each.body for each in beside.variants]),
            Arm("original", [chain.steps[index].body]),
        ]
        return TestedStep(
            index,
            mode,
            arms,
            verified=all(each.verified for each in made.variants),
            told=any(each.consequence.answer is not None for each in made.variants),
            wrong_by=made.variants[0].source,
            overdetermined=any(each.consequence.status == "overdetermined" for each in made.variants),
        )

    def _wrong(self, index: int, count: int) -> WrongSteps:
        audited = self._audited
        own = [each for each in audited.request.wrong if each.step == index + 1]
        if not own:
            made = wrong_steps(
                audited.chain,
                index,
                count,
                audited.request.seed,
                question=audited.question,
                options=audited.options,
            )
            if made.variants or not audited.request.wrong_by_model:
                return made
            return model_written_steps(audited, index, count)
        return WrongSteps(
            tuple(
                written_wrong_step(
                    audited.chain,
                    index,
                    each.text,
                    "user",
                    target=each.consequence,
                    question=audited.question,
                    options=audited.options,
                )
                for each in own
            )
        )

    def _begun(self, step: TestedStep, body: str) -> str:
        chain = self._audited.chain
        if step.mode == "swap":
            return swapped_prompt(chain, step.index, body, self._audited.stem)
        return chain.with_step(step.index, body)

    def _missing(self, step: TestedStep, samples: int) -> list[tuple[Ask, Arm, int]]:
        audited = self._audited
        sampling = audited.forced if step.mode == "swap" else audited.sampling
        most = samples
        if audited.request.temperature == 0:
            most = min(samples, *(len(arm.bodies) for arm in step.arms if arm.name != "original"))
        found = []
        for arm in step.arms:
            # Without chance the original has one reply, however often it is asked for.
            wanted = min(most, len(arm.bodies)) if audited.request.temperature == 0 else most
            for sample in range(len(arm.replies), wanted):
                begun = self._begun(step, arm.bodies[arm.variant(sample)])
                name = f"{step.mode} {step.index + 1} {arm.name}"
                found.append((audited.ask(name, sample, begun, sampling), arm, sample))
        return found

    def _draw(self, step: TestedStep, samples: int) -> None:
        missing = self._missing(step, samples)
        replies = self._audited.write([ask for ask, _, _ in missing], f"step {step.index + 1}")
        for (_, arm, sample), reply in zip(missing, replies, strict=True):
            found = self._classified(step, arm, sample, reply)
            answer = found.answer if isinstance(found.answer, Answer) else None
            arm.replies.append(written(reply, answer, found.outcome))

    def _classified(self, step: TestedStep, arm: Arm, sample: int, reply: Reply) -> Classified:
        audited, said = self._audited, reply.continuation
        forced, finish = step.mode == "swap", finish_of(said)
        rule, options = audited.rule, audited.options
        if arm.wrong is None:
            return classify_control(
                said.text, audited.chain, finish=finish, rule=rule, forced=forced, options=options
            )
        wrong = arm.wrong[arm.variant(sample)]
        return classify(
            said.text, audited.chain, wrong, finish=finish, rule=rule, forced=forced, options=options
        )

    def _finding(self, step: TestedStep) -> StepFinding:
        verdict = step.verdict
        assert verdict is not None
        return StepFinding(
            step=step.index + 1,
            mode=step.mode,
            verdict=verdict.verdict,
            reason=verdict.reason,
            reliance=None if verdict.reliance is None else proportion(verdict.reliance.interval),
            at_once=None if verdict.at_once is None else proportion(verdict.at_once),
            arms=[self._arm(step, arm) for arm in step.arms],
            verified_wrong=step.verified,
            wrong_by=step.wrong_by,
            overdetermined=step.overdetermined,
            more=verdict.more,
            settled=verdict.settled,
            sentence=verdict.sentence,
        )

    def _arm(self, step: TestedStep, arm: Arm) -> ArmFinding:
        counts = Counter(reply.outcome for reply in arm.replies)
        read = [moved(reply.outcome) for reply in arm.replies if reply.outcome != "unparsed"]
        consequence = None
        if arm.wrong is not None and arm.wrong[0].consequence.answer is not None:
            consequence = arm.wrong[0].consequence.answer.canonical
        if arm.scores is None:
            arm.scores = self._scores(step, arm)
        original, followed = arm.scores
        return ArmFinding(
            arm=arm.name,
            written=arm.bodies[: max(1, len(arm.replies))],
            consequence=consequence,
            outcomes=dict(counts),
            moved=proportion(guarded_wilson(sum(map(bool, read)), len(read))) if read else None,
            log_prob_original=original,
            log_prob_consequence=followed,
            replies=arm.replies,
        )

    def _scores(self, step: TestedStep, arm: Arm) -> tuple[float | None, float | None]:
        """Change of the log-probability of the original answer, and of the wrong step's consequence, against the
        original step: means over the arm's texts, each with the stem right behind what was put in."""
        asks, answers, kinds = self._score_rows(step, arm)
        scores = self._audited.paid.score(asks, answers, self._audited.scored) if asks else None
        if scores is None:
            return None, None
        changes: dict[int, list[float]] = {0: [], 1: []}
        for kind, behind, before in zip(kinds, scores[::2], scores[1::2], strict=True):
            changes[kind].append(behind.log_prob - before.log_prob)
        return _mean(changes[0]), _mean(changes[1])

    def _score_rows(self, step: TestedStep, arm: Arm) -> tuple[list[Ask], list[str], list[int]]:
        """Asks and answers by twos, behind the arm's text and behind the original; for each two, which answer it is:
        0 the chain's, 1 the wrong step's consequence."""
        audited, wrong = self._audited, step.arms[0].wrong
        if not audited.abilities.scores.able or arm.name == "original" or wrong is None:
            return [], [], []
        mark = audited.chain.answer
        assert mark is not None
        original = self._with_stem(step, audited.chain.steps[step.index].body)
        rows: list[tuple[str, str]] = []
        kinds: list[int] = []
        for place, body in enumerate(arm.bodies):
            follows = wrong[place if arm.wrong is not None else 0].consequence.answer
            answers = [mark.text.strip()] + ([] if follows is None else [follows.canonical])
            for kind, answer in enumerate(answers):
                rows += [(self._with_stem(step, body), answer), (original, answer)]
                kinds.append(kind)
        asks = [audited.ask("scored", 0, text, audited.likeliest) for text, _ in rows]
        return asks, [audited.lead + answer for _, answer in rows], kinds

    def _with_stem(self, step: TestedStep, body: str) -> str:
        audited = self._audited
        if step.mode == "swap":
            return swapped_prompt(audited.chain, step.index, body, audited.stem)
        return force_answer(audited.chain.with_step(step.index, body), audited.stem)


def _mean(numbers: list[float]) -> float | None:
    return sum(numbers) / len(numbers) if numbers else None


def steps_of(audited: Audited) -> list[AuditStep]:
    return [
        AuditStep(step=each.index + 1, start=each.start, body_start=each.body_start, end=each.end)
        for each in audited.chain.steps
    ]


def unmade_sentences(unmade: dict[int, str]) -> list[str]:
    return [f"Step {index + 1} was not tested: {why}" for index, why in sorted(unmade.items())]
