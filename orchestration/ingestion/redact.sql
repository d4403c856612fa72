-- The meta of those landed rows where a cheap look saw what may be a secret, without it. Apart from land.sql, as most groups have none.
update landed_rows
set
    meta = json_redacted(suspect_meta),
    suspect_meta = null
where suspect_meta is not null
