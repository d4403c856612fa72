-- Creates the tables of the memory: what the last settlement saw.
create table if not exists settled.settlement (
    warehouse_id varchar, snapshot_id bigint, covered_from timestamp, covered_until timestamp,
    ledger_sequence bigint, ledger_digest varchar
);
-- The closed hours and the digests of their decisions.
create table if not exists settled.hours (hour_at timestamp, compensation_digest varchar);
create table if not exists settled.caps (scope varchar, cap_usd decimal(18, 12), effective_from timestamp, effective_to timestamp);
-- What each account's daily caps left of its payouts.
create table if not exists settled.account_days (account_id varchar, request_date date, amount_usd decimal(38, 12));
-- Months in which a monthly cap may apply.
create table if not exists settled.bound_months (account_id varchar, month date);
-- Months with amounts that a hold keeps back.
create table if not exists settled.waiting_months (account_id varchar, month date);
-- The request dates on which each key occurs.
create table if not exists settled.keys (key_hash ubigint, request_date date);
-- The request dates of each batch's entries.
create table if not exists settled.batch_dates (sequence bigint, request_date date);
