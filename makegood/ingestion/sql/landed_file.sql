-- Inserts a version of a landing file, or replaces the version before. The landing hour stays that of the first version.
insert into landing_files (
    landing_file, source, adapter, adapter_version, landed_hour, found_hour, size_bytes, modified_ns, content_digest, version,
    records_read, landed_count, ignored_count, quarantined_count, replaced_count
)
values (
    $landing_file, $source, $adapter, $adapter_version, $landed_hour, $found_hour, $size_bytes, $modified_ns, $content_digest, $version,
    $records_read, $landed_count, $ignored_count, $quarantined_count, $replaced_count
)
on conflict (landing_file) do update set
    source = excluded.source,
    adapter = excluded.adapter,
    adapter_version = excluded.adapter_version,
    found_hour = excluded.found_hour,
    size_bytes = excluded.size_bytes,
    modified_ns = excluded.modified_ns,
    content_digest = excluded.content_digest,
    version = excluded.version,
    records_read = excluded.records_read,
    landed_count = excluded.landed_count,
    ignored_count = excluded.ignored_count,
    quarantined_count = excluded.quarantined_count,
    replaced_count = excluded.replaced_count
