{#- The outcome of a call, derived from the columns of the log. The argument `status` is an HTTP status or null. -#}

{% macro http_status() -%}
    case when try_cast(status_code as integer) between 100 and 599 then try_cast(status_code as integer) end
{%- endmacro %}

{% macro is_cancelled_by_caller(status) -%}
    coalesce(cancelled, false)
    or coalesce(finish_reason, '') = 'cancelled'
    or coalesce({{ status }}, 0) = 499
{%- endmacro %}

{#- A log that names the origin of a failure thereby says that the call failed. -#}
{% macro is_error(status) -%}
    coalesce(finish_reason, '') = 'error' or coalesce({{ status }}, 0) >= 400 or error_origin is not null
{%- endmacro %}

{#-
    The key by which the fault of an error is looked up, as one text: error origin, status and error code, written as in the seed
    failure_faults and separated by |. A | inside the code is replaced, so that a code cannot be mistaken for a status. Null where there was
    no error.
-#}
{% macro failure(status) -%}
    case
        when {{ is_error(status) }}
            then concat(
                coalesce(error_origin, 'unsaid'), '|',
                coalesce(cast({{ status }} as varchar), case when status_code is null then 'none' else 'word' end), '|',
                coalesce(replace(lower(error_code), '|', ' '), 'none')
            )
    end
{%- endmacro %}

{#- Whether a row of failure_faults matches a failure. -#}
{% macro fits_failure(faults, failure) -%}
    {{ glob_matches(
        failure,
        "concat(" ~ faults ~ ".error_origin, '|', " ~ faults ~ ".status, '|', " ~ faults ~ ".error_code)"
    ) }}
{%- endmacro %}
