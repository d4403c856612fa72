"""A home with planted secrets is run, settled and handed over. No file of it, Dagster's store and logs included, holds one."""

from datetime import date, timedelta
from itertools import islice

import pytest
from command_line import exit_code
from planted import KEYS, Planter, marks_in
from running_gateway import FIRST, Gateway, Record, record, verdict

from orchestration.running import settle

CLOSED = 30
"""The landing hours that are needed to close the first day."""
AT = FIRST + timedelta(minutes=5)


def changed(fields: Record, changes: Record) -> Record:
    return {name: value for name, value in {**fields, **changes}.items() if value is not None}


def test_no_file_of_a_home_contains_a_planted_secret(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    planter = Planter()
    owed = [
        record(
            form.format(planter.mark()),
            AT,
            status_code="503",
            account_id=form.format(planter.mark()),
            error_message=f"upstream failed: {form.format(planter.mark())}",
            meta={
                "headers": {"x-auth": planter.mark()},
                "prompt": planter.private_text(),
                "note": planter.private_text(),
            },
        )
        for form in KEYS
    ]
    with_meta = [record(f"m{number}", AT, meta=meta) for number, meta in enumerate(planter.meta_objects())]
    # Enough plain records that the audit of the share of landed records passes.
    plain = [record(f"p{number}", AT) for number in range(400)]
    broken = islice(planter.broken_records(lambda **changes: changed(record("b", AT), changes)), 15)
    gateway.land(FIRST, [*plain, *owed, *with_meta, *broken], f"sk-{planter.mark()}aaaabbbb.jsonl")
    verdicts = [verdict(f"p{number}", AT, verdict="satisfactory") for number in range(1_000)]
    hostile = planter.verdicts(lambda **changes: changed(verdict("m1", AT, verdict="satisfactory"), changes))
    gateway.land(FIRST, [*verdicts, *hostile], feed="judge")
    gateway.run(FIRST, CLOSED)
    assert settle(date(2026, 11, 3), gateway.settings, is_confirmed=True).posted["entries"] == len(owed)
    monkeypatch.setenv("MAKEGOOD_HOME", str(gateway.root))
    for command in (["handover"], ["status"], ["sql", "--format", "json", "from fct_compensations"]):
        assert exit_code(*command) == 0
    printed = capfd.readouterr()
    (gateway.root / "printed.txt").write_text(printed.out + printed.err)
    assert planter.planted >= 300
    assert {"ledger", "warehouse", "lake", "dagster"} <= {path.name for path in gateway.root.iterdir()}
    assert list(gateway.root.rglob("credits.csv"))
    assert marks_in(gateway.root) == {}
