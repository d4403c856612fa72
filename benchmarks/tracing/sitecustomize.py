"""Notes when each process of a measured run imports, works for Dagster, runs dbt or audits, without a change in the run's own code.

Python imports a module of this name when it starts. benchmarks/spans.py puts this folder on the PYTHONPATH of the runs it measures and names
the file that the notes go to; each is one line of JSON: process id, kind, name, begin and end in seconds of the machine's monotonic clock.
"""

import atexit
import functools
import importlib._bootstrap as bootstrap
import inspect
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

FILE = "BENCHMARK_SPANS"
"""The environment variable with the name of the file."""
LEAST_S = 0.0005
"""Shorter imports are not noted: there are thousands of them."""


class Tracer:
    """Writes the notes of this process, and of the processes that are forked from it."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._inside = threading.local()
        self._begun, self._pid = time.monotonic(), os.getpid()

    def note(self, kind: str, name: str, begin: float, end: float) -> None:
        """Write one line; other processes append to the same file."""
        os.write(self._file, (json.dumps([os.getpid(), kind, name, begin, end]) + "\n").encode())

    def note_process(self) -> None:
        """Note the life of this process when it ends. A fork ends with its parent's handlers, and is noted by what it does."""
        if os.getpid() == self._pid:
            self.note("process", " ".join(sys.orig_argv), self._begun, time.monotonic())

    def timed(self, function: Any, kind: str, name: Callable[..., str]) -> Any:
        """The function, with its outermost calls noted; a generator is noted from its first item to its last."""
        if inspect.isgeneratorfunction(function):
            return function

        @functools.wraps(function)
        def wrapper(*arguments: Any, **named: Any) -> Any:
            if getattr(self._inside, kind, False):
                return function(*arguments, **named)
            setattr(self._inside, kind, True)
            begin = time.monotonic()
            try:
                return function(*arguments, **named)
            finally:
                setattr(self._inside, kind, False)
                self.note(kind, name(*arguments, **named), begin, time.monotonic())

        return wrapper

    def watch_imports(self) -> None:
        """Note the outermost imports of each thread, and hook the modules of HOOKS as soon as they are imported."""
        original = bootstrap._find_and_load  # type: ignore[attr-defined]

        def find_and_load(name: str, import_: Any) -> Any:
            is_outermost = not getattr(self._inside, "importing", False)
            self._inside.importing = True
            begin = time.monotonic()
            try:
                module = original(name, import_)
                if hooks := HOOKS.pop(name, None):
                    hooks(self, module)
                return module
            finally:
                if is_outermost:
                    self._inside.importing = False
                    if time.monotonic() - begin >= LEAST_S:
                        self.note("import", name, begin, time.monotonic())

        bootstrap._find_and_load = find_and_load  # type: ignore[attr-defined]


def functions(kind: str, *paths: str) -> Callable[[Tracer, Any], None]:
    """A hook that times these functions of a module, or methods, written as `Class.method`; what is not there is left out."""

    def hook(tracer: Tracer, module: Any) -> None:
        for path in paths:
            *owners, name = path.split(".")
            owner = functools.reduce(lambda place, part: getattr(place, part, None), owners, module)
            if function := getattr(owner, name, None):
                setattr(owner, name, tracer.timed(function, kind, lambda *_, path=path, **__: path))

    return hook


def dagster_instance(tracer: Tracer, module: Any) -> None:
    """Time every method of Dagster's instance, and note where steps begin and end, which its events say."""
    instance = module.DagsterInstance
    for name in dir(instance):
        static = inspect.getattr_static(instance, name)
        if inspect.isfunction(static) and not name.startswith("__"):
            setattr(instance, name, tracer.timed(static, "dagster", lambda *_, name=name, **__: name))
    instance.get = staticmethod(tracer.timed(instance.get, "dagster", lambda *_, **__: "get"))
    handle = instance.handle_new_event

    def handle_new_event(self: Any, event: Any, **named: Any) -> None:
        if event.is_dagster_event and "STEP" in event.dagster_event.event_type_value:
            now = time.monotonic()
            tracer.note(event.dagster_event.event_type_value, str(event.step_key), now, now)
        handle(self, event, **named)

    instance.handle_new_event = handle_new_event


def dbt_command(tracer: Tracer, module: Any) -> None:
    """Time dbt's commands."""
    known = ("build", "run", "parse", "compile", "seed", "test", "snapshot")

    def name(_: Any, arguments: list[str], **__: Any) -> str:
        return next((argument for argument in arguments if argument in known), "dbt")

    module.dbtRunner.invoke = tracer.timed(module.dbtRunner.invoke, "dbt", name)


def dbt_nodes(tracer: Tracer, module: Any) -> None:
    """Time each model, seed and test."""
    run = module.BaseRunner.run_with_hooks
    module.BaseRunner.run_with_hooks = tracer.timed(run, "node", lambda self, *_, **__: str(self.node.name))


def dbt_statements(tracer: Tracer, module: Any) -> None:
    """Time each SQL statement of dbt, under its first word."""
    cursor = module.DuckDBCursorWrapper

    def word(_: Any, sql: str, *__: Any, **___: Any) -> str:
        text = sql.rpartition("*/")[2] or sql
        return (text.split(None, 1) or [""])[0].strip(";").lower()

    cursor.execute = tracer.timed(cursor.execute, "sql", word)


HOOKS: dict[str, Callable[[Tracer, Any], None]] = {
    "dagster._core.instance.instance": dagster_instance,
    "dbt.cli.main": dbt_command,
    "dbt.task.base": dbt_nodes,
    "dbt.adapters.duckdb.environments.local": dbt_statements,
    "expectations.worker": functions("audit", "AuditWorker.audit"),
    "expectations.audit": functions("audited", "audit"),
    "makegood.ingestion.landing": functions("land", "land"),
    "makegood.ingestion.finding": functions("land", "find_files"),
    "makegood.derivation.window": functions("window", "plan", "chunks", "write"),
    "makegood.publication.sealing": functions("publish", "seal"),
    "makegood.publication.publications": functions("publish", "Publications.publish"),
    "makegood.publication.reading": functions("publish", "contents"),
}
"""What is timed in which module."""

if os.environ.get(FILE):
    _tracer = Tracer(os.environ[FILE])
    atexit.register(_tracer.note_process)
    _tracer.watch_imports()
