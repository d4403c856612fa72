{#- What a request costs by the price list, exactly and not yet rounded. -#}

{#-
    Input that no cache was read or written for, tokens read from the cache, tokens written to it for five minutes and for an
    hour, and output, each at its own price. Counts are of `requests`, prices of `prices`. Of null is null; but tokens that were
    written to the cache and are not reported are none.
-#}
{% macro list_price(requests, prices) -%}
    {%- set written = "coalesce(" ~ requests ~ ".cache_write_tokens, 0)" -%}
    {%- set written_1h = "coalesce(" ~ requests ~ ".cache_write_1h_tokens, 0)" -%}
    {%- set amounts = [
        (requests ~ ".input_tokens - " ~ requests ~ ".cached_tokens - " ~ written, "input_price_usd"),
        (requests ~ ".cached_tokens", "cached_price_usd"),
        (written ~ " - " ~ written_1h, "cache_write_price_usd"),
        (written_1h, "cache_write_1h_price_usd"),
        (requests ~ ".output_tokens", "output_price_usd"),
    ] -%}
    {%- for tokens, price in amounts -%}
    cast({{ tokens }} as decimal(19, 0)) * {{ prices }}.{{ price }}{{ " + " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
