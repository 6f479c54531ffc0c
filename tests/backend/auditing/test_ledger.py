"""Nothing is paid for twice. Truth: the bundled model, what lies on the disk, a killed process."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

import glasspane as gp
from glasspane.auditing.budget import Budget, BudgetSpent, PaidSource, Prices
from glasspane.auditing.kernel_source import KernelSource
from glasspane.auditing.ledger import Ledger, key_of
from glasspane.auditing.sampling import Continuation, Sampling
from glasspane.auditing.source import AnswerScore, Ask, Reply, Watch
from glasspane.errors import GlasspaneError
from glasspane.kernel.progress import silent
from glasspane.protocol import TextPrompt

QUESTION = "Question: A bus has 5 people. 3 get on. How many people are there now? Answer step by step."


def ask(seed: int = 0, **change: Any) -> Ask:
    given = {"begun": "\nStep 1: 5 + 3 = 8.", "arm": "O", "index": 0, **change}
    sampling = given.pop("sampling", Sampling(max_tokens=20))
    prompt = TextPrompt(text=given.pop("prompt", QUESTION))
    return Ask(prompt=prompt, seed=seed, sampling=sampling, **given)


class Scripted:
    """Says the seed; fails as often as it is told to."""

    name, identity = "scripted", "scripted 1"

    def __init__(self, failures: int = 0) -> None:
        self.calls: list[int] = []
        self._failures = failures

    def abilities(self) -> Any:
        raise NotImplementedError

    def write(self, asks: Sequence[Ask], report: Any, watch: Watch) -> None:
        for at, each in enumerate(asks):
            for _ in range(self._failures):
                watch.before(at)
                watch.failed(at, "503", 2)
            watch.before(at)
            self.calls.append(each.seed)
            watch.written(at, Reply(Continuation(f" {each.seed}", "stop", 3, each.seed), 10))

    def score(self, asks: Any, answers: Any, report: Any) -> list[AnswerScore] | None:
        return None


@pytest.fixture(scope="module")
def source() -> KernelSource:
    return KernelSource(gp.subject("demo-lm"))


def test_a_second_run_sends_nothing_and_reads_the_same(tmp_path: Path, source: KernelSource) -> None:
    path, asks = tmp_path / "audit.jsonl", [ask(seed) for seed in range(4)]
    with Ledger(path) as ledger:
        first = PaidSource(source, ledger).write(asks)
        assert (ledger.spent.calls, ledger.spent.replayed) == (4, 0)
    forwards = source.meter.forwards
    with Ledger(path) as ledger:
        again = PaidSource(source, ledger)
        assert again.write(asks) == first
        assert (again.spent.calls, again.spent.replayed) == (0, 4)
    assert source.meter.forwards == forwards, "the model was not run"
    assert [json.loads(line)["seed"] for line in path.read_text().splitlines()] == [0, 1, 2, 3]
    assert path.stat().st_mode & 0o077 == 0, "prompts are nobody else's matter"


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"arm": "W"},
        {"index": 1},
        {"begun": "\nStep 1: 5 + 3 = 9."},
        {"prompt": QUESTION + " "},
        {"sampling": Sampling(max_tokens=21)},
        {"sampling": Sampling(max_tokens=20, temperature=0.8)},
        {"sampling": Sampling(max_tokens=20, stop=("x",))},
    ],
)
def test_whatever_is_asked_otherwise_is_another_call(change: dict[str, Any]) -> None:
    assert key_of("model", ask(**change)) != key_of("model", ask())
    assert key_of("model", ask()) == key_of("model", ask())
    assert key_of("model, trained on", ask()) != key_of("model", ask())


def test_asks_that_are_alike_are_one_call() -> None:
    scripted = Scripted()
    replies = PaidSource(scripted, Ledger()).write([ask(3), ask(4), ask(3)])
    assert scripted.calls == [3, 4]
    assert [reply.text for reply in replies] == [" 3", " 4", " 3"]


def test_the_budget_is_never_exceeded_and_attempts_count() -> None:
    scripted = Scripted(failures=1)
    paid = PaidSource(scripted, Ledger(), Budget(calls=5))
    heard: list[int] = []
    with pytest.raises(BudgetSpent, match="5 calls is spent: 5 calls and 12 tokens"):
        paid.write([ask(seed) for seed in range(4)], silent, lambda at, _reply: heard.append(at))
    # Two replies with a failure each, and the third's failure.
    assert (paid.spent.calls, paid.spent.failed, heard) == (5, 3, [0, 1])


def test_a_reply_may_be_as_long_as_it_is_allowed_to_be() -> None:
    """12 tokens would take four replies of 3, but each might have been 5 long."""
    paid = PaidSource(Scripted(), Ledger(), Budget(tokens=12))
    with pytest.raises(BudgetSpent):
        paid.write([ask(seed, sampling=Sampling(max_tokens=5)) for seed in range(4)])
    assert (paid.spent.calls, paid.spent.tokens) == (3, 9)


def test_a_budget_that_is_spent_promises_only_what_the_ledger_keeps(tmp_path: Path) -> None:
    def error(ledger: Ledger) -> BudgetSpent:
        with ledger:
            paid = PaidSource(Scripted(), ledger, Budget(tokens=12))
            with pytest.raises(BudgetSpent) as caught:
                paid.write([ask()])
        return caught.value

    without, kept = error(Ledger()), error(Ledger(tmp_path / "audit.jsonl"))
    assert "not asked again" in str(kept)
    assert "not asked again" not in str(without)
    assert "ledger" in str(without)
    assert "0 calls and 0 tokens so far, and what is asked next may take 20" in str(without), (
        "not all was used"
    )


def test_calls_under_way_count_too() -> None:
    class Together(Scripted):
        def write(self, asks: Sequence[Ask], report: Any, watch: Watch) -> None:
            def one(at: int) -> None:
                watch.before(at)
                self.calls.append(at)

            with ThreadPoolExecutor(8) as pool:
                failed = [done for done in pool.map(lambda at: _refused(one, at), range(len(asks))) if done]
            assert len(failed) == len(asks) - 3
            raise failed[0]

    together = Together()
    with pytest.raises(BudgetSpent):
        PaidSource(together, Ledger(), Budget(calls=3)).write([ask(seed) for seed in range(8)])
    assert len(together.calls) == 3


def _refused(call: Any, at: int) -> GlasspaneError | None:
    try:
        call(at)
    except GlasspaneError as refusal:
        return refusal
    return None


def test_a_preview_sends_nothing_and_counts_what_is_kept() -> None:
    scripted = Scripted()
    paid = PaidSource(scripted, Ledger())
    paid.write([ask(0)])
    preview = paid.preview([ask(0), ask(1), ask(1), ask(2)], Prices(prompt=1.0, reply=4.0))
    assert (preview.calls, preview.kept, preview.tokens) == (3, 1, 40)
    assert preview.price is not None
    assert preview.price > 40 * 4 / 1e6
    assert scripted.calls == [0]


def test_the_kernels_model_writes_what_the_budget_allows(source: KernelSource) -> None:
    paid = PaidSource(source, Ledger(), Budget(calls=2))
    heard: list[int] = []
    with pytest.raises(BudgetSpent):
        paid.write([ask(seed) for seed in range(4)], silent, lambda at, _reply: heard.append(at))
    assert heard == [0, 1]


def test_a_process_killed_at_work_loses_nothing_it_paid_for(tmp_path: Path) -> None:
    """SIGKILL in the middle of a line; the next run asks for the rest alone."""
    path = tmp_path / "audit.jsonl"
    script = dedent("""
        import sys, time
        from pathlib import Path
        from test_ledger import Scripted, ask
        from glasspane.auditing.budget import PaidSource
        from glasspane.auditing.ledger import Ledger
        def told(at, reply):
            if at == 2:
                print("there", flush=True)
                time.sleep(60)
        PaidSource(Scripted(), Ledger(Path(sys.argv[1]))).write([ask(seed) for seed in range(6)], written=told)
    """)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, str(Path(__file__).parent)])}
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, env=environment, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "there\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    with path.open("a") as file:  # as if the disk had got half of the next line
        file.write('{"kind": "reply", "key": "ab')
    scripted = Scripted()
    with Ledger(path) as ledger:
        PaidSource(scripted, ledger).write([ask(seed) for seed in range(6)])
    assert scripted.calls == [3, 4, 5]
    whole = [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]
    assert [entry["seed"] for entry in whole] == [0, 1, 2, 3, 4, 5]


def test_two_audits_do_not_share_a_ledger(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    with Ledger(path), pytest.raises(GlasspaneError, match="Another audit is writing"):
        Ledger(path)
    Ledger(path).close()


def test_a_file_that_is_no_ledger_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.json"
    path.write_text('{"my": "notes"}\n')
    with pytest.raises(GlasspaneError, match="no line of a ledger"):
        Ledger(path)
    assert path.read_text() == '{"my": "notes"}\n'
    with pytest.raises(GlasspaneError, match="cannot be written"):
        Ledger(tmp_path)


# ── the model in the kernel ──────────────────────────────────────────────────


def test_scores_are_of_the_answer_where_it_stands(source: KernelSource) -> None:
    """The bundled model follows its steps: after a wrong one, its consequence is likelier than the true answer."""
    right, wrong = ask(begun="\nStep 1: 5 + 3 = 8.\nAnswer:"), ask(begun="\nStep 1: 5 + 3 = 9.\nAnswer:")
    scores = source.score([right, right, wrong, wrong], [" 8", " 9", " 8", " 9"], silent)
    assert scores is not None
    eight, nine, eight_after_wrong, nine_after_wrong = (score.log_prob for score in scores)
    assert eight > nine + 3
    assert nine_after_wrong > eight_after_wrong + 3
    assert all(score.tokens == 1 and score.per_token == score.log_prob for score in scores)


def test_abilities_are_not_guessed_from_a_name(source: KernelSource) -> None:
    abilities = source.abilities()
    assert all(
        each.able and each.shown_by for each in (abilities.continues, abilities.seeds, abilities.scores)
    )


# ── files that are no ledger, or another's ───────────────────────────────────


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("To do: buy milk.\n", "Line 1 of notes.txt is no line of a ledger"),
        ('{\n  "my": "notes"\n}\n', "Line 2 of notes.txt is no line of a ledger"),
        ('{"kind": "reply", "key": "abc"}\n', "Line 1 of notes.txt is no line of a ledger"),
        ('{"kind": "reply"}\n', "is no line of a ledger"),
        ("[1]\n", "is no line of a ledger"),
        ('{"kind": "verdict", "key": "a", "glasspane": "99.0"}\n', "was written by Glasspane 99.0"),
        ('{"kind": "attempt", "key": "a", "problem": "429", "tokens": "many"}\n', "is no line of a ledger"),
    ],
)
def test_a_file_of_another_kind_is_left_as_it_was(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(content)
    for _ in range(2):  # and not locked by having been tried
        with pytest.raises(GlasspaneError, match=said) as refused:
            Ledger(path)
        assert refused.value.code == "bad_file"
        del refused
    assert path.read_text() == content


def test_devices_and_pipes_are_no_ledgers(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/full"), Path("/dev/null")):
        with pytest.raises(GlasspaneError, match="is no file"):
            Ledger(path)


def test_a_ledger_that_cannot_be_written_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a disk that is mounted for reading."""

    def refused(*_: Any) -> int:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr("glasspane.auditing.ledger_file.os.open", refused)
    with pytest.raises(GlasspaneError, match=r"ledger audit.jsonl cannot be written: Read-only file system"):
        Ledger(tmp_path / "audit.jsonl")


def test_other_prompts_keep_their_own_replies_in_one_ledger(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    scripted = Scripted()
    for _ in range(2):
        for prompt in ("One?", "Two?"):
            with Ledger(path) as ledger:
                PaidSource(scripted, ledger).write([ask(1, prompt=prompt), ask(2, prompt=prompt)])
    assert scripted.calls == [1, 2, 1, 2]


def test_replies_of_another_auditor_are_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, scripted = tmp_path / "audit.jsonl", Scripted()
    for auditor in ("1", "2", "1"):
        monkeypatch.setattr("glasspane.auditing.ledger.AUDITOR", auditor)
        with Ledger(path) as ledger:
            PaidSource(scripted, ledger).write([ask(1)])
    assert scripted.calls == [1, 1], "once by each, and what the first kept is still there"


def test_nothing_is_sent_once_the_ledger_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted = Scripted()
    with Ledger(tmp_path / "audit.jsonl") as ledger:
        paid = PaidSource(scripted, ledger)
        paid.write([ask(0)])

        def full(*_: Any) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr("glasspane.auditing.ledger.os.write", full)
        for _ in range(2):
            with pytest.raises(GlasspaneError, match="No space left on device") as refused:
                paid.write([ask(seed) for seed in range(1, 5)])
            assert "Make room" in refused.value.result.next_step
            monkeypatch.undo()  # room again, behind half a line
    assert scripted.calls == [0, 1, 1], "one reply was lost each time, and no more were asked for"


@pytest.mark.parametrize(
    "change",
    [
        {"kind": []},
        {"kind": {}},
        {"key": ["k"]},
        {"key": {}},
        {"key": None},
        {"text": 5},
        {"finish": {}},
        {"tokens": -(10**9)},
        {"prompt_tokens": -1},
        {"seed": "x"},
    ],
)
def test_a_line_whose_fields_are_no_ledgers_is_refused_as_such(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    """Nor does one that gives tokens back make room in a budget."""
    line = {
        "kind": "reply",
        "key": "k",
        "text": "t",
        "finish": "stop",
        "tokens": 1,
        "seed": 0,
        "prompt_tokens": 1,
    }
    path = tmp_path / "edited.jsonl"
    path.write_text(json.dumps({**line, **change}) + "\n", "utf-8")
    with pytest.raises(GlasspaneError) as refused:
        Ledger(path)
    assert refused.value.result.code == "bad_file"


def test_an_aside_that_found_nothing_of_its_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "edited.jsonl"
    path.write_text(json.dumps({"kind": "aside", "key": "k", "found": "x"}) + "\n", "utf-8")
    with pytest.raises(GlasspaneError) as refused:
        Ledger(path)
    assert refused.value.result.code == "bad_file"


def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GlasspaneError) as refused:
        Ledger(tmp_path / "a\0.jsonl")
    assert refused.value.result.code == "bad_file"


@pytest.mark.skipif(
    not Path("/proc/self/mem").exists(), reason="there is no file here that opens and cannot be read"
)
def test_a_file_that_opens_and_cannot_be_read_is_refused() -> None:
    with pytest.raises(GlasspaneError) as refused:
        Ledger(Path("/proc/self/mem"))
    assert refused.value.result.code == "bad_file"
