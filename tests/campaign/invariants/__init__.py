"""What holds in every run, whatever goes wrong: each a function of a finished stage that yields what is amiss."""

from campaign.invariants.afterwards import lives_again
from campaign.invariants.answers import no_answer_from_nowhere, one_answer
from campaign.invariants.bindings import table_is_the_log
from campaign.invariants.conservation import as_it_was_sent, conservation
from campaign.invariants.endings import bye_ends_it, definite_end, verdicts_fit
from campaign.invariants.keeping import keeps_to_the_rfcs, same_again
from campaign.invariants.logins import only_the_invited
from campaign.invariants.outcomes import at_most_once, one_outcome
from campaign.invariants.rest import nothing_left, soon_at_rest
from campaign.invariants.traffic import few_messages, no_storm, nothing_made_up

INVARIANTS = (
    conservation, as_it_was_sent, one_outcome, at_most_once, definite_end, bye_ends_it, verdicts_fit, soon_at_rest,
    no_storm, few_messages, nothing_made_up, table_is_the_log, no_answer_from_nowhere, one_answer, only_the_invited,
    lives_again, keeps_to_the_rfcs, nothing_left,
)  # fmt: skip
"""In this order: the last one drains the lab."""

__all__ = ["INVARIANTS", "same_again"]
