-- One row per quarantined record: where it was, why it did not land, its length and digest, and its fields that are known to be harmless.
create or replace temp table quarantined as
with faults as (
    select
        source,
        landing_file,
        landing_line,
        landed_hour,
        file_index,
        fault,
    from landed_rows
    where fault is not null and fault not in ({ignored})
),

measured as (
    select
        lines.file_index,
        lines.line,
        octet_length(encode(rtrim(lines.raw, chr(10)))) as line_bytes,
        sha256(rtrim(lines.raw, chr(10))) as line_digest,
    from lines
    semi join faults on lines.file_index = faults.file_index and lines.line = faults.landing_line
),

final as (
    select
        faults.source,
        faults.landing_file,
        files.version,
        faults.landing_line,
        faults.landed_hour,
        faults.fault as reason,
        measured.line_bytes,
        measured.line_digest,
        quarantined_lines.broken_at,
        quarantined_lines.fields::varchar as fields,
    from faults
    inner join measured on faults.file_index = measured.file_index and faults.landing_line = measured.line
    inner join quarantined_lines on faults.file_index = quarantined_lines.file_index and faults.landing_line = quarantined_lines.line
    inner join files on faults.file_index = files.file_index
    order by faults.landing_file, faults.landing_line
)

select * from final
