-- grain: one row per request hour and model
{{ config(partitioned_by=["request_date"]) }}
{% set bought = "reason_code <> 'not_a_purchase'" -%}
with requests as (
    select * from {{ ref('fct_requests') }}
    where {{ in_window() }}
),

-- Requests that are not purchases are counted in request_count and not_a_purchase_count, and in no other measure.
final as (
    select
        request_date,
        request_hour,
        date_trunc('hour', min(requested_at)) as hour_at,
        model,
        count(*) as request_count,
        count(*) filter (where {{ bought }} and cost_usd > 0 and not coalesce(cache_hit, false)) as billed_count,
        count(*) filter (where {{ bought }} and is_error) as error_count,
        count(*) filter (where {{ bought }} and cost_usd is null) as unpriced_count,
        sum(input_tokens) filter (where {{ bought }}) as input_tokens,
        sum(output_tokens) filter (where {{ bought }}) as output_tokens,
        sum(cost_usd) filter (where {{ bought }}) as cost_usd,
        {%- for measure in ["latency", "ttft"] %}
        {%- for percent in [50, 95, 99] %}
        percentile_disc(0.{{ percent }}) within group (order by {{ measure }}_ms) filter (where {{ bought }}) as {{ measure }}_p{{ percent }}_ms,
        {%- endfor %}
        {%- endfor %}
        {%- for reason_code in reason_codes() %}
        count(*) filter (where reason_code = '{{ reason_code }}') as {{ reason_code }}_count,
        {%- endfor %}
    from requests
    group by request_date, request_hour, model
)

select * from final
