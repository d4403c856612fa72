-- grain: one row per request hour and model
{{ config(partitioned_by=["request_date"]) }}
with requests as (
    select * from {{ ref('fct_requests') }}
    where {{ in_window() }}
),

final as (
    select
        request_date,
        request_hour,
        date_trunc('hour', min(requested_at)) as hour_at,
        model,
        count(*) as request_count,
        count(*) filter (where cost_usd > 0 and not coalesce(cache_hit, false)) as billed_count,
        count(*) filter (where is_error) as error_count,
        count(*) filter (where cost_usd is null) as unpriced_count,
        sum(input_tokens) as input_tokens,
        sum(output_tokens) as output_tokens,
        sum(cost_usd) as cost_usd,
        {%- for measure in ["latency", "ttft"] %}
        {%- for percent in [50, 95, 99] %}
        percentile_disc(0.{{ percent }}) within group (order by {{ measure }}_ms) as {{ measure }}_p{{ percent }}_ms,
        {%- endfor %}
        {%- endfor %}
        {%- for reason_code in reason_codes() %}
        count(*) filter (where reason_code = '{{ reason_code }}') as {{ reason_code }}_count,
        {%- endfor %}
    from requests
    group by request_date, request_hour, model
)

select * from final
