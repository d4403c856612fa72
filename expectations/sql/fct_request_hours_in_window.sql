-- One row per request hour of the window.
with final as (
    select
        request_date,
        request_hour,
        case
            when landed_count >= {MIN_REQUESTS} then superseded_count / landed_count
        end as superseded_share,
    from audited_fct_request_hours
)

select * from final
