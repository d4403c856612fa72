-- Creates the tables of the record of publications. SQLite reads this file.
create table if not exists publications (
    publication_id integer primary key,
    snapshot_id integer not null,
    run_id text not null,
    published_at text not null,
    landing_from text,
    landing_to text,
    hour_count integer not null,
    data_through text,
    request_count integer not null,
    compensation_count integer not null,
    payout_usd text not null,
    ledger_sequence integer not null,
    ledger_digest text not null,
    seal text not null
) strict;
create table if not exists unaudited_hours (
    request_hour text primary key,
    run_id text not null
) strict;
create table if not exists catalog_seals (
    snapshot_id integer primary key,
    seal text not null
) strict;
create table if not exists file_seals (
    path text primary key,
    seal blob not null
) strict;
create table if not exists noted_findings (
    run_id text not null,
    check_name text not null,
    severity text not null,
    request_hour text,
    measured text not null,
    allowed text not null,
    sentence text not null,
    rows text not null,
    compensation_count integer not null,
    payout_usd text not null,
    found_at text not null
) strict;
create table if not exists findings (
    check_name text not null,
    severity text not null,
    request_hour text not null,
    measured text not null,
    allowed text not null,
    sentence text not null,
    rows text not null,
    compensation_count integer not null,
    payout_usd text not null,
    found_at text not null,
    from_snapshot integer not null,
    until_snapshot integer,
    seal text not null,
    primary key (check_name, request_hour, from_snapshot)
) strict;
