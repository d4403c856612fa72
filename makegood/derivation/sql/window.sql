-- Creates the empty tables of a window: its request hours, the policies in force from each start, and the landing files to report.
create table request_hours (
    request_date date not null,
    request_hour integer not null,
    landed_count bigint not null,
    input_digest varchar not null,
    policy_digest varchar not null,
    baseline_digest varchar not null
);
create table policies (
    start_at timestamp not null,
    policy_digest varchar not null
);
create table landing_files (
    landing_file varchar not null,
    source varchar not null,
    adapter varchar not null,
    landed_hour timestamp not null,
    size_bytes bigint not null,
    content_digest varchar not null,
    records_read bigint not null,
    landed_count bigint not null,
    ignored_count bigint not null,
    quarantined_count bigint not null
);
