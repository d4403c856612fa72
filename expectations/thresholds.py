"""The limits of all audits, each with what it limits and the reason for its value.

A *block* limit stops the publication, because the numbers cannot be trusted. A *hold* limit is about money that is
surprising and may be right: it is published, and the request dates concerned are not settled until a person accepts it.
A *warn* limit only shows a warning. Block and hold limits are far outside the worst hour of a healthy gateway, because a
check with false alarms is soon switched off. Warn limits are near the edge of normal.
"""

from typing import Final

# --- Minimum amounts of data ------------------------------------------------------------------------------

# A share of fewer requests is not meaningful: out of 200, a single request is half a per cent.
MIN_REQUESTS: Final = 200
# The same for shares of compensations.
MIN_COMPENSATIONS: Final = 200
# History is the same hour of the day on this many days before, so that night is compared with night.
HISTORY_DAYS: Final = 7
# A median of fewer hours could be distorted by a single unusual day.
MIN_HISTORY_HOURS: Final = 3
# An hour this far before the newest landing hour is complete, if the gateway ships its logs within that time. The
# lower volume limit applies only to complete hours, the upper limit to all.
SETTLED_AFTER_HOURS: Final = 6
# An hour's payouts are compared with history only where the median payout is at least this: below it, a single refund
# would look like a surge.
MIN_TYPICAL_PAYOUT_USD: Final = 10

# --- Volume: this hour divided by the median of its history -------------------------------------------------

# Below a tenth, a feed was probably cut off: weekends, nights and holidays change an hour by a factor of 2 to 4.
VOLUME_RATIO_MIN: Final = 0.1
# Above ten times, a feed was probably delivered under two names, or a wrong clock put a whole day into one hour.
VOLUME_RATIO_MAX: Final = 10
# Above ten times the usual payout, a rule or a price is probably wrong. A real outage can also cause it, so a person
# must look.
PAYOUT_RATIO_HOLD: Final = 10

# --- Landing -----------------------------------------------------------------------------------------------

# A changed format makes most lines of its kind unreadable; the usual noise (truncated lines, wrong clocks) is below 1 %.
QUARANTINED_SHARE_WARN: Final = 0.01
QUARANTINED_SHARE_BLOCK: Final = 0.1
# Redeliveries and retries of a healthy gateway supersede a few per cent of the deliveries; half of them means that a
# feed is read twice.
SUPERSEDED_SHARE_WARN: Final = 0.5

# --- Requests ----------------------------------------------------------------------------------------------

# A gateway ends every call within hours; more than a day is a wrong unit (µs read as ms) or a wrong clock.
LATENCY_MS_MAX: Final = 86_400_000
# The largest context window on offer is 10 M tokens, and no completion comes near 1 M.
INPUT_TOKENS_MAX: Final = 10_000_000
OUTPUT_TOKENS_MAX: Final = 1_000_000
# The most expensive model with its largest context costs hundreds of USD; more than 1,000 is a wrong unit.
COST_USD_MAX: Final = 1_000
# A single request above these limits is only a warning; more than one in a hundred means a wrong unit.
ABSURD_SHARE_BLOCK: Final = 0.01
# In an outage every call can fail. That is shown, but it must not stop the publication of what is owed for it.
ERROR_SHARE_WARN: Final = 0.2
# Without a cost nothing can be paid back. A few new models without a price are normal; half of the traffic means that
# the prices are missing.
UNPRICED_SHARE_WARN: Final = 0.1
UNPRICED_SHARE_BLOCK: Final = 0.5
# Without an account nothing can be posted. Some gateways have no accounts, so this is only a warning.
UNKNOWN_ACCOUNT_SHARE_WARN: Final = 0.1
# Without latency no slow request can be found: if an adapter lost the field, every hour would look healthy.
MISSING_LATENCY_SHARE_WARN: Final = 0.05
MISSING_LATENCY_SHARE_BLOCK: Final = 0.5

# --- Compensations -----------------------------------------------------------------------------------------

# The policy's largest cap is 25 USD, and a full refund is at most the cost of one call; 100 is four times the cap.
PAYOUT_USD_HOLD: Final = 100
# Healthy hours compensate a few per cent of the requests; more than half is presumed to be a wrong policy.
COMPENSATED_SHARE_WARN: Final = 0.1
COMPENSATED_SHARE_HOLD: Final = 0.5
# Payouts divided by all costs of the hour: paying back half of the revenue needs review before it is posted.
PAYOUT_SHARE_WARN: Final = 0.1
PAYOUT_SHARE_HOLD: Final = 0.5
# Change of a compensation type's share of the compensations against the 7 days before: a detector probably changed.
TYPE_SHARE_CHANGE_WARN: Final = 0.5

# --- Drift: a day's share minus the share of the 7 days before, per model or detector -------------------------

# Per model: compensating a tenth of all requests more than usual means an outage, a new fault, or a wrong rule.
COMPENSATED_SHARE_CHANGE_WARN: Final = 0.1
# Per model, payouts divided by cost: half of the limit for a whole hour.
PAYOUT_SHARE_CHANGE_WARN: Final = 0.05
# A model that loses its price loses it for all requests; a fifth allows for new variants under the same name.
UNPRICED_SHARE_CHANGE_WARN: Final = 0.2
# If a detector's share of unsatisfactory answers changes by a fifth, either the detector or its input was changed.
UNSATISFACTORY_SHARE_CHANGE_WARN: Final = 0.2
