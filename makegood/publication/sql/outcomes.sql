-- Creates `outcomes`: one row per request date, account, model and compensation type with a payout as paid or under the candidate.
create table outcomes (
    request_date date, account_id varchar, model varchar, compensation_type varchar, paid_count bigint, paid_usd decimal(38, 12),
    candidate_count bigint, candidate_usd decimal(38, 12), winner_count bigint, loser_count bigint
)
