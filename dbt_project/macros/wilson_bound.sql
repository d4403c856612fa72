{#-
    A bound of the 95 % Wilson score interval of a proportion, with 6 decimal places; `side` is -1 for the lower bound and 1 for the upper.
    1.959963984540054 is the 97.5th percentile of the standard normal distribution. Null where there were no trials.
-#}
{% macro wilson_bound(successes, trials, side) -%}
    {%- set z = "1.959963984540054e0" -%}
    {%- set p = "(cast(" ~ successes ~ " as double) / " ~ trials ~ ")" -%}
    case
        when {{ trials }} > 0 then
            cast(greatest(0e0, least(1e0,
                ({{ p }} + {{ z }} * {{ z }} / (2 * {{ trials }})
                    + {{ side }} * {{ z }} * sqrt(
                        {{ p }} * (1 - {{ p }}) / {{ trials }} + {{ z }} * {{ z }} / (4e0 * {{ trials }} * {{ trials }})
                    )) / (1 + {{ z }} * {{ z }} / {{ trials }})
            )) as decimal(7, 6))
    end
{%- endmacro %}
