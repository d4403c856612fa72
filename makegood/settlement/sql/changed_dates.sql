-- One row per request date whose decisions or caps have changed since the last settlement.
with changed_hours as (
    (
        from closed_hours select hour_at, compensation_digest
        except
        from settled.hours
    )
    union
    (
        from settled.hours
        except
        from closed_hours select hour_at, compensation_digest
    )
),

changed_caps as (
    (
        from compensation_caps
        except
        from settled.caps
    )
    union
    (
        from settled.caps
        except
        from compensation_caps
    )
)

select distinct hour_at::date as request_date
from changed_hours
union
select distinct closed_hours.hour_at::date
from closed_hours
inner join changed_caps
    on closed_hours.hour_at >= date_trunc('month', changed_caps.effective_from)
    and (closed_hours.hour_at < date_trunc('month', changed_caps.effective_to) + interval 1 month or changed_caps.effective_to is null)
