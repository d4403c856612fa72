"""Adapters: a changed one lands its files again, a faulty one is refused, and every shipped one handles unreadable lines."""

from pathlib import Path

import pytest
from landing_place import Place, line, lines, make_place

from makegood.errors import MakegoodError
from makegood.ingestion.sources import ADAPTERS, Source


def change_adapter(place: Place, file: Path, before: str, after: str) -> None:
    """Write a copy of the adapter with this change to the file, and use it for the source."""
    text = place.source.adapter.read_text()
    assert before in text
    file.write_text(text.replace(before, after))
    place.source = Source("gateway", file, place.source.files)


def test_a_changed_adapter_lands_its_files_again(place: Place, tmp_path: Path) -> None:
    place.put("part.jsonl", lines("r1"))
    place.land()
    change_adapter(place, tmp_path / "canonical.sql", "field.provider as provider", "'mended' as provider")
    (file,) = place.land()
    assert file.version == 2
    assert [row["provider"] for row in place.rows()] == ["mended"]


def test_a_fixed_adapter_lands_lines_that_were_quarantined_before(place: Place, tmp_path: Path) -> None:
    place.put("part.jsonl", line(request_id="r1", model=..., engine="m"))
    place.land()
    assert place.reasons() == [(1, "missing_model")]
    with_engine = "coalesce(field.model, record ->> 'engine') as model"
    change_adapter(place, tmp_path / "canonical.sql", "field.model as model", with_engine)
    place.land()
    assert (place.ids(), place.quarantine()) == (["r1"], [])


def test_an_adapter_that_drops_a_line_is_refused_and_the_old_rows_stay(place: Place, tmp_path: Path) -> None:
    place.put("part.jsonl", lines("r1"))
    place.land()
    place.put("part.jsonl", lines("r1", "r2"))
    without_r2 = "select * from final where request_id <> 'r2'"
    change_adapter(place, tmp_path / "losing.sql", "select * from final", without_r2)
    with pytest.raises(MakegoodError, match=r"adapter losing\.sql returned 1 of 2 records of .*part\.jsonl"):
        place.land()
    assert place.ids() == ["r1"]


def test_an_adapter_may_return_several_requests_for_one_record(place: Place, tmp_path: Path) -> None:
    twice = "select * from final union all select * replace (null as model) from final"
    change_adapter(place, tmp_path / "twice.sql", "select * from final", twice)
    place.put("part.jsonl", lines("r1", "r2"))
    (file,) = place.land()
    assert (file.records_read, file.landed_count, file.quarantined_count) == (4, 2, 2)


def test_records_that_an_adapter_ignores_are_counted_as_ignored(place: Place, tmp_path: Path) -> None:
    without_provider = "coalesce(field.provider = 'none', false) as is_ignored"
    change_adapter(place, tmp_path / "picky.sql", "false as is_ignored", without_provider)
    place.put("part.jsonl", line(request_id="r1") + line(provider="none", request_id=...))
    (file,) = place.land()
    assert (file.landed_count, file.ignored_count, file.quarantined_count) == (1, 1, 0)


def test_an_adapter_with_invalid_sql_is_refused_in_one_sentence(place: Place, tmp_path: Path) -> None:
    adapter = tmp_path / "broken.sql"
    adapter.write_text("selec nothing")
    place.source = Source("gateway", adapter, place.source.files)
    place.put("part.jsonl", lines("r1"))
    with pytest.raises(
        MakegoodError, match=r"^the adapter broken\.sql failed on .*part\.jsonl: .*syntax error"
    ) as raised:
        place.land()
    assert "\n" not in str(raised.value)


def test_a_line_that_makes_the_engine_fail_does_not_affect_other_lines(place: Place, tmp_path: Path) -> None:
    integers_only = "field.trace_id::integer::varchar as trace_id"
    change_adapter(place, tmp_path / "strict.sql", "field.trace_id as trace_id", integers_only)
    place.put("a.jsonl", lines("r1") + line(request_id="x", trace_id="no number") + lines("r3"))
    place.put("b.jsonl", line(request_id="y", trace_id="none either") + lines("r4", "r5"))
    first, second = place.land()
    assert sorted(place.ids()) == ["r1", "r3", "r4", "r5"]
    assert [(name, number, reason) for name, number, reason, _ in place.quarantine()] == [
        ("a.jsonl", 2, "unreadable"),
        ("b.jsonl", 1, "unreadable"),
    ]
    assert (first.records_read, second.records_read) == (3, 3)


def test_every_shipped_adapter_accounts_for_a_line_it_cannot_read(tmp_path: Path) -> None:
    for adapter in ADAPTERS.glob("*.sql"):
        place = make_place(tmp_path / adapter.stem, adapter.stem)
        place.put("part.jsonl", b"{}\n[\n\n")
        (file,) = place.land()
        assert (file.records_read, file.quarantined_count, file.ignored_count) == (3, 2, 1)
        place.inventory.close()
