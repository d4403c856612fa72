"""Ledgers without a warehouse: batches posted directly, for tests of everything that reads a ledger."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from makegood.home import Home
from makegood.settlement.batches import Batch, Head
from makegood.settlement.entries import ENTRY_DIGEST
from makegood.settlement.ledger import Ledger
from makegood.settlement.records import Records
from makegood.settlement.trusting import last_seen, note_seen
from makegood.storage.connections import connect

DAY = date(2026, 11, 1)
ENTRIES = f"""
create table entries as
with posting as (
    select
        sha256(concat('entry', $number, i)) as entry_id,
        sha256(concat('compensation', $number, i)) as compensation_id,
        account_id,
        'payout' as entry_type,
        amount_usd::decimal(18, 12) as amount_usd,
        $day::date as request_date,
        $day::date as settled_date,
        'decided' as reason,
        '1' as policy_version,
        null::varchar as adjusts_entry_id,
        $number::bigint as batch_id,
        $day::timestamp as posted_at,
    from (select unnest($accounts) as account_id, unnest($amounts) as amount_usd, generate_subscripts($accounts, 1) as i)
)

select *, {ENTRY_DIGEST} as entry_digest from posting
"""


def post(home: Home, *postings: tuple[str, str], day: date | None = None) -> Batch:
    """Post these pairs of account and USD as the next batch, as a settlement would, dated DAY plus the number of the batch by default."""
    ledger = Ledger(home.ledger)
    with ledger.settling():
        if last_seen(home) is None:
            note_seen(home, Head(), 0)
        number = len(ledger.batches()) + 1
        day = day or DAY + timedelta(days=number)
        moment = datetime(day.year, day.month, day.day)
        amounts = [Decimal(amount) for _, amount in postings]
        metadata = {
            "posted_at": moment.isoformat(), "entry_count": str(len(postings)), "amount_usd": f"{sum(amounts):f}", "warehouse_id": "w",
            "snapshot_id": str(number), "covered_from": moment.isoformat(), "covered_until": moment.isoformat(),
            "closed_until": str(day), "request_dates": str(day),
        }  # fmt: skip
        with connect(extensions=()) as con:
            con.execute(
                ENTRIES,
                {"number": number, "day": day, "accounts": [account for account, _ in postings], "amounts": amounts},
            )
            batch = ledger.add(con, "entries", metadata, day)
        note_seen(home, batch.head, Records(ledger.handover_dir).last)
    return batch
