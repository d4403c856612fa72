{#- The signals that a rule may name; int_request_signals measures each as <name>_numerator / <name>_denominator. -#}
{% macro signals() -%}
    {{ return(var("signals")) }}
{%- endmacro %}

{#- Those of them that are 0 or 1: a rule about one says all in its description. -#}
{% macro yes_no_signals() -%}
    {{ return(var("yes_no_signals")) }}
{%- endmacro %}
