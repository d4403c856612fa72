{#-
    Rounds an exact decimal amount half-even to 12 places. Nothing else in the project rounds money or drops its
    scale. The amount may have up to 20 places and 18 digits before the point; beyond that the cast raises.
-#}
{% macro money(amount) -%}
    {{ return(adapter.dispatch('money')(amount)) }}
{%- endmacro %}

{#- DuckDB's round() is half-up: take back one unit where an exact half went up to an odd last digit. -#}
{% macro default__money(amount) -%}
    {%- set exact -%} cast({{ amount }} as decimal(38, 20)) {%- endset -%}
    {%- set rounded -%} round({{ exact }}, 12) {%- endset -%}
    case
        when abs({{ rounded }} - {{ exact }}) = 0.0000000000005 and {{ rounded }} % 0.000000000002 <> 0
            then {{ rounded }} - sign({{ exact }}) * 0.000000000001
        else {{ rounded }}
    end
{%- endmacro %}

{% macro spark__money(amount) -%}
    bround({{ amount }}, 12)
{%- endmacro %}
