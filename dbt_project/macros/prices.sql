{#- The exact, unrounded cost of a request according to the price list. -#}

{#-
    Uncached input tokens, tokens read from the cache, tokens written to it for five minutes and for an hour, and output tokens, each at its
    own price. `requests` is the relation with the token counts, `prices` the one with the prices. The result is null where a count or price
    is null, except that cache-write counts which are not reported are taken as 0.
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
