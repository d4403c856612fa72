-- Creates the tables of the inventory where they are missing. Hours are naive UTC in ISO 8601. SQLite reads this file.
create table if not exists landing_files (
    landing_file text primary key,
    source text not null,
    adapter text not null,
    adapter_version text not null,
    landed_hour text not null,
    found_hour text not null,
    size_bytes integer not null,
    modified_ns integer not null,
    content_digest text not null,
    version integer not null,
    records_read integer not null,
    landed_count integer not null,
    ignored_count integer not null,
    quarantined_count integer not null,
    replaced_count integer not null
) strict;
create table if not exists refused_files (
    landing_file text primary key,
    source text not null,
    reason text not null
) strict;
create index if not exists landing_files_by_landed_hour on landing_files (landed_hour);
create index if not exists landing_files_by_found_hour on landing_files (found_hour);
create table if not exists parts (
    lake_part text not null,
    landing_file text not null,
    version integer not null,
    request_hour text not null,
    landed_count integer not null,
    primary key (lake_part, landing_file)
) strict;
create index if not exists parts_by_file on parts (landing_file);
create index if not exists parts_by_hour on parts (request_hour);
create table if not exists assessment_parts (
    lake_part text not null,
    landing_file text not null,
    version integer not null,
    request_hour text,
    assessment_count integer not null,
    is_copy integer not null,
    primary key (lake_part, landing_file)
) strict;
create index if not exists assessment_parts_by_file on assessment_parts (landing_file);
create index if not exists assessment_parts_by_hour on assessment_parts (request_hour);
create table if not exists sealed_parts (
    lake_part text primary key,
    size_bytes integer not null,
    digest text not null
) strict;
