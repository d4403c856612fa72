"""LiteLLM calls other than plain completions: the changes to a genuine record, and the expected landed columns."""

import hashlib
from decimal import Decimal
from typing import Any

from genuine_completion import genuine
from landing_place import at

START = at("2026-11-01T05:10:00").timestamp()
HEALTH = "litellm-internal-health-check"
FAILED: dict[str, Any] = {
    "status": "failure", "response_cost": 0.0, "prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0, "response": {}, "cost_breakdown": None,
}  # fmt: skip
FREE: dict[str, Any] = {"response_cost": 0.0}
NO_USAGE: dict[str, Any] = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


GENUINE = genuine()
GENUINE["response"]["choices"][0] |= {"finish_reason": "stop", "message": {"role": "assistant", "content": "x"}}
GENUINE |= {
    "prompt_tokens": 400, "completion_tokens": 60, "total_tokens": 460, "response_cost": 0.0016, "cache_hit": None,
}  # fmt: skip
"""A genuine record, in which the values that tests rely on are set."""


def failed(**error: Any) -> dict[str, Any]:
    """A failure with this error information."""
    return FAILED | {"error_information": error}


def choice(**fields: Any) -> dict[str, Any]:
    """A response with one choice."""
    return {"response": {"choices": [{"finish_reason": "stop", "message": {"content": "x"}} | fields]}}


def choices(*endings: tuple[str, str | None]) -> dict[str, Any]:
    """A response with several choices, each with its finish reason and content."""
    return {"response": {"choices": [{"finish_reason": end, "message": {"content": text}} for end, text in endings]}}


def route(path: str, response: Any, **changes: Any) -> dict[str, Any]:
    """A pass-through call on this route."""
    return {
        "call_type": "pass_through_endpoint",
        "metadata": {"user_api_key_request_route": path},
        "response": response,
        **changes,
    }


def usage(**counts: Any) -> dict[str, Any]:
    """A record with this usage."""
    return {"metadata": {"usage_object": counts}}


def breakdown(total: float, **more: Any) -> dict[str, Any]:
    """A record with a cost breakdown that adds up to this total."""
    return {"cost_breakdown": {"input_cost": 0.0, "output_cost": total, "total_cost": total, **more}}


KINDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    # operation
    "a completion": ({}, {"operation": "chat", "native_operation": "acompletion"}),
    "an embedding": ({"call_type": "aembedding", "completion_tokens": 0}, {"operation": "embeddings", "output_tokens": None}),
    "vectors removed from the log": ({"call_type": "aembedding", "response": {"data": []}}, {"has_answer": None}),
    "an unknown call type": ({"call_type": "adream"}, {"operation": "other", "native_operation": "adream"}),
    "passed through: embeddings": (route("/openai/v1/embeddings", {"text": "redacted-by-litellm"}), {"operation": "embeddings"}),
    "passed through: vectors": (route("/x/y", {"response": '{"data": [{"embedding": [0.1]}]}'}), {"operation": "embeddings", "has_answer": True}),
    "passed through: embedContent": (route("/gemini/v1beta/models/e:embedContent", ""), {"operation": "embeddings"}),
    "passed through: Gemini": (
        route("/gemini/v1beta/models/g:generateContent", {"candidates": [{"content": {"parts": []}, "finishReason": "STOP"}]}),
        {"operation": "chat", "finish_reason": "stop", "has_answer": False},
    ),
    "passed through: a blocked prompt": (
        route("/gemini/x", {"promptFeedback": {"blockReason": "OTHER"}}),
        {"operation": "chat", "finish_reason": "content_filter", "native_finish_reason": "OTHER"},
    ),
    "passed through: Anthropic": (
        route("/anthropic/v1/messages", {"content": [], "stop_reason": "end_turn"}),
        {"operation": "chat", "finish_reason": "stop", "has_answer": False},
    ),
    "passed through: messages of a thread": (
        route("/openai/v1/threads/t/messages", '{"object": "list", "data": []}'), {"operation": "other", "has_answer": None},
    ),
    "passed through: what a response was asked": (
        route("/openai/v1/responses/r/input_items", '{"object": "list", "data": []}'), {"operation": "retrieval", "has_answer": None},
    ),
    "passed through: a count of tokens": (route("/anthropic/v1/messages/count_tokens", '{"input_tokens": 5}'), {"operation": "other"}),
    "passed through: nobody knows what": (route("/x/y", {"a": 1}), {"operation": "other", "has_answer": None, "is_answer_withheld": True}),
    "a health check by key": ({"metadata": {"user_api_key_hash": HEALTH}}, {"operation": "health_check"}),
    "a health check by the key's digest": (
        {"metadata": {"user_api_key_hash": hashlib.sha256(HEALTH.encode()).hexdigest()}}, {"operation": "health_check"},
    ),
    "a health check by tag": ({"metadata": {}, "request_tags": [HEALTH]}, {"operation": "health_check"}),
    "a caller's tag": ({"metadata": {"user_api_key_team_id": "t"}, "request_tags": [HEALTH]}, {"operation": "chat"}),
    "a tool without a model": ({"call_type": "call_mcp_tool", "model": "", "model_group": "", "response": {"content": []}}, {"operation": "tool"}),
    "a read of a batch job": ({"call_type": "aretrieve_batch", "response": {"object": "batch", "status": "completed"}}, {"operation": "batch", "finish_reason": None}),
    "a failed read of a batch job": (failed(error_code="503", error_class="ServiceUnavailableError") | {"call_type": "aretrieve_batch"}, {"operation": "retrieval"}),
    "a failed batch job": (failed(error_code="503", error_class="ServiceUnavailableError") | {"call_type": "acreate_batch"}, {"operation": "batch"}),
    # why it ended
    "a native error reported as stop": (
        choice(provider_specific_fields={"native_finish_reason": "network_error"}),
        {"finish_reason": "error", "native_finish_reason": "network_error"},
    ),
    "an unknown native word reported as stop": (
        choice(provider_specific_fields={"native_finish_reason": "tired"}, message={"content": ""}),
        {"finish_reason": "other", "native_finish_reason": "tired", "has_answer": False},
    ),
    "an uninformative native word reported as stop": (choice(provider_specific_fields={"native_finish_reason": "OTHER"}), {"finish_reason": "other"}),
    "an uninformative native word reported as content_filter": (
        choice(finish_reason="content_filter", provider_specific_fields={"native_finish_reason": "OTHER"}), {"finish_reason": "content_filter"},
    ),
    "a native end of turn reported as stop": (choice(provider_specific_fields={"native_finish_reason": "end_turn"}), {"finish_reason": "stop"}),
    "tool calls with finish reason stop": (
        choice(finish_reason="tool_calls", provider_specific_fields={"native_finish_reason": "STOP"}), {"finish_reason": "tool_calls"},
    ),
    "a native word for a content filter": (choice(finish_reason="sensitive"), {"finish_reason": "content_filter"}),
    "an unknown finish reason": (choice(finish_reason="tired"), {"finish_reason": "other", "native_finish_reason": "tired"}),
    "a failed choice before a successful one": (choices(("error", ""), ("stop", "x")), {"finish_reason": "stop"}),
    "a successful choice before a failed one": (choices(("stop", "x"), ("network_error", "")), {"finish_reason": "stop"}),
    "every choice failed": (choices(("error", ""), ("error", "")), {"finish_reason": "error"}),
    "a truncated choice beside a complete one": (choices(("length", "x"), ("stop", "x")), {"finish_reason": "stop", "has_answer": True}),
    "every choice truncated": (choices(("length", "x"), ("length", "x")), {"finish_reason": "length"}),
    "an empty choice beside a filtered one": (choices(("stop", ""), ("content_filter", "")), {"finish_reason": "content_filter", "has_answer": False}),
    "an empty choice beside one with an unknown finish reason": (choices(("stop", ""), ("tired", "")), {"finish_reason": "other"}),
    "a choice with an unknown finish reason beside a successful one": (choices(("tired", "x"), ("stop", "x")), {"finish_reason": "stop"}),
    "a candidate blocked for safety beside a successful one": (
        {
            "call_type": "agenerate_content",
            "response": {"candidates": [{"finishReason": "SAFETY"}, {"finishReason": "STOP", "content": {"parts": [{"text": "x"}]}}]},
        },
        {"finish_reason": "stop", "has_answer": True},
    ),
    "an answer removed by a guardrail": (
        choices(("stop", "")) | {"status_fields": {"guardrail_status": "guardrail_intervened"}}, {"has_answer": None, "is_answer_withheld": True},
    ),
    "an answer changed by a guardrail": (
        choices(("stop", "x")) | {"status_fields": {"guardrail_status": "guardrail_intervened"}}, {"has_answer": True, "is_answer_withheld": True},
    ),
    "incomplete, filtered": (
        {"call_type": "aresponses", "response": {"object": "response", "status": "incomplete", "incomplete_details": {"reason": "content_filter"}, "output": []}},
        {"finish_reason": "content_filter", "native_finish_reason": "content_filter"},
    ),
    "incomplete, no reason": (
        {"call_type": "aresponses", "response": {"object": "response", "status": "incomplete", "output": []}}, {"finish_reason": "length"},
    ),
    "queued": (
        {"call_type": "aresponses", "response": {"object": "response", "status": "queued", "output": []}},
        {"finish_reason": "other", "has_answer": None, "is_answer_withheld": True},
    ),
    "a batch job that failed because of the prompt": (
        {"call_type": "aresponses", "response": {"object": "response", "status": "failed", "error": {"code": "invalid_prompt"}, "output": []}},
        {"finish_reason": "error", "error_origin": "caller"},
    ),
    "a batch job that failed at the provider": (
        {"call_type": "aresponses", "response": {"object": "response", "status": "failed", "error": {"code": "server_error"}, "output": []}},
        {"finish_reason": "error", "error_origin": "upstream"},
    ),
    "an Anthropic error as response": (
        route("/anthropic/v1/messages", '{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}'), {"error_origin": "upstream"},
    ),
    "a Gemini error as response": (
        route("/gemini/v1beta/models/g:generateContent", '{"error": {"code": 503, "status": "UNAVAILABLE"}}'), {"error_origin": "upstream"},
    ),
    "an OpenRouter error as response": ({"response": {"error": {"code": 502, "message": "Provider returned error"}}}, {"error_origin": "upstream"}),
    "an OpenAI error as response": (
        {"response": {"error": {"type": "invalid_request_error", "code": "unsupported_value", "param": "n"}}}, {"error_origin": "caller"},
    ),
    "an unknown error as response": ({"response": {"error": {"code": "tired"}}}, {"error_origin": None}),
    # whose fault
    "no error": ({}, {"error_origin": None}),
    "a provider's 503": (failed(error_code="503", error_class="ServiceUnavailableError", llm_provider="openai"), {"error_origin": "upstream"}),
    "a provider's rate limit": (
        failed(error_code="429", error_class="RateLimitError", error_rate_limit_category="vendor_rate_limit"),
        {"error_origin": "upstream", "error_code": "provider_rate_limited"},
    ),
    "the gateway's rate limit": (
        failed(error_code="429", error_class="RateLimitError", error_rate_limit_category="litellm_rate_limit"), {"error_origin": "gateway"},
    ),
    "the gateway's budget, as 500": (failed(error_code="500", error_class="BudgetExceededError"), {"error_origin": "gateway"}),
    "a guardrail, as 500": (
        failed(error_code="500", error_class="Exception") | {"status_fields": {"guardrail_status": "guardrail_intervened"}}, {"error_origin": "gateway"},
    ),
    "a guardrail by class": (failed(error_code="", error_class="GuardrailRaisedException"), {"error_origin": "gateway"}),
    "authentication": (failed(error_code="500", error_class="ProxyException"), {"error_origin": "gateway"}),
    "a broken connection without a code": (failed(error_code="", error_class="ReadError", llm_provider=""), {"error_origin": "upstream"}),
    "a provider's own class": (failed(error_code="", error_class="AnthropicError"), {"error_origin": "upstream"}),
    "no code, an unknown class, a provider": (
        failed(error_code="", error_class="Strange", llm_provider="mistral") | {"custom_llm_provider": None}, {"error_origin": "upstream"},
    ),
    "no code, an unknown class, no provider": (
        failed(error_code="", error_class="Strange", llm_provider="") | {"custom_llm_provider": None}, {"error_origin": "gateway"},
    ),
    "a code, an unknown class, no provider": (
        failed(error_code="500", error_class="KeyError", llm_provider="") | {"custom_llm_provider": None}, {"error_origin": "gateway"},
    ),
    "a rate limit with a provider": (
        failed(error_code="429", error_class="RateLimitError", llm_provider="openai"), {"error_origin": "upstream", "error_code": "RateLimitError"},
    ),
    "a rate limit without a provider": (failed(error_code="429", error_class="RateLimitError", llm_provider=""), {"error_origin": None}),
    "a code and an unknown class": (failed(error_code="502", error_class="Strange", llm_provider="mistral"), {"error_origin": None}),
    "too long a prompt": (failed(error_code="400", error_class="ContextWindowExceededError", llm_provider="openai"), {"error_origin": "caller"}),
    "a caller who disconnected": ({"error_information": {"error_code": "499", "error_class": "ClientDisconnected"}}, {"finish_reason": "cancelled"}),
    "a failure of a caller who asked for an object": (
        failed(error_code="400", error_class="BadRequestError") | {"model": {"a": 1}, "model_group": ["x"]}, {"model": "unknown"},
    ),
    "a failure without a model": (failed(error_class="ProxyException") | {"model": "", "model_group": ""}, {"model": "unknown"}),
    # what was billed
    "billed": ({}, {"cost_usd": Decimal("0.0016"), "cost_basis": "billed"}),
    "a breakdown above 0": (FREE | breakdown(0.03), {"cost_usd": Decimal("0.03"), "cost_basis": "breakdown"}),
    "a breakdown to the last digit": (FREE | breakdown(1.0199999999999999e-05), {"cost_usd": Decimal("0.0000102")}),
    "a breakdown of 0": (FREE | breakdown(0.0), {"cost_usd": Decimal(0), "cost_basis": "billed"}),
    "a breakdown of 0 because of a missing price": (
        FREE | breakdown(0.0) | {"zero_cost_diagnostic": {"reason": "missing_pricing_key"}}, {"cost_usd": None, "cost_basis": "not_priced"},
    ),
    "no breakdown": (FREE | {"cost_breakdown": None}, {"cost_usd": None, "cost_basis": "not_priced"}),
    "no usage, no cost": (FREE | NO_USAGE | breakdown(0.0), {"cost_usd": None, "cost_basis": "not_priced"}),
    "no usage, despite a breakdown": (FREE | NO_USAGE | breakdown(0.5), {"cost_usd": None}),
    "a cache hit": (FREE | breakdown(0.03) | {"cache_hit": True}, {"cost_usd": Decimal(0), "cost_basis": "billed"}),
    "a free tool": (FREE | NO_USAGE | {"call_type": "call_mcp_tool"}, {"cost_usd": Decimal(0)}),
    "no cost, but a breakdown": (breakdown(0.03) | {"response_cost": None}, {"cost_usd": Decimal("0.03"), "cost_basis": "breakdown"}),
    "no cost at all": ({"response_cost": None, "cost_breakdown": None}, {"cost_usd": None, "cost_basis": "absent"}),
    "a discount": (
        breakdown(0.0016, original_cost=0.002, discount_amount=0.0004),
        {"cost_usd": Decimal("0.0016"), "list_cost_usd": Decimal("0.002"), "discount_usd": Decimal("0.0004")},
    ),
    # tokens
    "cached: the provider's own field": (
        usage(prompt_tokens_details={"cached_tokens": 0}, cache_read_input_tokens=30940), {"cached_tokens": 30940},
    ),
    "cached: the other way round": (usage(prompt_tokens_details={"cached_tokens": 7}, cache_read_input_tokens=0), {"cached_tokens": 7}),
    "cached: none": (usage(prompt_tokens_details={"cached_tokens": 0}), {"cached_tokens": 0, "cache_write_tokens": None}),
    "cached: not reported": (usage() | choice(), {"cached_tokens": None, "reasoning_tokens": None}),
    "cached: Moonshot": (usage(cached_tokens=44), {"cached_tokens": 44}),
    "cached: DeepSeek": (usage(prompt_cache_hit_tokens=5), {"cached_tokens": 5}),
    "cache writes for 5 minutes and for an hour": (
        usage(
            cache_creation_input_tokens=460,
            prompt_tokens_details={"cache_creation_token_details": {"ephemeral_5m_input_tokens": 400, "ephemeral_1h_input_tokens": 60}},
        ),
        {"cache_write_tokens": 460, "cache_write_1h_tokens": 60},
    ),
    "reasoning": (usage(completion_tokens_details={"reasoning_tokens": 12}), {"reasoning_tokens": 12}),
    "a count that is not a number": (usage(cache_read_input_tokens="many", prompt_tokens_details={"cached_tokens": 3}), {"cached_tokens": 3}),
    # the first token
    "a stream": ({"stream": True, "completionStartTime": START + 0.5}, {"streamed": True, "ttft_ms": 500}),
    "a stream without its flag": ({"completionStartTime": START + 0.5}, {"streamed": True, "ttft_ms": 500}),
    "no stream": ({"completionStartTime": START + 2}, {"streamed": False, "ttft_ms": None}),
    "a first token at the end": ({"stream": True, "completionStartTime": START + 2}, {"streamed": True, "ttft_ms": None}),
    "a first token before the start": ({"stream": True, "completionStartTime": START - 5}, {"streamed": True, "ttft_ms": None}),
    "a first token after the end": ({"stream": True, "completionStartTime": START + 9}, {"streamed": True, "ttft_ms": None}),
    "a first token at 0.0": ({"stream": True, "completionStartTime": 0.0}, {"streamed": True, "ttft_ms": None}),
}  # fmt: skip
