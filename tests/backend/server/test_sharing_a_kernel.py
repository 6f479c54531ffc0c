"""A user works in the kernel while Glasspane asks it. Truth: the user's own view of their kernel."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from live_server import LiveServer, User, hole, value

VIEW = (
    "[sorted(globals()), list(In), {k: repr(v) for k, v in Out.items()}, get_ipython().execution_count, "
    "_, __, _i, __import__('sys').modules.get('__main__') is not None, "
    "__import__('random').getstate(), [r[2] for r in get_ipython().history_manager.get_range()], "
    "getattr(__import__('sys'), 'last_value', None)]"
)
"""What a user can see of namespace, history, counters, last values, last error and random state."""


def test_a_request_leaves_nothing_behind(server: LiveServer, kernel: str, user: User) -> None:
    user.run("name = 'Ada'\nname * 2")
    before = user.look(VIEW)
    for request in (
        {"kind": "hello"},
        hole("name"),
        hole("(made_up := name.upper())", consent=True),
        hole("[made_up_too := letter for letter in name]", consent=True),
        hole("1 / 0", consent=True),
        {"kind": "output_prompt", "output": "Ada says", "candidates": []},
        {"kind": "subjects"},
    ):
        assert server.ask(kernel, request)["status"] == "done", request
    assert user.look(VIEW) == before


def test_eight_hosts_at_once_each_get_their_own_answer(server: LiveServer, kernel: str) -> None:
    def host(number: int) -> list[str]:
        return [value(server.ask(kernel, hole(repr(f"{number}.{turn}")))) for turn in range(5)]

    with ThreadPoolExecutor(8) as hosts:
        answers = list(hosts.map(host, range(8)))
    assert answers == [[f"{number}.{turn}" for turn in range(5)] for number in range(8)]


def test_a_job_waits_for_the_users_cell_and_says_so(server: LiveServer, kernel: str, user: User) -> None:
    cell = user.begin("import time; time.sleep(1); late = 'set by the cell'")
    job = server.submit(kernel, hole("late"))
    waiting = server.until_status(job, "waiting_for_kernel")
    busy = server.follow(waiting, lambda snapshot: snapshot["kernel_busy"])[-1]
    assert busy["kernel_busy"]
    last = server.follow(busy, lambda snapshot: False)[-1]
    assert value(last) == "set by the cell"
    assert not last["kernel_busy"]
    assert last["sequence"] > busy["sequence"] > job["sequence"]
    user.end(cell)


def test_a_deleted_queued_job_never_touches_the_kernel(server: LiveServer, kernel: str, user: User) -> None:
    user.run("touched = []")
    cell = user.begin("import time; time.sleep(1)")
    first = server.submit(kernel, hole("touched.append('first')", consent=True))
    server.until_status(first, "waiting_for_kernel")
    second = server.submit(kernel, hole("touched.append('second')", consent=True))
    third = server.submit(kernel, hole("touched.append('third')", consent=True))
    assert (second["status"], second["ahead"], third["ahead"]) == ("queued", 1, 2)
    gone = server.delete(second)
    assert (gone["status"], gone["result"]["code"]) == ("cancelled", "cancelled")
    moved = server.call("GET", f"/glasspane/api/jobs/{third['id']}").json()
    assert moved["ahead"] == 1
    server.follow(third, lambda snapshot: False)
    user.end(cell)
    assert user.look("touched") == "['first', 'third']"


def test_a_late_reply_goes_to_nobody_else(server: LiveServer, kernel: str, user: User) -> None:
    cell = user.begin("import time; time.sleep(1)")
    abandoned = server.submit(kernel, hole("'abandoned'"))
    server.follow(abandoned, lambda snapshot: snapshot["kernel_busy"])
    assert server.delete(abandoned)["status"] == "cancelled"
    # The kernel answers the abandoned request first, once the cell has ended.
    wanted = server.submit(kernel, hole("'wanted'"))
    assert value(server.follow(wanted, lambda snapshot: False)[-1]) == "wanted"
    assert server.call("GET", f"/glasspane/api/jobs/{abandoned['id']}").json()["status"] == "cancelled"
    user.end(cell)


def test_a_failing_cell_sweeps_the_queue_but_not_the_job(server: LiveServer, kernel: str, user: User) -> None:
    user.run("asked = []")
    cell = user.begin("import time; time.sleep(0.7); 1 / 0")
    job = server.submit(kernel, hole("asked.append('once')", consent=True))
    server.until_status(job, "waiting_for_kernel")
    assert server.follow(job, lambda snapshot: False)[-1]["status"] == "done"
    assert user.end(cell)[-1]["content"]["ename"] == "ZeroDivisionError"
    assert user.look("asked") == "['once']"


def test_a_half_drawn_figure_survives_a_cancel(server: LiveServer, kernel: str, user: User) -> None:
    user.run("%matplotlib inline\nimport time, matplotlib.pyplot as plt")
    cell = user.begin(
        "plt.plot([1, 2])\nprint('half', flush=True)\ntime.sleep(1.5)\n"
        "plt.title('whole')\nfigures = plt.get_fignums()\ntitle = plt.gca().get_title()"
    )
    job = server.submit(kernel, {"kind": "explain", "prompt": {"form": "text", "text": "x"}})
    server.follow(job, lambda snapshot: snapshot["kernel_busy"])
    assert server.delete(job)["status"] == "cancelled"
    published = user.end(cell)
    assert user.look("(figures, title)") == "([1], 'whole')"
    images = [m for m in published if m["msg_type"] == "display_data" and "image/png" in m["content"]["data"]]
    assert len(images) == 1


def test_a_pending_input_is_answered_by_the_user(server: LiveServer, kernel: str, user: User) -> None:
    cell = user.begin("answer = input('Your name? ')")
    question = user.client.get_stdin_msg(timeout=20)
    assert question["content"]["prompt"] == "Your name? "
    kept, dropped = server.submit(kernel, hole("answer")), server.submit(kernel, hole("'dropped'"))
    server.follow(kept, lambda snapshot: snapshot["kernel_busy"])
    server.delete(dropped)
    first = server.submit(kernel, hole("'third'"))
    user.client.input("Grace")
    assert user.end(cell)[-1]["content"]["status"] == "ok"
    assert value(server.follow(kept, lambda snapshot: False)[-1]) == "Grace"
    assert value(server.follow(first, lambda snapshot: False)[-1]) == "third"


def test_a_snapshot_can_be_waited_for_and_read_again(server: LiveServer, kernel: str) -> None:
    done = server.ask(kernel, hole("'again'"))
    path = f"/glasspane/api/jobs/{done['id']}?after={done['sequence']}&wait=20"
    # A finished job will not change: a poll beyond its last sequence must not hang.
    assert server.call("GET", path).json() == done
    assert server.delete(done) == done
