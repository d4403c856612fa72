"""A genuine LiteLLM record of a completion, for tests that change a part of it."""

from __future__ import annotations

import gzip
import json
from typing import Any

from makegood.generation.samples import sample


def genuine() -> dict[str, Any]:
    """A genuine record of a completion that succeeded and was not streamed."""
    with gzip.open(sample("litellm/sdk_payloads.jsonl.gz")) as lines:
        for text in lines:
            record: dict[str, Any] = json.loads(text)
            if record["status"] == "success" and record["call_type"] == "acompletion" and record["stream"] is None:
                return record
    raise AssertionError("the samples hold no completion")
