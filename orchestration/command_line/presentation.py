"""Prints rows and status for people and for programs. Money is printed with all its digits."""

import json
import sys
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from rich.console import Console

from makegood.publication.explaining import Explanation
from makegood.publication.simulating import Simulation
from makegood.publication.unknown_words import DAYS, UnknownWords
from makegood.settlement.settling import Settlement
from makegood.settlement.verifying import Verification
from makegood.status import LedgerStatus, Status
from makegood.storage.rows import csv_text, plain
from orchestration.command_line.table_layout import print_table

MOST_SURPRISES = 10
"""Maximum number of surprises that are printed; `--json` has all."""


def text(value: Any) -> str:
    """The value as readable text; null is empty text."""
    if value is None:
        return ""
    made = plain(value)
    return made if isinstance(made, str) else json.dumps(made, ensure_ascii=False)


def print_rows(columns: list[str], rows: list[tuple[Any, ...]], form: str, title: str | None = None) -> None:
    """Print rows as a table, CSV or JSON (a list of objects)."""
    if form == "json":
        print(json.dumps([plain(dict(zip(columns, row, strict=True))) for row in rows], ensure_ascii=False))
    elif form == "csv":
        shown = ([None if value is None else text(value) for value in row] for row in rows)
        sys.stdout.write(csv_text(columns, shown))
    else:
        print_table(columns, rows, text, title)


def print_status(now: Status) -> None:
    """Print the status, with the record counts that prove that nothing was lost, and any problems."""
    publication, files, hours, verdicts = now.publication, now.file_equation, now.hour_equation, now.verdict_equation
    through = f"{publication.data_through:%Y-%m-%d %H:%M}" if publication.data_through else "no data yet"
    lines = [
        f"Publication {publication.publication_id} (snapshot {publication.snapshot_id}) of {publication.published_at:%Y-%m-%d %H:%M:%S} UTC",
        f"Data through {through} UTC",
        f"{_mark(files.holds)} {files.records_read:,} records read = {files.landed:,} landed + {files.ignored:,} ignored"
        f" + {files.quarantined:,} quarantined, in {files.files:,} landing files",
        f"{_mark(hours.holds)} {hours.landed:,} landed = {hours.current:,} current + {hours.superseded:,} superseded,"
        f" in {hours.hours:,} request hours",
        f"{_mark(verdicts.holds)} {verdicts.landed:,} verdicts landed = {verdicts.placed:,} placed + {verdicts.waiting:,} waiting"
        f" + {verdicts.given_up:,} given up",
    ]
    lines.append(f"✗ {now.ledger.problem}" if now.ledger.problem else _ledger_line(now.ledger))
    if now.refused_files:
        first = now.refused_files[0]
        lines.append(
            f"! {_counted(len(now.refused_files), 'landing file')} could not be landed, such as {first.landing_file}: {first.reason}"
        )
    if now.unmatched_files:
        names = ", ".join(now.unmatched_files[:3])
        lines.append(
            f"! {_counted(len(now.unmatched_files), 'file')} in the landing area match{'es' if len(now.unmatched_files) == 1 else ''} no source, such as {names}"
        )
    if now.replaced_records:
        lines.append(f"! invalid characters were replaced in {_counted(now.replaced_records, 'record')}")
    lines += _waiting(now)
    if now.damaged_parts:
        lines.append(
            f"✗ {len(now.damaged_parts):,} files of the lake are missing or truncated, such as lake/{now.damaged_parts[0]}: put them back from"
            " a copy, or delete them and run the landing hours of their landing files again"
        )
    if now.lost_files:
        lines.append(
            f"✗ {len(now.lost_files):,} published files are missing or truncated, such as warehouse/data/{now.lost_files[0]}: delete"
            " warehouse/ and run all landing hours again"
        )
    if now.torn_files:
        lines.append(
            f"✗ the inventory has lost rows of {len(now.torn_files):,} landing files, such as {now.torn_files[0]}: put lake/ back from a copy"
        )
    if now.stale_hours:
        lines.append(f"! {_span(now.stale_hours)} decided under other seeds than today's")
    if now.unknown_operations.requests:
        lines.append(
            f"! {_unknown(now.unknown_operations)} name an unknown operation: nothing is paid for their content"
        )
    if now.unknown_endings.requests:
        lines.append(
            f"! {_unknown(now.unknown_endings)} ended with an unknown finish reason: none of them is paid as empty"
        )
    if now.landed_files > files.files:
        lines.append(f"! {now.landed_files - files.files:,} landed files are not published yet")
    Console(soft_wrap=True, highlight=False).print("\n".join(lines), markup=False)


def _waiting(now: Status) -> list[str]:
    """The hours that wait for a run or for a person."""
    lines = []
    if now.unaudited_hours:
        lines.append(f"✗ {_span(now.unaudited_hours)} written but not audited: the next publication waits for them")
    if now.held_hours:
        lines.append(
            f"! {_span(now.held_hours)} with surprising money: their request dates are not settled until somebody accepts it (`makegood audits`)"
        )
    return lines


def _unknown(words: UnknownWords) -> str:
    """The number of recent requests with unknown words, and the most frequent of these words."""
    named = ", ".join(f"{one_line(word)} ({count:,})" for word, count in words.named.items())
    more = f" and {words.words - len(words.named):,} more words" if words.words > len(words.named) else ""
    return f"{words.requests:,} requests of the last {DAYS} days ({named}{more})"


def one_line(word: str) -> str:
    """A word from a log without line ends and control characters, shortened to 60 characters."""
    shown = "".join(letter if letter.isprintable() else " " for letter in word)
    return shown if len(shown) <= 60 else f"{shown[:59]}…"


def print_explanation(explanation: Explanation) -> None:
    """Print a decision in one sentence, and below it the result of every rule in force."""
    request = explanation.request
    console = Console(soft_wrap=True, highlight=False)
    console.print(explanation.sentence, markup=False)
    console.print(
        f"Request {explanation.request_id} of {explanation.source}, asked at {explanation.requested_at:%Y-%m-%d %H:%M:%S} UTC by"
        f" {request['account_id']} of {request['model']}: {explanation.reason_code}",
        markup=False,
    )
    for moment in explanation.other_times:
        console.print(
            f"Another request has the same id: --at {moment.isoformat(timespec='milliseconds')}", markup=False
        )
    rules = [(rule.rule_id, rule.policy_version, rule.label, rule.outcome, rule.sentence) for rule in explanation.rules]
    print_rows(["rule", "policy", "type", "outcome", "in words"], rows=rules, form="table", title="Every rule in force")
    if explanation.assessments:
        columns = ["detector", "verdict", "score", "category", "assessed_at"]
        verdicts = [tuple(verdict[column] for column in columns) for verdict in explanation.assessments]
        print_rows(columns, verdicts, "table", "What detectors say about its answer")


def print_settlement(planned: Settlement) -> None:
    """Print what a settlement would post, with one line per kind of entry."""
    lines = [
        f"Closed: request dates before {planned.closed_until}; snapshot {planned.snapshot_id}; period {planned.settled_date}",
        *[
            f"  {line.entry_type:<10} {line.reason:<13} {line.entry_count:>9,} entries {line.amount_usd:>24f} USD"
            for line in planned.lines
        ],
        f"{planned.entry_count:,} entries of {planned.amount_usd:f} USD would be posted; {planned.held_count:,} of {planned.held_usd:f} USD are held back",
        *[
            f"! request date {day} waits until somebody accepts its money (`makegood audits`)"
            for day in planned.awaiting
        ],
        *[f"! {surprise}" for surprise in planned.surprises[:MOST_SURPRISES]],
    ]
    if planned.surprises:
        lines.append(
            f"! settling stops because of {len(planned.surprises):,} unusual amounts, unless --confirm is given"
        )
    Console(soft_wrap=True, highlight=False).print("\n".join(lines), markup=False)


def print_verdict(verdict: Verification) -> None:
    """Print the result of verifying the ledger."""
    lines = [
        f"{_mark(verdict.is_sound)} {verdict.batch_count:,} batches with {verdict.entry_count:,} entries of {verdict.amount_usd:f} USD",
        *[f"✗ {problem}" for problem in verdict.problems],
    ]
    if verdict.due_count:
        lines.append(f"! {verdict.due_count:,} keys have {verdict.due_usd:f} USD due: the next settlement posts it")
    if verdict.held_count:
        lines.append(f"! {verdict.held_count:,} keys are held back")
    Console(soft_wrap=True, highlight=False).print("\n".join(lines), markup=False)


def print_simulation(simulation: Simulation, most: int = 10) -> None:
    """Print what a candidate policy would have paid: the totals in one sentence, and the largest differences by each dimension."""
    total = simulation.total
    Console(soft_wrap=True, highlight=False).print(
        f"Of {simulation.request_count:,} requests {total['paid_count']:,} were paid {total['paid_usd']:f} USD; the candidate pays"
        f" {total['candidate_count']:,} of them {total['candidate_usd']:f} USD ({total['difference_usd']:+f}):"
        f" {total['winner_count']:,} get more, {total['loser_count']:,} get less",
        markup=False,
    )
    measures = {
        "paid_usd": "USD paid",
        "candidate_usd": "candidate",
        "difference_usd": "difference",
        "winner_count": "more",
        "loser_count": "less",
    }
    for dimension, rows in simulation.by.items():
        shown = [(row[dimension], *(row[measure] for measure in measures)) for row in rows[:most]]
        print_rows([dimension, *measures.values()], shown, "table", f"By {dimension}, {len(shown)} of {len(rows)}")


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}" + ("" if count == 1 else "s")


def _ledger_line(ledger: LedgerStatus) -> str:
    return f"✓ {ledger.batch_count:,} batches of {ledger.amount_usd:f} USD in the ledger, {ledger.handed_over:,} of them handed over"


def _mark(holds: bool) -> str:
    return "✓" if holds else "✗"


def _span(hours: Iterable[datetime]) -> str:
    known = sorted(hours)
    return f"{len(known)} request hours ({known[0]:%Y-%m-%dT%H} to {known[-1]:%Y-%m-%dT%H})"
