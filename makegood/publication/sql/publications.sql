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
