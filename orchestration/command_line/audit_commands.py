"""The commands of audits: what waits for an answer, and the answer."""

import json
from collections.abc import Sized
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from makegood.home import Home
from makegood.hours import HOUR, HourRange
from makegood.settings import Settings
from makegood.settlement.open_audits import OpenAudit
from makegood.storage.rows import plain
from orchestration.command_line.options import AsJson, notes
from orchestration.command_line.presentation import one_line

app = typer.Typer()


@app.command()
def audits(as_json: AsJson = False) -> None:
    """List the audits that wait for an answer: faults that block the publication, and money that holds the settlement."""
    from makegood.settlement.open_audits import open_audits

    found = open_audits(Home(Settings.read().home).existing())
    if as_json:
        typer.echo(json.dumps([plain(asdict(one)) for one in found]))
        return
    console = Console(soft_wrap=True, highlight=False)
    for one in found:
        console.print("\n".join(_lines(one)), markup=False)
    if not found:
        notes.print("No audit waits for an answer")


@app.command()
def accept(
    check: Annotated[str, typer.Argument(help="The check, as `makegood audits` names it.")],
    start: Annotated[str, typer.Option("--from", help="The first request hour, such as 2026-11-01T05.")],
    usd: Annotated[str, typer.Option("--usd", help="What the hours pay in total, as `makegood audits` shows it.")],
    reason: Annotated[str, typer.Option("--reason", help="Why the money is right. It is kept for good.")],
    end: Annotated[
        str | None, typer.Option("--to", help="The hour after the last one; by default a single hour is accepted.")
    ] = None,
    accepted_by: Annotated[
        str | None, typer.Option("--by", help="Who accepts it; by default who is logged in.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Accept surprising money, as it is published now, so that the next settlement posts it."""
    from makegood.settlement.acceptances import accept as accept_held
    from makegood.settlement.acceptances import parse_usd

    home, hours = Home(Settings.read().home).existing(), HourRange.parse(start, end)
    made = accept_held(home, check, hours, parse_usd(usd), reason, accepted_by)
    if as_json:
        typer.echo(json.dumps(plain(asdict(made))))
        return
    notes.print(
        f"Acceptance {made.number} of {check} by {made.accepted_by}: {made.payout_usd:f} USD of {_count(made.hours)}."
        " The next settlement posts it, unless another check holds the same dates (makegood audits)"
    )


@app.command()
def acceptances(as_json: AsJson = False) -> None:
    """List which surprising money was accepted, by whom and why."""
    from makegood.settlement.acceptances import read_acceptances

    made = read_acceptances(Home(Settings.read().home).existing().ledger)
    if as_json:
        typer.echo(json.dumps([plain(asdict(one)) for one in made]))
        return
    for one in made:
        hours = HourRange(one.hours[0].hour, one.hours[-1].hour + HOUR)
        typer.echo(
            f"{one.number} {one.accepted_at:%Y-%m-%d %H:%M} UTC {one.check} {hours}"
            f" ({_count(one.hours)}), {one.payout_usd:f} USD, by {one_line(one.accepted_by)} (user {one_line(one.user)}): {one_line(one.reason)}"
        )
    if not made:
        notes.print("Nothing was accepted")


def _count(hours: Sized) -> str:
    return f"{len(hours):,} request {'hour' if len(hours) == 1 else 'hours'}"


def _lines(one: OpenAudit) -> list[str]:
    if one.is_blocking:
        where, way_on = "a run that was not published", "correct the files and run their landing hours again"
    else:
        assert one.start and one.end
        where = f"request hour {one.start:%Y-%m-%dT%H}"
        until = "" if one.end - one.start == HOUR else f" --to {one.end:%Y-%m-%dT%H}"
        where += f" to {one.end - HOUR:%Y-%m-%dT%H}" if until else ""
        way_on = (
            f'makegood accept {one.check} --from {one.start:%Y-%m-%dT%H}{until} --usd {one.payout_usd:f} --reason "…"'
        )
    paid = f"; pays {one.payout_usd:f} USD in {one.compensation_count:,} compensations" if not one.is_blocking else ""
    return [
        f"{'✗' if one.is_blocking else '!'} {one.check} in {where}: {one.measured} ({one.allowed}), since {one.since:%Y-%m-%d %H:%M} UTC{paid}",
        f"    expected: {one_line(one.sentence)}",
        *(f"    {', '.join(f'{name} {one_line(str(value))}' for name, value in row.items())}" for row in one.rows),
        f"    {way_on}",
    ]
