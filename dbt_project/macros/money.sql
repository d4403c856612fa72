{#-
    Rounds an exact decimal amount half-even to 12 decimal places. This is the only place that rounds money or reduces its scale. The amount
    may have up to 18 digits before the decimal point and 20 after it; beyond that the cast raises an error.

    DuckDB's round() rounds half away from zero: where an exact half was rounded to an odd last digit, one unit is taken back.
-#}
{% macro money(amount) -%}
    {%- set exact -%} cast({{ amount }} as decimal(38, 20)) {%- endset -%}
    {%- set rounded -%} round({{ exact }}, 12) {%- endset -%}
    case
        when abs({{ rounded }} - {{ exact }}) = 0.0000000000005 and {{ rounded }} % 0.000000000002 <> 0
            then {{ rounded }} - sign({{ exact }}) * 0.000000000001
        else {{ rounded }}
    end
{%- endmacro %}
