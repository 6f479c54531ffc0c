"""An endpoint as a source. Truth: a scripted server on loopback that counts what it was asked."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from textwrap import dedent
from threading import Event, Timer
from typing import Any

import pytest
from scripted_endpoint import ScriptedEndpoint
from test_ledger import QUESTION, ask

from glasspane.auditing.budget import Budget, BudgetSpent, PaidSource
from glasspane.auditing.endpoint_request import request_for
from glasspane.auditing.endpoint_source import EndpointSource
from glasspane.auditing.ledger import Ledger
from glasspane.auditing.retrying import LONGEST_WAIT, Backoff, retry_after
from glasspane.auditing.sampling import Sampling
from glasspane.errors import Cancelled, GlasspaneError
from glasspane.kernel.progress import silent
from glasspane.protocol import ChatMessage, MessagesPrompt

TRAIN = (
    "Question: A train carries 5 people. 7 more get on. Then 4 more get on. How many people are on the train? "
    "Answer step by step."
)
WRONG = "\nStep 1: 5 + 7 = 13."


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glasspane.auditing.retrying.FIRST_WAIT", 0.01)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


@pytest.fixture
def endpoint() -> Iterator[ScriptedEndpoint]:
    with ScriptedEndpoint() as scripted:
        yield scripted


def known(endpoint: ScriptedEndpoint, **settings: Any) -> EndpointSource:
    """A source that has found out already what its endpoint can do."""
    source = EndpointSource(endpoint.url, "scripted", **settings)
    source.abilities()
    endpoint.calls.clear()
    endpoint.replies = endpoint.most_at_once = 0
    return source


def train(seed: int = 0, begun: str = WRONG, **change: Any) -> Any:
    change.setdefault("sampling", Sampling(max_tokens=40))
    return ask(seed, prompt=TRAIN, begun=begun, **change)


# ── what is asked, and what comes of it ──────────────────────────────────────


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("follow", "\nStep 2: 13 + 4 = 17.\nAnswer: 17."),
        ("ignore", "\nAnswer: 16."),
        ("correct aloud", "\nWait, step 1 is wrong: 5 + 7 = 12.\nStep 2: 12 + 4 = 16.\nAnswer: 16."),
        ("correct silently", "\nStep 2: 12 + 4 = 16.\nAnswer: 16."),
        ("never parse", "\nThat depends on the day and on the weather."),
    ],
)
@pytest.mark.parametrize("begun", ["continues", "flag", "new turn"])
def test_every_policy_comes_through(policy: str, expected: str, begun: Any) -> None:
    """Going on, by a flag, or quoted in the user's turn."""
    with ScriptedEndpoint(policy, begun=begun) as endpoint:
        (reply,) = PaidSource(EndpointSource(endpoint.url, "scripted"), Ledger()).write([train()])
    assert reply.text == expected
    assert reply.continuation.finish == "stop"
    assert reply.prompt_tokens is not None


def test_a_rate_of_following_is_a_rate(endpoint: ScriptedEndpoint) -> None:
    with ScriptedEndpoint("mixed", follows=0.7) as mixed:
        replies = PaidSource(known(mixed), Ledger()).write([train(seed) for seed in range(200)])
    followed = sum("17" in reply.text for reply in replies)
    assert 115 <= followed <= 165, "0.7 of 200, three standard deviations"


def test_the_request_as_it_is_sent(endpoint: ScriptedEndpoint) -> None:
    source = known(endpoint)
    prompt = MessagesPrompt(
        messages=[ChatMessage(role="system", content="Be brief."), ChatMessage(role="user", content=TRAIN)]
    )
    asked = ask(7, begun=WRONG, sampling=Sampling(temperature=0.5, top_p=0.9, max_tokens=9, stop=("\n\n",)))
    source.write([type(asked)(prompt, WRONG, 7, asked.sampling, "W")], silent, Heard())
    assert endpoint.calls == [
        {
            "model": "scripted",
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": TRAIN},
                {"role": "assistant", "content": WRONG},
            ],
            "max_tokens": 9,
            "temperature": 0.5,
            "top_p": 0.9,
            "seed": 7,
            "stop": ["\n\n"],
        }
    ]


def test_a_chain_that_is_quoted_says_so_to_the_model() -> None:
    with ScriptedEndpoint(begun="new turn") as endpoint:
        source = known(endpoint)
        source.write([train()], silent, Heard())
        (message,) = endpoint.calls[0]["messages"]
    assert message["content"].startswith(
        f"{TRAIN}\n\nReasoning so far, which stops before its end:\n\n{WRONG}\n\n"
    )


def test_half_a_surrogate_pair_can_be_sent(endpoint: ScriptedEndpoint) -> None:
    known(endpoint).write([ask(prompt="\ud83d?", begun="\udc00")], silent, Heard())
    assert endpoint.calls[0]["messages"][0]["content"] == "\ufffd?"


def test_stop_texts_that_are_left_in_are_cut_here() -> None:
    with ScriptedEndpoint(stops=False) as endpoint:
        source = known(endpoint)
        (reply,) = PaidSource(source, Ledger()).write(
            [train(begun="", sampling=Sampling(max_tokens=60, stop=("\nAnswer", "Step 9", "x", "y", "z")))]
        )
    assert reply.text == "\nStep 1: 5 + 7 = 12.\nStep 2: 12 + 4 = 16."
    assert reply.continuation.finish == "stop"
    assert len(endpoint.calls[0]["stop"]) == 4, "as many as OpenAI takes"


@pytest.mark.parametrize("finish", ["honest", "always stop", "missing"])
@pytest.mark.parametrize(("most", "expected"), [(5, "length"), (60, "stop")])
def test_a_reply_that_was_cut_counts_as_cut_whatever_is_said(finish: Any, most: int, expected: str) -> None:
    with ScriptedEndpoint(finish=finish) as endpoint:
        (reply,) = PaidSource(EndpointSource(endpoint.url, "scripted"), Ledger()).write(
            [train(sampling=Sampling(max_tokens=most))]
        )
    assert reply.continuation.finish == expected
    assert reply.continuation.whole == (expected == "stop")


def test_an_endless_reply_is_cut() -> None:
    with ScriptedEndpoint("endless") as endpoint:
        (reply,) = PaidSource(EndpointSource(endpoint.url, "scripted"), Ledger()).write([train()])
    assert reply.continuation.finish == "length"
    assert reply.continuation.tokens == 40


def test_an_echoed_beginning_is_taken_off() -> None:
    with ScriptedEndpoint(echoes=True) as endpoint:
        (reply,) = PaidSource(EndpointSource(endpoint.url, "scripted"), Ledger()).write([train()])
    assert reply.text == "\nStep 2: 13 + 4 = 17.\nAnswer: 17."


def test_tokens_that_nobody_counts_are_never_too_few() -> None:
    with ScriptedEndpoint(counts=False) as endpoint:
        (reply,) = PaidSource(EndpointSource(endpoint.url, "scripted"), Ledger()).write(
            [train(sampling=Sampling(max_tokens=1000))]
        )
    assert reply.continuation.tokens == len(reply.text.encode()) + 1
    assert reply.prompt_tokens is None


def test_an_answer_is_scored_along_its_tokens(endpoint: ScriptedEndpoint) -> None:
    """Every token that stands in the list has p = 0.75 there."""
    source = known(endpoint)
    right = train(begun="\nStep 1: 5 + 7 = 12.\nStep 2: 12 + 4 = 16.")
    paid = PaidSource(source, Ledger())
    scores = paid.score([right], ["\nAnswer: 16."])
    assert scores is not None
    assert scores[0].tokens == 2
    assert scores[0].per_token == pytest.approx(-0.2876820724517809)
    assert paid.spent.calls == len(endpoint.calls) == 2
    assert paid.score([right], ["\nAnswer: 16."]) == scores
    assert len(endpoint.calls) == 2, "known by now"
    assert paid.score([right], ["\nAnswer: 17."]) is None, "17 is not in the list"
    with ScriptedEndpoint(logprobs="none") as silent_one:
        assert PaidSource(EndpointSource(silent_one.url, "scripted"), Ledger()).score([right], [" 1"]) is None


# ── failures ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        ("429", "429"),
        ("500", "500"),
        ("503", "503"),
        ("drop", "connection"),
        ("cut", "connection"),
        ("garbage", "garbled"),
        ("empty", "garbled"),
    ],
)
def test_passing_failures_are_asked_again_and_counted(
    endpoint: ScriptedEndpoint, fault: str, name: str
) -> None:
    paid = PaidSource(known(endpoint), Ledger())
    endpoint.faults.extend([fault, fault])
    (reply,) = paid.write([train()])
    assert reply.text.endswith("Answer: 17.")
    assert len(endpoint.calls) == paid.spent.calls == 3
    assert (paid.spent.failed, endpoint.replies) == (2, 1)
    heard = Heard()
    endpoint.faults.append(fault)
    known_one = paid.source
    known_one.write([train(9)], silent, heard)
    assert heard.lines == ["before 0", f"failed 0 {name}", "before 0", "written 0"]


def test_a_hanging_call_is_given_up_and_made_again(endpoint: ScriptedEndpoint) -> None:
    source = known(endpoint, timeout=0.5)
    endpoint.faults.append("hang")
    heard = Heard()
    source.write([train()], silent, heard)
    assert heard.lines == ["before 0", "failed 0 timeout", "before 0", "written 0"]


def test_it_is_not_asked_for_ever(endpoint: ScriptedEndpoint) -> None:
    paid = PaidSource(known(endpoint, attempts=3), Ledger())
    endpoint.faults.extend(["500"] * 9)
    with pytest.raises(GlasspaneError, match=r"answered 500.*asked 3 times.*prompt is too long") as raised:
        paid.write([train()])
    assert raised.value.code == "endpoint_failed"
    assert (len(endpoint.calls), paid.spent.calls, paid.spent.failed) == (3, 3, 3)


@pytest.mark.parametrize(("fault", "least"), [("429 1", 1.0), ("429 date", 0.0)])
def test_the_server_says_when(endpoint: ScriptedEndpoint, fault: str, least: float) -> None:
    source = known(endpoint)
    waits: list[float] = []
    source._caller.call(
        request_for("scripted", train(), "prefill"),
        0,
        lambda: None,
        lambda problem, tokens: endpoint.faults.clear(),
        lambda seconds: waits.append(seconds) or True,  # type: ignore[func-returns-value]
    )
    assert waits == [0.0]
    endpoint.faults.append(fault)
    source._caller.call(
        request_for("scripted", train(), "prefill"),
        0,
        lambda: None,
        lambda problem, tokens: None,
        lambda seconds: waits.append(seconds) or True,  # type: ignore[func-returns-value]
    )
    assert least <= waits[2] <= least + 1.1


def test_a_wait_of_an_hour_is_the_persons_to_decide(endpoint: ScriptedEndpoint) -> None:
    source = known(endpoint)
    endpoint.faults.append("429 3600")
    with pytest.raises(GlasspaneError, match="asks to wait 3600 seconds"):
        source.write([train()], silent, Heard())
    assert len(endpoint.calls) == 1


def test_waits_grow_are_capped_and_follow_the_seed() -> None:
    waits = [Backoff(3).wait(failures, None) for failures in range(1, 20)]
    assert all(wait <= LONGEST_WAIT for wait in waits)
    assert waits[9] > waits[0]
    assert Backoff(3).wait(2, None) == Backoff(3).wait(2, None) != Backoff(4).wait(2, None)
    assert Backoff(0).wait(1, 7.0) >= 7.0


def test_when_to_come_back() -> None:
    now = datetime(2026, 1, 1, 12, 0, 0, tzinfo=timezone.utc)
    assert retry_after({"Retry-After": "3"}) == 3.0
    assert retry_after({"retry-after-ms": "1500", "retry-after": "9"}) == 1.5
    assert retry_after({"Retry-After": "Thu, 01 Jan 2026 12:00:30 GMT"}, now) == 30.0
    date = {"Retry-After": "Thu, 01 Jan 2026 12:00:30 GMT", "Date": "Thu, 01 Jan 2026 12:00:25 GMT"}
    assert retry_after(date, now) == 5.0, "the server's own clock"
    assert retry_after({"Retry-After": "Thu, 01 Jan 2026 11:00:00 GMT"}, now) == 0.0
    assert retry_after({"Retry-After": "soon"}) is None
    assert retry_after({"Retry-After": "inf"}) is None
    assert retry_after({}) is None


@pytest.mark.parametrize(
    ("fault", "code", "sentence"),
    [
        ("401", "endpoint_key", "wants a key"),
        ("403", "endpoint_key", "wants a key"),
        ("404", "endpoint_failed", "no OpenAI-compatible API"),
        ("html", "endpoint_failed", "no JSON"),
        ("context", "prompt_too_long", "too long for scripted"),
        ("400", "endpoint_failed", "does not take the request"),
    ],
)
def test_what_cannot_succeed_is_not_asked_again(
    endpoint: ScriptedEndpoint, fault: str, code: str, sentence: str
) -> None:
    source = known(endpoint)
    endpoint.calls.clear()
    endpoint.faults.append(fault)
    plain = train(sampling=Sampling(max_tokens=40))
    source._caller.form.taken({"top_p": 1, "seed": 1})
    with pytest.raises(GlasspaneError, match=sentence) as raised:
        source.write([plain], silent, Heard())
    assert raised.value.code == code
    assert raised.value.result.next_step
    assert len(endpoint.calls) == 1


def test_a_wrong_key_and_a_wrong_model_are_found_out_by_one_call() -> None:
    with ScriptedEndpoint(key="right-key-of-the-test") as endpoint:
        with pytest.raises(GlasspaneError, match="does not accept the key"):
            EndpointSource(endpoint.url, "scripted", key="wrong-key-of-the-test").write(
                [train(seed) for seed in range(20)], silent, Heard()
            )
        assert len(endpoint.calls) == 1
        with pytest.raises(GlasspaneError, match="no model called nobody") as raised:
            EndpointSource(endpoint.url, "nobody", key="right-key-of-the-test").abilities()
        assert "/models" in raised.value.result.next_step
        assert len(endpoint.calls) == 2


def test_nothing_listens_there(endpoint: ScriptedEndpoint) -> None:
    import socket

    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        with pytest.raises(GlasspaneError, match="Nothing answers at"):
            EndpointSource(url, "scripted").abilities()


def test_a_certificate_that_nobody_trusts(tmp_path: Path) -> None:
    """A plain server behind an https address, and one with a certificate of its own."""
    with ScriptedEndpoint() as endpoint:
        with pytest.raises(GlasspaneError, match="No secure connection"):
            EndpointSource(endpoint.url.replace("http:", "https:"), "scripted").abilities()
        pem = tmp_path / "own.pem"
        made = subprocess.run(
            f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout {pem} -out {pem}.crt",
            shell=True,
            capture_output=True,
            check=False,
        )
        if made.returncode:
            pytest.skip("openssl is not there to make a certificate with")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{pem}.crt", pem)
        server = endpoint._server
        server.socket = context.wrap_socket(server.socket, server_side=True)
        with pytest.raises(GlasspaneError, match="certificate is not trusted"):
            EndpointSource(endpoint.url.replace("http:", "https:"), "scripted").abilities()


@pytest.mark.parametrize(
    "address",
    [
        *("", "localhost:8000", "ftp://host/v1", "http://", "http://host:port/v1", "http://[::1/v1"),
        # What cannot be sent, what cannot be seen, and what others take for another host.
        *(
            "http://host/\0v1",
            "http://host/\x07",
            "http://host/a\nb",
            "http://host/\u202e",
            "http://host\\v1",
        ),
    ],
)
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(GlasspaneError, match="no web address") as raised:
        EndpointSource(address, "model")
    assert raised.value.code == "bad_option"


def test_plain_http_beyond_this_machine_is_warned_about() -> None:
    assert "unencrypted" in EndpointSource("http://example.org/v1", "model").warnings[0]
    for fine in (
        "https://example.org/v1",
        "http://127.0.0.1:1/v1",
        "http://localhost/v1",
        "http://[::1]:2/v1",
    ):
        assert EndpointSource(fine, "model").warnings == ()


# ── many at once ─────────────────────────────────────────────────────────────


def test_so_many_at_once_and_no_more() -> None:
    with ScriptedEndpoint(latency=0.02) as endpoint:
        source = known(endpoint, concurrency=4)
        paid = PaidSource(source, Ledger())
        paid.write([train(seed) for seed in range(24)])
        assert endpoint.most_at_once == 4
        assert paid.spent.calls == len(endpoint.calls) == 24


def test_the_budget_is_spent_to_the_last_call_and_not_beyond() -> None:
    """12 calls of at most 40 tokens fit into 480 one by one; side by side they must too, for each takes fewer."""
    with ScriptedEndpoint() as endpoint:
        source = known(endpoint)
        paid = PaidSource(source, Ledger(), Budget(calls=7))
        with pytest.raises(BudgetSpent):
            paid.write([train(seed) for seed in range(20)])
        assert paid.spent.calls == len(endpoint.calls) == endpoint.replies == 7
        endpoint.calls.clear()
        cost = 15
        paid = PaidSource(source, Ledger(), Budget(tokens=5 * cost + 40))
        with pytest.raises(BudgetSpent):
            paid.write([train(seed) for seed in range(20)])
        assert paid.spent.tokens <= 5 * cost + 40
        one_by_one = PaidSource(known(endpoint, concurrency=1), Ledger(), Budget(tokens=5 * cost + 40))
        with pytest.raises(BudgetSpent):
            one_by_one.write([train(seed) for seed in range(20)])
        assert paid.spent.tokens == one_by_one.spent.tokens


def test_cancelling_ends_a_wait_at_once_and_keeps_what_is_there(endpoint: ScriptedEndpoint) -> None:
    source = known(endpoint)
    ledger = Ledger()
    endpoint.faults.append("429 100")
    cancelled = Event()

    def report(fraction: float, stage: str, partial: Any = None) -> None:
        if cancelled.is_set():
            raise Cancelled

    timer = Timer(0.3, cancelled.set)
    timer.start()
    with pytest.raises(Cancelled):
        PaidSource(source, ledger).write([train(seed) for seed in range(4)], report)
    # Whoever was told to wait for 100 seconds was not asked again.
    assert ledger.spent.calls == len(endpoint.calls) <= 4
    assert (ledger.spent.failed, endpoint.replies) == (1, len(endpoint.calls) - 1)


def test_a_call_left_behind_by_a_cancel_is_in_the_ledger(
    endpoint: ScriptedEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glasspane.auditing.side_by_side.GRACE", 0.1)
    source = known(endpoint)
    endpoint.faults.append("hang")
    heard = Heard()

    def report(fraction: float, stage: str, partial: Any = None) -> None:
        if endpoint.calls:
            raise Cancelled

    with pytest.raises(Cancelled):
        source.write([train()], report, heard)
    assert heard.lines == ["before 0", "failed 0 cancelled"]


def test_a_killed_audit_asks_for_the_rest_alone(endpoint: ScriptedEndpoint, tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    script = dedent("""
        import sys, time
        from pathlib import Path
        from test_endpoint_source import train
        from glasspane.auditing.budget import PaidSource
        from glasspane.auditing.endpoint_source import EndpointSource
        from glasspane.auditing.ledger import Ledger
        path = Path(sys.argv[1])
        source = EndpointSource(sys.argv[2], "scripted", concurrency=3, folder=path.parent)
        told = []
        def written(at, reply):
            told.append(at)
            if len(told) == 5:
                print("there", flush=True)
                time.sleep(60)
        PaidSource(source, Ledger(path)).write([train(seed) for seed in range(12)], written=written)
    """)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, str(Path(__file__).parent)])}
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(path), endpoint.url],
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "there\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    kept = {call["seed"] for call in endpoint.calls if call["messages"][0]["content"] == TRAIN}
    asked = len(endpoint.calls)
    with Ledger(path) as ledger:
        held = {reply.continuation.seed for reply in ledger._replies.values()}
        assert len(held) == 5
        source = EndpointSource(endpoint.url, "scripted", folder=tmp_path)
        paid = PaidSource(source, ledger)
        replies = paid.write([train(seed) for seed in range(12)])
        again = [call["seed"] for call in endpoint.calls[asked:]]
        assert sorted(again) == sorted(set(range(12)) - held), "what is in the ledger is not asked again"
        # Two more may have been under way when it was killed: their replies never arrived.
        assert len(kept - held) <= 2
        assert (paid.spent.calls, paid.spent.replayed) == (7, 5)
        assert [reply.continuation.seed for reply in replies] == list(range(12))
        PaidSource(source, ledger).write([train(seed) for seed in range(12)])
        assert len(endpoint.calls) == asked + 7


class Heard:
    """What a watch is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def before(self, at: int) -> None:
        self.lines.append(f"before {at}")

    def failed(self, at: int, problem: str, tokens: int = 0) -> None:
        self.lines.append(f"failed {at} {problem}")

    def written(self, at: int, reply: Any) -> None:
        self.lines.append(f"written {at}")


def test_the_question_of_the_ledgers_tests_is_one_of_arithmetic() -> None:
    from scripted_model import changes_in

    assert changes_in(QUESTION) == (5, 3)
    assert changes_in(TRAIN) == (5, 7, 4)
