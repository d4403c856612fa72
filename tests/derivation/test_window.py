"""The window of a run: its hours, their partners within seven days, and the run's inputs as the models read them."""

from dataclasses import replace
from datetime import datetime, timedelta

import duckdb
from landing_place import HOUR, Place, at, line

from makegood.derivation import baselines, window
from makegood.derivation.baselines import baseline_digest
from makegood.derivation.window import MERGE_REACH, Window
from makegood.ingestion.canonical import COLUMNS
from makegood.policy.digests import PolicyDigests
from makegood.policy.signals import baseline_terms

LATER = HOUR + timedelta(hours=10)
POLICY = PolicyDigests((datetime(1, 1, 1),), ("policy",), baseline_terms())


def put(place: Place, name: str, landed_hour: datetime, *requests: tuple[str, str | datetime]) -> None:
    """Land a file with these requests: id and time."""
    texts = [(name, moment if isinstance(moment, str) else f"{moment:%FT%T.%f}Z") for name, moment in requests]
    content = b"".join(line(request_id=name, requested_at=text, completed_at=...) for name, text in texts)
    place.put(name, content, landed_hour)
    place.land(landed_hour)


def plan(place: Place, *landing_hours: datetime, extra: tuple[datetime, ...] = ()) -> Window:
    return window.plan(landing_hours, place.lake, place.inventory, extra)


def written(place: Place, planned: Window) -> list[tuple[str, datetime, str]]:
    """Request id, time and landing file of the deliveries that the run's inputs hold."""
    target = place.home / "run.duckdb"
    window.write(planned, place.lake, place.inventory, POLICY, target)
    with duckdb.connect(str(target), read_only=True) as con:
        return con.execute(
            "select request_id, requested_at, landing_file.split('/')[-1] from request_logs order by all"
        ).fetchall()


def test_the_window_holds_the_request_hours_of_the_landed_files(place: Place) -> None:
    put(
        place,
        "a.jsonl",
        LATER,
        ("r1", "2026-11-01T05:59:59.999Z"),
        ("r2", "2026-11-01T06:00:00Z"),
        ("r3", "2026-08-01T00:00:00Z"),
    )
    planned = plan(place, LATER)
    assert planned.request_hours == (at("2026-08-01T00:00"), at("2026-11-01T05:00"), at("2026-11-01T06:00"))
    assert [file.landing_file.split("/")[-1] for file in planned.landing_files] == ["a.jsonl"]


def test_an_hour_that_a_file_no_longer_has_rows_in_is_derived_again(place: Place) -> None:
    put(place, "a.jsonl", LATER, ("r1", "2026-11-01T05:10:00Z"))
    put(place, "a.jsonl", LATER, ("r1", "2026-11-01T07:10:00Z"))
    assert plan(place, LATER).request_hours == (HOUR, HOUR + timedelta(hours=2))


def test_a_landing_hour_without_files_has_an_empty_window_and_inputs(place: Place) -> None:
    planned = plan(place, LATER)
    assert (planned.request_hours, planned.landing_files) == ((), ())
    assert window.chunks(planned, place.inventory) == [planned]
    assert written(place, planned) == []


def test_additional_hours_are_in_the_window(place: Place) -> None:
    put(place, "a.jsonl", LATER, ("r1", "2026-11-01T05:10:00Z"))
    assert plan(place, HOUR, extra=(HOUR,)).request_hours == (HOUR,)


def test_the_hour_of_an_earlier_delivery_of_a_request_is_derived_too(place: Place) -> None:
    put(place, "a.jsonl", HOUR, ("moved", "2026-11-01T04:50:00Z"), ("other", "2026-11-01T03:00:00Z"))
    put(place, "b.jsonl", LATER, ("moved", "2026-11-01T12:00:00Z"))
    assert plan(place, LATER).request_hours == (at("2026-11-01T04:00"), at("2026-11-01T12:00"))


def test_the_hour_of_a_later_delivery_of_a_request_is_derived_too(place: Place) -> None:
    put(place, "a.jsonl", LATER, ("moved", "2026-11-01T14:50:00Z"))
    put(place, "b.jsonl", LATER + timedelta(hours=1), ("moved", "2026-11-01T05:00:00Z"))
    assert plan(place, LATER + timedelta(hours=1)).request_hours == (HOUR, at("2026-11-01T14:00"))


def test_partners_are_at_most_seven_days_apart(place: Place) -> None:
    for number, moment in enumerate((HOUR - MERGE_REACH, HOUR - MERGE_REACH - timedelta(milliseconds=1))):
        put(place, f"past-{number}.jsonl", HOUR, (f"past-{number}", moment))
    for number, moment in enumerate(
        (HOUR + MERGE_REACH + timedelta(minutes=59), HOUR + MERGE_REACH + timedelta(hours=1))
    ):
        put(place, f"next-{number}.jsonl", HOUR + timedelta(days=9), (f"next-{number}", moment))
    put(place, "own.jsonl", LATER, *((f"{side}-{number}", HOUR) for side in ("past", "next") for number in (0, 1)))
    planned = plan(place, LATER)
    assert planned.request_hours == (HOUR - MERGE_REACH, HOUR, HOUR + MERGE_REACH)


def test_the_partner_of_another_key_in_the_hour_is_read_but_its_hour_is_not_derived(place: Place) -> None:
    put(place, "a.jsonl", HOUR, ("moved", "2026-11-01T03:10:00Z"), ("still", "2026-11-01T03:20:00Z"))
    put(place, "b.jsonl", HOUR + timedelta(hours=1), ("moved", "2026-11-01T05:10:00Z"))
    put(place, "c.jsonl", LATER, ("new", "2026-11-01T05:30:00Z"))
    planned = plan(place, LATER)
    assert planned.request_hours == (HOUR,)
    assert not planned.is_alone
    assert [(name, file) for name, _, file in written(place, planned)] == [
        ("moved", "a.jsonl"),
        ("moved", "b.jsonl"),
        ("new", "c.jsonl"),
    ]


def test_a_window_without_shared_keys_reads_no_other_hours(place: Place) -> None:
    put(place, "a.jsonl", HOUR, ("r1", "2026-11-01T03:10:00Z"))
    put(place, "b.jsonl", LATER, ("r2", "2026-11-01T05:10:00Z"))
    planned = plan(place, LATER)
    assert planned.is_alone
    assert [name for name, *_ in written(place, planned)] == ["r2"]


def test_rows_of_replaced_file_versions_are_not_read(place: Place) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        place.put(name, line(request_id=f"old-{name}"))
    place.land()
    place.put("a.jsonl", line(request_id="new"))
    place.land()
    assert {name for name, *_ in written(place, plan(place, HOUR))} == {"new", "old-b.jsonl"}


def test_a_window_is_split_by_day_and_each_piece_reads_its_partners_in_the_others(place: Place) -> None:
    put(place, "a.jsonl", HOUR, ("moved", "2026-10-31T23:50:00Z"), ("r1", "2026-10-31T22:00:00Z"))
    put(place, "b.jsonl", LATER, ("moved", "2026-11-01T00:10:00Z"), ("r2", "2026-11-01T02:00:00Z"))
    planned = plan(place, HOUR, LATER)
    first, second = window.chunks(planned, place.inventory, most_rows=1)
    assert first.request_hours == (at("2026-10-31T22:00"), at("2026-10-31T23:00"))
    assert second.request_hours == (at("2026-11-01T00:00"), at("2026-11-01T02:00"))
    assert (first.landing_files, second.landing_files) == (planned.landing_files, ())
    assert [name for name, *_ in written(place, first)] == ["moved", "moved", "r1"]
    assert [name for name, *_ in written(place, second)] == ["moved", "moved", "r2"]


def test_the_inputs_have_the_columns_that_the_models_read(place: Place) -> None:
    put(place, "a.jsonl", LATER, ("r1", "2026-11-01T05:10:00Z"))
    derived = {"request_date": "DATE", "request_hour": "INTEGER"}
    for planned in (plan(place, LATER), Window((), ())):
        written(place, planned)
        with duckdb.connect(str(place.home / "run.duckdb"), read_only=True) as con:
            columns = {name: kind for name, kind, *_ in con.execute("describe request_logs").fetchall()}
        assert columns == COLUMNS | derived


def test_the_inputs_hold_the_landed_files_and_the_digests(place: Place) -> None:
    put(place, "a.jsonl", LATER, ("r1", "2026-11-01T05:10:00Z"), ("r2", "2026-11-01T05:20:00Z"))
    planned = plan(place, LATER, extra=(LATER,))
    written(place, planned)
    with duckdb.connect(str(place.home / "run.duckdb"), read_only=True) as con:
        hours = con.execute(
            "select request_date, request_hour, landed_count, input_digest, policy_digest from request_hours"
        ).fetchall()
        files = con.execute(
            "select landing_file, source, adapter, landed_hour, records_read, landed_count from landing_files"
        ).fetchall()
        row = con.execute("select distinct request_date, request_hour from request_logs").fetchone()
    digests = window.input_digests([HOUR, LATER], place.inventory)
    assert hours == [
        (HOUR.date(), 5, 2, digests[HOUR], "policy"),
        (LATER.date(), 15, 0, digests[LATER], "policy"),
    ]
    assert files == [("landing/gateway/2026-11-01/15/a.jsonl", "gateway", "canonical", LATER, 2, 2)]
    assert row == (HOUR.date(), 5)


def test_an_hours_digest_changes_with_its_own_parts_only(place: Place) -> None:
    put(place, "a.jsonl", HOUR, ("r1", "2026-11-01T05:10:00Z"))
    before = window.input_digests([HOUR, LATER], place.inventory)
    put(place, "b.jsonl", LATER, ("r2", "2026-11-01T15:00:00Z"))
    after = window.input_digests([HOUR, LATER], place.inventory)
    assert (after[HOUR] == before[HOUR], after[LATER] == before[LATER]) == (True, False)
    put(place, "a.jsonl", HOUR, ("r1", "2026-11-01T05:11:00Z"))
    assert window.input_digests([HOUR], place.inventory)[HOUR] != before[HOUR]


def test_inputs_without_deliveries_hold_hours_and_files(place: Place) -> None:
    put(place, "a.jsonl", LATER, ("r1", "2026-11-01T05:10:00Z"))
    target = place.home / "run.duckdb"
    window.write(plan(place, LATER), place.lake, place.inventory, POLICY, target, with_deliveries=False)
    with duckdb.connect(str(target), read_only=True) as con:
        assert con.execute("select table_name from duckdb_tables() order by all").fetchall() == [
            ("baseline_days",),
            ("landing_files",),
            ("policies",),
            ("request_hours",),
        ]
        assert con.execute("select count(*) from duckdb_views() where view_name = 'request_logs'").fetchone() == (0,)


def test_file_names_with_quotes_and_spaces_are_read(place: Place) -> None:
    put(place, "it's a file.jsonl", LATER, ("r1", "2026-11-01T05:10:00Z"))
    put(place, "it's a file.jsonl", LATER, ("r2", "2026-11-01T05:10:00Z"))
    assert [name for name, *_ in written(place, plan(place, LATER))] == ["r2"]


def test_baselines_are_measured_again_if_their_input_or_definition_changed(place: Place) -> None:
    day, terms = at("2026-11-08T00:00").date(), baseline_terms()
    put(place, "a.jsonl", HOUR, ("r1", "2026-11-01T05:10:00Z"))
    before = baseline_digest(day, place.inventory, terms)
    put(place, "b.jsonl", at("2026-11-08T01:00"), ("r2", "2026-11-07T05:10:00Z"))
    assert baseline_digest(day, place.inventory, terms) == before, "what landed on the day itself does not count"
    assert baseline_digest(day, place.inventory, replace(terms, wording="other terms")) != before
    put(place, "c.jsonl", at("2026-11-07T23:00"), ("r3", "2026-11-07T05:10:00Z"))
    assert baseline_digest(day, place.inventory, terms) != before


def test_baselines_read_the_days_of_their_definition_and_of_a_merge(place: Place) -> None:
    day, terms = at("2026-11-30T00:00").date(), baseline_terms()
    put(place, "a.jsonl", HOUR, ("r1", "2026-11-01T05:10:00Z"))
    with duckdb.connect() as con:
        baselines.write(con, [day], place.lake, place.inventory, terms)
        assert con.execute("from baseline_logs").fetchall() == []
    with duckdb.connect() as con:
        baselines.write(con, [day], place.lake, place.inventory, replace(terms, days=timedelta(days=22)))
        assert len(con.execute("from baseline_logs").fetchall()) == 1
