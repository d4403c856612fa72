-- One row per request hour in which any version of the landing file has, or once had, rows or verdicts.
select request_hour from parts where landing_file = $landing_file
union
select request_hour from assessment_parts where landing_file = $landing_file and request_hour is not null
