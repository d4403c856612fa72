-- The tables that requests.sql and verdicts.sql draw from. A kind has one of 10,000 slots per basis point of its share.
-- The variables are the paths of the CSV files; a column `…_json` is a fragment of a log line.

-- A number from 0 to n - 1, from the bits of a hash above `shift`.
create macro draw(hashed, shift, n) as ((hashed >> shift) % n)::bigint;

create macro is_delivered_twice(delivery) as
    delivery in ('repeated', 'repeated_later', 'corrected', 'moved');

-- The time `offset_ms` after the start of an hour, in the format of the log.
create macro iso(hour_at, offset_ms) as
    strftime(make_timestamp_ms(epoch_ms(hour_at) + offset_ms), '%Y-%m-%dT%H:%M:%S.%gZ');

create macro finish_json(finish_reason, native_finish_reason) as concat(
    ',"finish_reason":"', finish_reason,
    '","native_finish_reason":"', native_finish_reason, '"'
);

create table kinds as
select
    row_number() over () as kind_no,
    draw,
    kind,
    share_bp,
from read_csv(getvariable('shares'), types = {'kind': 'varchar', 'share_bp': 'bigint'});

create table kind_slots as
with bounded as (
    select
        draw,
        kind,
        sum(share_bp) over earlier::bigint as end_slot,
        end_slot - share_bp as first_slot,
    from kinds
    window earlier as (partition by draw order by kind_no)
)

select
    draw,
    kind,
    unnest(range(first_slot, end_slot)) as slot,
from bounded;

create table deliveries as
select
    slot,
    kind as delivery,
from kind_slots
where draw = 'delivery';

create table attempts as
select
    slot,
    kind::bigint as attempts,
from kind_slots
where draw = 'attempts';

create table paces as
select
    slot,
    kind as pace,
from kind_slots
where draw = 'pace';

create table outcome_slots as
select
    slot,
    kind as outcome,
from kind_slots
where draw = 'outcome';

create table outcomes as
select
    kind as outcome,
    finish_reason,
    has_input,
    has_output,
    is_billed,
    wait_ms,
    concat(
        ',"status_code":"', status_code,
        '","cache_hit":', kind = 'cache_hit',
        ',"cancelled":', kind = 'cancelled',
        ',"error_code":"' || error_code || '"',
        ',"error_message":"' || error_message || '"'
    ) as outcome_json,
from read_csv(getvariable('outcomes'), types = {'status_code': 'varchar', 'wait_ms': 'bigint'});

-- Two calls in each hour of the day are assigned the rare kinds in turn, so that even the smallest day contains all of them.
create table turns as
with rare as (
    select
        draw,
        kind,
        row_number() over (order by kind_no) - 1 as turn_no,
    from kinds
    qualify share_bp < max(share_bp) over (partition by draw)
)

select
    turn_no // 2 as hour_of_day,
    turn_no % 2 as turn,
    case when draw = 'delivery' then kind else 'once' end as delivery,
    case when draw = 'attempts' then kind::bigint else 1 end as attempts,
    case when draw = 'pace' then kind else 'usual' end as pace,
    case when draw = 'outcome' then kind else 'stop' end as outcome,
from rare;

-- Prices are in picodollars (1e-12 USD) per token, so that the cost of whole tokens is an integer of the smallest unit stored.
create table models as
with listed as (
    select
        *,
        row_number() over () as model_no,
    from read_csv(getvariable('models'))
),

finish_names as (
    select *
    from read_csv(getvariable('finish_names'))
),

prices as (
    select
        price_key,
        (input_usd * 1000000000000)::bigint as input_price,
        (output_usd * 1000000000000)::bigint as output_price,
        (cached_input_usd * 1000000000000)::bigint as cached_price,
        max_output_tokens,
    from read_csv(getvariable('prices'), types = {
        'input_usd': 'decimal(18,12)',
        'output_usd': 'decimal(18,12)',
        'cached_input_usd': 'decimal(18,12)',
    })
)

select
    listed.model_no,
    listed.weight_bp,
    listed.profile,
    listed.is_reasoning,
    listed.is_embedding,
    prices.input_price,
    prices.output_price,
    prices.cached_price,
    coalesce(prices.max_output_tokens, 8192) as model_max_tokens,
    concat(
        ',"model":"', listed.model,
        '","model_served":"', listed.model_served,
        '","provider":"', listed.provider, '"'
    ) as model_json,
    finish_json('stop', finish_names.stop) as stop_json,
    finish_json('length', finish_names.length) as length_json,
    finish_json('tool_calls', finish_names.tool_calls) as tool_calls_json,
    finish_json('content_filter', finish_names.content_filter) as content_filter_json,
from listed
inner join finish_names using (finish_names)
left join prices using (price_key);

-- Each slot of a model gets one of the latencies measured for its profile.
create table model_slots as
with bounded as (
    select
        model_no,
        profile,
        sum(weight_bp) over (order by model_no)::bigint as end_slot,
        end_slot - weight_bp as first_slot,
    from models
),

slotted as (
    select
        model_no,
        profile,
        unnest(range(first_slot, end_slot)) as slot,
    from bounded
),

latencies as (
    select
        *,
        row_number() over (partition by profile order by ttft_ms, inter_token_us) - 1 as latency_no,
        count(*) over (partition by profile) as latency_count,
    from read_csv(getvariable('latencies'))
)

select
    slotted.slot,
    slotted.model_no,
    latencies.ttft_ms,
    latencies.inter_token_us,
from slotted
inner join latencies
    on latencies.profile = slotted.profile
    and latencies.latency_no = slotted.slot * 7919 % latencies.latency_count;

-- Two hundred accounts; the last one has no account id.
create table accounts as
select
    range as account_no,
    format('sk-{:016x}{:016x}', hash(account_no, 1), hash(account_no, 2)) as api_key,
    concat(
        case when account_no < 200 then format(',"account_id":"acct_{:04d}"', account_no) end,
        ',"api_key_ref":"', format('{:016x}', hash(account_no)),
        '","region":"', ['us-east-1', 'eu-west-1', 'ap-southeast-1'][account_no % 3 + 1], '"'
    ) as account_json,
    concat(
        '"user-agent":"', ['openai-python/1.51.0', 'openai-node/4.67.3', 'curl/8.5.0'][account_no % 3 + 1],
        '","authorization":"Bearer ', api_key, '"'
    ) as headers_json,
from range(1, 201);

-- The k-th account gets 1/k of the first account's share (Zipf's law).
create table account_slots as
with weighted as (
    select
        account_no,
        sum(1000000 // account_no) over (order by account_no)::bigint as end_weight,
        end_weight - 1000000 // account_no as first_weight,
        (sum(1000000 // account_no) over ())::bigint as total_weight,
    from accounts
)

select
    account_no,
    unnest(range(first_weight * 10000 // total_weight, end_weight * 10000 // total_weight)) as slot,
from weighted;

-- The recorded arrivals, stretched to one hour: one row per gap between two arrivals.
create table gaps as
with arrivals as (
    select
        *,
        row_number() over (order by arrived_us) - 1 as gap_no,
        (arrived_us::hugeint * 3600000000 // max(arrived_us) over ())::bigint as at_us,
    from read_csv(getvariable('arrivals'))
)

select
    gap_no,
    at_us,
    lead(at_us) over (order by gap_no) - at_us as gap_us,
    input_tokens,
    output_tokens,
from arrivals
qualify gap_us is not null;
