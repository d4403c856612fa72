-- In every interval table a thing has one row at a time, and one policy follows another without a gap.
{{ config(meta={"dagster": {"ref": {"name": "compensation_rules"}}}) }}
{% set intervals = [
    ("compensation_rules", "rule_id"),
    ("account_coverage", "account_id"),
    ("model_prices", "model"),
    ("compensation_caps", "scope"),
] -%}
with intervals as (
    {%- for relation, subject in intervals %}
    select
        '{{ relation }}' as relation,
        {{ subject }} as subject,
        row_number() over (order by {{ subject }}, effective_from) as row_id,
        effective_from,
        effective_to,
    from {{ ref(relation) }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

policies as (
    select distinct
        policy_version,
        effective_from,
        effective_to,
    from {{ ref('compensation_rules') }}
),

problems as (
    select relation, subject, 'not an interval' as problem
    from intervals
    where effective_from is null or effective_to <= effective_from
    union all
    select intervals.relation, intervals.subject, 'overlap'
    from intervals
    inner join intervals as others
        on intervals.relation = others.relation
        and intervals.subject = others.subject
        and intervals.row_id < others.row_id
        and {{ overlap('intervals', 'others') }}
    union all
    select 'compensation_rules', policies.policy_version, 'two policies in force'
    from policies
    inner join policies as others
        on policies.policy_version < others.policy_version
        and {{ overlap('policies', 'others') }}
    union all
    select 'compensation_rules', policy_version, 'no policy follows'
    from policies
    where effective_to is not null
        and not exists (
            select 1
            from policies as others
            where {{ in_force('others', 'policies.effective_to') }}
        )
)

select * from problems
