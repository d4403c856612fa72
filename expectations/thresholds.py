"""Every limit that an audit judges by, what it judges and why it has this value. Nothing else holds a limit.

A *block* limit stops publication; a *warn* limit only shows. Blocks sit far outside what a healthy gateway
does in its worst hour, for a block that cries wolf is soon switched off; warnings sit near the edge.
"""

from typing import Final

# --- When there is enough to judge ------------------------------------------------------------------------

# A share of fewer requests says nothing: among 200, one request is half a per cent.
MIN_REQUESTS: Final = 200
# Likewise for shares among compensations.
MIN_COMPENSATIONS: Final = 200
# History is the same hour of the day in this many days before, so that night is compared with night.
HISTORY_DAYS: Final = 7
# A median of fewer hours is one day's accident.
MIN_HISTORY_HOURS: Final = 3
# An hour this far behind the newest landing hour is complete for any gateway that ships within it; only a
# complete hour can be too small, while any hour can be too big.
SETTLED_AFTER_HOURS: Final = 6
# An hour's payouts count against history only where that paid at least this: below, one refund is a surge.
MIN_TYPICAL_PAYOUT_USD: Final = 10

# --- Volume: this hour over the median of its history ------------------------------------------------------

# A tenth: a feed was cut off. Weekends, nights and holidays move hours by a factor of 2 to 4.
VOLUME_RATIO_MIN: Final = 0.1
# Ten times: a feed was delivered under two names, or a clock put a day into an hour.
VOLUME_RATIO_MAX: Final = 10
# Ten times the usual payout: a rule or a price slipped. A real outage can pay it too: a human looks.
PAYOUT_RATIO_MAX: Final = 10

# --- Landing -----------------------------------------------------------------------------------------------

# A format that changed breaks most lines of its kind; steady noise (cut lines, absurd clocks) is below 1 %.
QUARANTINED_SHARE_WARN: Final = 0.01
QUARANTINED_SHARE_BLOCK: Final = 0.1
# Redelivery and retries of a healthy gateway supersede a few per cent; half means that a feed is read twice.
SUPERSEDED_SHARE_WARN: Final = 0.5

# --- Requests ----------------------------------------------------------------------------------------------

# A gateway ends every call within hours; more than a day is a unit error (µs as ms) or a broken clock.
LATENCY_MS_MAX: Final = 86_400_000
# The largest context window on sale is 10 M tokens; no completion comes near 1 M.
INPUT_TOKENS_MAX: Final = 10_000_000
OUTPUT_TOKENS_MAX: Final = 1_000_000
# The dearest model at its largest context costs hundreds of USD; above 1,000 a unit is mistaken.
COST_USD_MAX: Final = 1_000
# One such request is an oddity that is shown; more than one in a hundred is a mistaken unit.
ABSURD_SHARE_BLOCK: Final = 0.01
# An outage can fail every call, truly: shown, and never a reason to hide what is owed for it.
ERROR_SHARE_WARN: Final = 0.2
# Without a cost nothing can be paid back: a few new models are usual, half the traffic is a lost price feed.
UNPRICED_SHARE_WARN: Final = 0.1
UNPRICED_SHARE_BLOCK: Final = 0.5
# Without an account nothing can be posted; gateways without accounts exist, so it is shown and not blocked.
UNKNOWN_ACCOUNT_SHARE_WARN: Final = 0.1
# Without latency no slowness can be found; an adapter that lost the field would make every hour look fine.
MISSING_LATENCY_SHARE_WARN: Final = 0.05
MISSING_LATENCY_SHARE_BLOCK: Final = 0.5

# --- Compensations -----------------------------------------------------------------------------------------

# The policy's largest cap is 25 USD and a full refund is at most one call's cost: 100 is four times either.
PAYOUT_USD_MAX: Final = 100
# Healthy hours compensate a few per cent; more than half of all is a mistaken policy until shown otherwise.
COMPENSATED_SHARE_WARN: Final = 0.1
COMPENSATED_SHARE_BLOCK: Final = 0.5
# Payouts over all cost of the hour: whoever hands back half of the revenue wants to look first.
PAYOUT_SHARE_WARN: Final = 0.1
PAYOUT_SHARE_BLOCK: Final = 0.5
# A compensation type whose share among compensations moved by this much against 7 days: a detector changed.
TYPE_SHARE_CHANGE_WARN: Final = 0.5

# --- Drift: a day's share against the 7 days before, of one model or one detector ----------------------------

# Of a model: a tenth of all requests more compensated than usual is an outage, a new fault, or a mistaken rule.
COMPENSATED_SHARE_CHANGE_WARN: Final = 0.1
# Payouts over cost: half of the limit for an hour as a whole.
PAYOUT_SHARE_CHANGE_WARN: Final = 0.05
# A model that loses its price loses it for all requests; a fifth leaves room for new variants under one name.
UNPRICED_SHARE_CHANGE_WARN: Final = 0.2
# A detector that finds a fifth more, or less, of what it sees was changed, or what it looks at was.
UNSATISFACTORY_SHARE_CHANGE_WARN: Final = 0.2
