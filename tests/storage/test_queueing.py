"""Several runs at once: each waits for its turn, says for whom, and none fails because another one writes."""

from __future__ import annotations

import re
from contextlib import ExitStack
from pathlib import Path

from running_gateway import FIRST, Gateway, record
from writer_processes import WRITER, first_line, process, start_run

from makegood.home import Home
from makegood.hours import HOUR
from makegood.storage.writing import writing

HOURS = [FIRST, FIRST + HOUR, FIRST + 2 * HOUR]


def landed_gateway(root: Path) -> Gateway:
    gateway = Gateway(root)
    for hour in HOURS:
        gateway.land(hour, [record(f"{hour:%H}-{n}", hour, status_code="503") for n in range(20)])
    return gateway


def test_three_runs_at_once_give_what_they_give_one_after_another_and_say_whom_they_wait_for(tmp_path: Path) -> None:
    together, alone = landed_gateway(tmp_path / "together"), landed_gateway(tmp_path / "alone")
    runs = [start_run(together, hour) for hour in HOURS]
    errors = {run.pid: run.communicate()[1] for run in runs}
    assert [run.returncode for run in runs] == [0, 0, 0], errors
    waiting = [text for text in errors.values() if "Waiting to run" in text]
    assert len(waiting) == 2
    for text in waiting:
        named = re.search(
            r"is being written by process (\d+) \(python -m orchestration run --from (\S+) --to .*\), since", text
        )
        assert named and int(named[1]) in errors and named[2] in {f"{hour:%Y-%m-%dT%H}" for hour in HOURS}
    for hour in HOURS:
        alone.run(hour)
    # The landing files of the two homes differ by name only where the homes do.
    assert str(together.marts()).replace(str(together.root), "") == str(alone.marts()).replace(str(alone.root), "")


def test_those_who_wait_write_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    with ExitStack() as processes:
        holder = processes.enter_context(process(WRITER, tmp_path, 0))
        assert first_line(holder.stdout) == "held"
        waiting, message = [], ""
        for position in range(4):
            waiting.append(processes.enter_context(process(WRITER, tmp_path, 600)))
            message = first_line(waiting[-1].stderr)
            assert f"is being written by process {holder.pid} " in message
            assert message.count("process ") == 1 + position
        assert re.findall(r"process (\d+)", message) == [str(holder.pid), *(str(waiter.pid) for waiter in waiting[:-1])]
        holder.communicate()
        for number, writer in enumerate(waiting):
            assert first_line(writer.stdout) == "held"
            assert all(later.poll() is None for later in waiting[number:])
            writer.communicate()
    assert not list(Home(tmp_path).writer_queue.iterdir())


def test_a_holder_and_a_waiter_that_are_killed_free_the_queue(tmp_path: Path) -> None:
    with process(WRITER, tmp_path, 0) as holder:
        assert first_line(holder.stdout) == "held"
        with process(WRITER, tmp_path, 600) as second:
            assert "Waiting to run" in first_line(second.stderr)
            with process(WRITER, tmp_path, 600) as third:
                assert f"before this one comes process {second.pid} " in first_line(third.stderr)
                second.kill()
                second.wait()
                assert f"process {holder.pid} " in first_line(third.stderr)
                holder.kill()
                holder.wait()
                assert first_line(third.stdout) == "held"
    with writing(Home(tmp_path), "run", None):
        pass


def test_a_waiter_is_told_which_run_and_which_hours_it_waits_for(tmp_path: Path) -> None:
    with ExitStack() as processes:
        with writing(Home(tmp_path), "run", about="run 4f2a of hourly 2026-11-01-00:00"):
            waiter = processes.enter_context(process(WRITER, tmp_path, 600))
            assert "; run 4f2a of hourly 2026-11-01-00:00), since " in first_line(waiter.stderr)
        assert first_line(waiter.stdout) == "held"
