"""The repetition loop detector flags answers that repeat to the end, but no list, table, code or text of this project."""

import json
import subprocess
from pathlib import Path

from answered_records import answered, findings, landed
from landing_place import Place, at

ROOT = Path(__file__).parents[2]
SENTENCE = "The request was refused because the quota is used up. "
LOOP = SENTENCE * 40
TABLE = "| model | requests |\n|---|---|\n" + "".join(f"| model-{n} | {n * 7} |\n" for n in range(120))
STEPS = "".join(f"{n}. Check that server {n} answers, then go on.\n" for n in range(1, 60))
ZEROS = "zeros = [\n" + "    0.0, 0.0, 0.0, 0.0,\n" * 80 + "]\n"
CODE = "def f(x):\n" + "".join(f"    if x == {n}:\n        return {n * n}\n" for n in range(60))
RULES = "| a | b |\n" + "|---|---|" * 100


def test_loops_are_flagged_and_lists_tables_and_code_are_not(litellm: Place) -> None:
    assert landed(
        litellm,
        answered("a sentence", LOOP),
        answered("a sentence, cut in the middle", LOOP[:-20], "length", {"max_tokens": 100}),
        answered("after an introduction", STEPS[:900] + LOOP),
        answered("a word", "the " * 300),
        answered("Chinese", "根据日志,请求在高峰时段出现了明显的延迟。" * 40),
        answered("one sign", "!" * 600),
        answered("one block of two", [{"type": "text", "text": "Well. "}, {"type": "text", "text": LOOP}]),
        answered("a few times", SENTENCE * 9),
        answered("short", "ha " * 100),
        answered("a loop that was left", LOOP + "But that is all there is to say about it."),
        answered("a loop for less than half", STEPS + "and again " * 60),
        answered("a table", TABLE),
        answered("rules of a table", TABLE[:400] + RULES),
        answered("steps", STEPS),
        answered("zeros", ZEROS),
        answered("code", CODE),
    ) == {
        name: {"repetition_loop"}
        for name in (
            "a sentence",
            "a sentence, cut in the middle",
            "after an introduction",
            "a word",
            "Chinese",
            "one sign",
            "one block of two",
        )
    }


def test_no_text_of_this_project_is_flagged_as_a_loop(litellm: Place) -> None:
    names = subprocess.run(
        ["git", "ls-files", "--", "*.py", "*.sql", "*.yml", "*.md", "*.csv", "*.lock", "*.toml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    texts = {name: (ROOT / name).read_text() for name in names if "test_repetition_loops" not in name}
    assert len(texts) > 100
    whole = [answered(name, text) for name, text in texts.items()]
    halves = [answered(f"half of {name}", text[: len(text) // 2], "length") for name, text in texts.items() if text]
    assert {
        name for name, detectors in landed(litellm, *whole, *halves).items() if "repetition_loop" in detectors
    } == set()


def test_a_finding_holds_the_counts_and_nothing_of_the_answer(litellm: Place) -> None:
    landed(
        litellm,
        answered("loop", LOOP),
        answered("json", "secret words", parameters={"response_format": {"type": "json_object"}}),
    )
    rows = [row[1:7] for row in findings(litellm)]
    assert rows == [
        ("invalid_json", "2", "unsatisfactory", "1.0000", "no JSON", '{"characters":12,"choices":1}'),
        (
            *("repetition_loop", "2", "unsatisfactory", "1.0000", "the same words to the end"),
            json.dumps({"characters": len(LOOP), "period": len(SENTENCE)}, separators=(",", ":")),
        ),
    ]
    first_at, last_at = findings(litellm)[0][7:9]
    assert (first_at, last_at) == (at("2026-11-01T05:10:00"), at("2026-11-01T05:10:02"))
    assert b"quota" not in litellm.stored_bytes()
    assert b"secret" not in litellm.stored_bytes()
