"""`makegood explain`: why a request was compensated or not, in one sentence and rule by rule, in agreement with the stored decision."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from command_line import exit_code
from running_gateway import FIRST, Gateway, record

from makegood.errors import MakegoodError
from makegood.publication.explaining import Explanation, explain
from makegood.publication.reading import reading
from makegood.publication.unknown_words import UnknownWords
from makegood.status import status
from orchestration.command_line.presentation import print_status

AT = FIRST + timedelta(minutes=5)
EXPLAINED = {
    "crawling": "$0.0041216 is paid as High Latency under rule HL-4: throughput_tps was 2.5, which is < 5. It pays 10% of the cost of $0.041216, at most $1.",
    "failed": "$0.02 is paid as Service Failure under rule SF-1: The upstream failed: the whole cost back. It pays 100% of the cost of $0.02.",
    "fine": "Nothing is paid: no rule matched.",
    "left": "Nothing is paid: the caller left before the end.",
    "wrong": "Nothing is paid: the error was of the caller's own making (status 400).",
    "free": "Nothing is paid: nothing was billed for it.",
    "unpriced": "Nothing is paid: rule UC-1 matched, but the cost of the request is unknown.",
    "unmeasured": "Nothing is paid: the log says neither what the request cost nor how many tokens it took.",
    "check": "Nothing is paid: it is not a purchase but a health check by the gateway itself.",
    "poll": "Nothing is paid: it is not a purchase but a read of something bought earlier.",
    "refused": "Nothing is paid: the gateway itself refused it (status 500, BudgetExceededError).",
    "dust": "Nothing is paid: rule HL-5 matched, but its payout on $0.000000000001 rounds to zero.",
}


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Gateway:
    gateway = Gateway(tmp_path_factory.mktemp("explaining"))
    gateway.land(
        FIRST,
        [
            record("fine", AT),
            record("crawling", AT, 40_000, output_tokens=100, cost_usd="0.041216"),
            record("failed", AT, finish_reason="error", status_code="503", cost_usd="0.02", output_tokens=0),
            record("left", AT, cancelled=True, status_code="499"),
            record("wrong", AT, status_code="400", finish_reason="error", output_tokens=None),
            record("free", AT, 600_000, cost_usd="0"),
            record("unpriced", AT, cost_usd=None, output_tokens=0, model="house/model"),
            record("unmeasured", AT, cost_usd=None, input_tokens=None, output_tokens=None),
            record("check", AT, operation="health_check", status_code="503"),
            record("poll", AT, operation="retrieval", output_tokens=0),
            record("refused", AT, status_code="500", error_code="BudgetExceededError"),
            record("embedded", AT, operation="embeddings", output_tokens=0),
            record("spoken", AT, 1_500_000, operation="realtime"),
            *(record(f"read {n}", AT, operation="ocr_of_pages", output_tokens=0) for n in range(2)),
            record("compacted", AT, output_tokens=0, finish_reason="compacted_away"),
            record("held back", AT, output_tokens=0, is_answer_withheld=True),
            record("nobody's", AT, status_code="ERROR", finish_reason="error"),
            record("dust", AT, 600_000, output_tokens=10_000, cost_usd="0.000000000001"),
            record("cut", AT, finish_reason="length", output_tokens=99, max_output_tokens=100, cost_usd="0.2"),
        ],
    )
    sources = gateway.root / "sources.yml"
    other = '  - name: other\n    adapter: canonical\n    files: "landing/other/{date}/{hour}/*"\n'
    sources.write_text(sources.read_text().replace("assessments:", other + "assessments:"))
    gateway.land(FIRST, [record("in both", AT, status_code="503")], name="more.jsonl")
    gateway.land(FIRST, [record("in both", AT)], name="other.jsonl", feed="other")
    gateway.run(FIRST)
    return gateway


def explained(gateway: Gateway, request_id: str) -> Explanation:
    with reading(gateway.root / "warehouse") as (con, _):
        return explain(con, None, request_id)


@pytest.mark.parametrize("request_id", EXPLAINED)
def test_a_decision_is_explained_in_a_sentence(decided: Gateway, request_id: str) -> None:
    assert explained(decided, request_id).sentence == EXPLAINED[request_id]


def test_every_rule_in_force_is_explained_with_its_signal_and_its_outcome(decided: Gateway) -> None:
    explanation = explained(decided, "failed")
    rules = {rule.rule_id: rule for rule in explanation.rules}
    assert list(rules) == ["SF-1", "UC-1", "UC-2", "UC-3", "UC-4", "UC-5", "HL-1", "HL-2", "HL-3", "HL-4", "HL-5"]
    assert [rule_id for rule_id, rule in rules.items() if rule.is_paid] == ["SF-1"]
    assert rules["UC-1"].outcome == "matched"
    assert rules["UC-1"].sentence == (
        "matched, as empty_completion was 1, which is >= 1; it would pay $0.02, and SF-1 comes before it"
    )
    assert rules["HL-2"].sentence == "latency_ratio was not observed"
    assert rules["HL-5"].sentence == "latency_ms was 1000, which is not >= 600000"
    assert explanation.signals["upstream_failed"] == Decimal(1)
    assert explanation.signals["assessment_score"] is None
    assert explained(decided, "crawling").payout_usd == Decimal("0.0041216")
    assert next(rule for rule in explained(decided, "cut").rules if rule.is_paid).rule_id == "UC-4"


@pytest.mark.parametrize(
    ("request_id", "rule_id", "sentence"),
    [
        ("embedded", "UC-1", "it is for chat, text_completion, responses, image_generation, speech, and this was embeddings"),
        ("embedded", "SF-1", "upstream_failed was 0, which is not >= 1"),
        ("spoken", "HL-5", "it is for chat, text_completion, responses, embeddings, image_generation, speech, transcription,"
         " rerank, moderation, and this was realtime"),
        ("compacted", "UC-1", "empty_completion was not observed: it ended with an unknown finish reason (compacted_away)"),
        ("held back", "UC-1", "empty_completion was not observed: the answer was redacted from the log"),
        ("nobody's", "SF-1", "upstream_failed was not observed: nobody can say whose fault the error was"),
    ],
)  # fmt: skip
def test_a_rule_that_does_not_apply_or_whose_signal_is_not_known_says_why(
    decided: Gateway, request_id: str, rule_id: str, sentence: str
) -> None:
    rules = {rule.rule_id: rule for rule in explained(decided, request_id).rules}
    assert rules[rule_id].sentence == sentence


def test_status_counts_requests_with_unknown_operations_and_finish_reasons(
    decided: Gateway, capfd: pytest.CaptureFixture[str]
) -> None:
    report = status(decided.root, decided.settings.sources)
    assert report.unknown_operations == UnknownWords(requests=2, words=1, named={"ocr_of_pages": 2})
    assert report.unknown_endings == UnknownWords(requests=1, words=1, named={"compacted_away": 1})
    print_status(report)
    out = capfd.readouterr().out
    assert "! 2 requests of the last 7 days (ocr_of_pages (2)) name an unknown operation: nothing is" in out
    assert (
        "! 1 requests of the last 7 days (compacted_away (1)) ended with an unknown finish reason: none of them is"
        in out
    )


def test_the_rules_evaluated_as_matched_are_those_stored_with_the_decision(decided: Gateway) -> None:
    differing = decided.query(
        "select request_id from fct_requests left join ("
        "   select source, request_id, string_agg(rule_id, ',' order by rule_id) as rule_ids"
        "   from mart_rule_evaluations where outcome = 'matched' group by source, request_id"
        ") using (source, request_id) where rule_ids is distinct from matched_rule_ids"
    )
    assert differing == []
    assert decided.query("select count(*) from fct_requests where matched_rule_ids is not null")[0][0] > 3


def test_an_unknown_request_id_and_one_used_by_two_sources_are_refused(decided: Gateway) -> None:
    with pytest.raises(MakegoodError, match="no published request has the id 'nobody'"):
        explained(decided, "nobody")
    with (
        reading(decided.root / "warehouse") as (con, _),
        pytest.raises(MakegoodError, match="no published request of elsewhere has"),
    ):
        explain(con, "elsewhere", "fine")
    with pytest.raises(
        MakegoodError, match="2 sources have a request 'in both': say --source gateway or --source other"
    ):
        explained(decided, "in both")
    with reading(decided.root / "warehouse") as (con, _):
        reasons = [explain(con, source, "in both").reason_code for source in ("gateway", "other")]
    assert reasons == ["compensated", "within_normal_range"]


def test_the_command_prints_the_explanation_or_json_with_amounts_as_text(
    decided: Gateway, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MAKEGOOD_HOME", str(decided.root))
    for arguments in (["explain", "failed"], ["explain", "failed", "--json"]):
        assert exit_code(*arguments) == 0
    table, answer = capfd.readouterr().out.rsplit("\n", 2)[:2]
    assert table.startswith(EXPLAINED["failed"])
    assert json.loads(answer)["payout_usd"] == "0.020000000000"
    assert json.loads(answer)["rules"][0]["sentence"] == "paid: upstream_failed was 1, which is >= 1"
