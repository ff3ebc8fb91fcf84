"""What a caller may do with a referral, by the status that it is in. Pure: the table behind every 409."""

from __future__ import annotations

from enum import StrEnum

from hub.routing.grounds import Grounds
from hub.routing.holds import Hold
from hub.routing.routing import RoutingReason
from schemas.status import BUSINESS_TRANSITIONS, BusinessStatus, DeliveryStatus


class Step(StrEnum):
    """A step that a person or a centre application takes; the last part of its route."""

    CANCEL = "cancel"
    PAUSE = "pause"
    RESUME = "resume"
    RETRY = "retry"
    RESOLVE = "resolve"
    OVERRIDE = "override"
    ACKNOWLEDGE = "acknowledge"
    SUPPLEMENT = "supplement"
    CLOSE = "close"


class UnknownIdError(LookupError):
    """There is no such thing, or it is another centre's: the two are answered alike."""


class IllegalStepError(Exception):
    """The step cannot be taken now. `current` is the status, `legal` the steps that can, `why` a code, if one says."""

    def __init__(self, current: str, legal: tuple[Step, ...], why: str | None = None) -> None:
        super().__init__(f"not a legal step from {current}")
        self.current = current
        self.legal = legal
        self.why = why


class ReceiptFormError(Exception):
    """What was typed is none of the agency's receipts. `form` is theirs: a regular expression of the whole."""

    def __init__(self, form: str) -> None:
        super().__init__("not of the form of the agency's receipts")
        self.form = form


TELL_BY_HAND = "tell_agency_by_hand"
"""The reason of a delivered referral that a person must take back at its agency, and has not yet."""


RECEIPT_WRONG = "receipt_wrong"
"""The reason of a delivered referral that nobody can be asked about: what a person typed is none of its receipts."""


class SupplementReason(StrEnum):
    """The reason of a delivered referral while its last supplement (보완) decides what is to be done next."""

    ON_ITS_WAY = "supplement_on_its_way"
    WITHHELD = "supplement_withheld"
    """No consent carries what it says, or a field is missing."""
    CANNOT_EXPRESS = "supplement_cannot_express"
    ANSWER_LOST = "supplement_answer_lost"
    PERSON_DECIDES = "supplement_person_decides"
    FAILED = "supplement_failed"
    REFUSED = "supplement_refused"
    """The agency did not take it: another may be handed in."""
    ACKNOWLEDGED = "supplement_acknowledged"
    """The agency took it, and has said nothing since."""


class VerificationReason(StrEnum):
    """Why a referral is not sent yet of which a rule says that its agency is to be asked first (자격 확인)."""

    ON_ITS_WAY = "verification_on_its_way"
    NOT_ELIGIBLE = "verification_not_eligible"
    NOT_RESIDENT = "verification_not_resident"
    IDENTITY_MISMATCH = "verification_identity_mismatch"
    REFUSED = "verification_refused"
    """The agency did not answer the question, for some other reason."""
    UNDETERMINED = "verification_undetermined"
    WITHOUT_CONSENT = "verification_without_consent"
    """No consent carries what the question says: the referral itself may need less."""
    WITHOUT_STATUTE = "verification_without_statute"
    FIELD_MISSING = "verification_field_missing"
    CANNOT_EXPRESS = "verification_cannot_express"
    NOT_OFFERED = "verification_not_offered"
    """The agency cannot be asked, or no longer."""
    FAILED = "verification_failed"
    """It was asked for long enough, and no answer came."""
    DEFECT = "verification_defect"


_ANSWERED_FOR_GOOD = frozenset({
    VerificationReason.NOT_ELIGIBLE, VerificationReason.NOT_RESIDENT, VerificationReason.IDENTITY_MISMATCH,
    VerificationReason.REFUSED,
})  # fmt: skip
"""Asked again, the agency says the same."""
NOT_VERIFIED = frozenset(VerificationReason) - {VerificationReason.ON_ITS_WAY}
"""Reasons for which a referral waits that a rule wants verified first; a counsellor may decide against the rule."""
VERIFICATION_WITHHELD = frozenset({
    VerificationReason.WITHOUT_CONSENT, VerificationReason.WITHOUT_STATUTE, VerificationReason.FIELD_MISSING,
})  # fmt: skip
"""Those for which the agency was not asked: a new consent, or a law, may change that."""

LASTING = frozenset({TELL_BY_HAND, RECEIPT_WRONG, *SupplementReason})
"""Reasons of a delivered referral that stay said however often the agency is asked meanwhile."""

OVERRIDABLE = frozenset({*Hold, *_ANSWERED_FOR_GOOD})
"""Reasons to hold that a counsellor may decide against, and that trying again cannot mend."""

UNROUTED = frozenset(RoutingReason)
"""Reasons to hold that trying again cannot mend: once the configuration knows the way, the centre refers anew."""

RETRY_OFF = "retry_off"
"""Why something is not tried again: its agency's retries are turned off."""

PAUSED = "paused_by_person"
"""Why nothing is sent or asked about a referral though it is due: somebody stopped it."""


def rules_behind(reason: str | None, grounds: Grounds | None) -> tuple[str, ...]:
    """Return the ids of the rules for which a referral stays here by this reason; none if it is not about rules."""
    if grounds is None:
        return ()
    if reason == Hold.RULE_NOT_MET:
        return grounds.unmet
    return grounds.to_verify if reason in set(VerificationReason) else ()


_STEPS: dict[DeliveryStatus, tuple[Step, ...]] = {
    DeliveryStatus.PENDING: (Step.PAUSE, Step.CANCEL),
    DeliveryStatus.HELD: (Step.RETRY, Step.CANCEL, Step.CLOSE),
    DeliveryStatus.SENDING: (),
    DeliveryStatus.HANDED_OVER: (Step.CANCEL,),
    DeliveryStatus.DELIVERED: (),
    DeliveryStatus.REFUSED: (Step.CLOSE,),
    DeliveryStatus.UNKNOWN: (Step.PAUSE, Step.RESOLVE),
    DeliveryStatus.FAILED: (Step.RETRY, Step.CANCEL, Step.CLOSE),
    DeliveryStatus.CANCELLED: (Step.CLOSE,),
}

_SUPPLEMENT_STEPS: dict[str, tuple[Step, ...]] = {
    SupplementReason.ON_ITS_WAY: (Step.CANCEL,),
    SupplementReason.WITHHELD: (Step.RETRY, Step.CANCEL),
    SupplementReason.CANNOT_EXPRESS: (Step.CANCEL,),
    SupplementReason.ANSWER_LOST: (Step.RESOLVE,),
    SupplementReason.PERSON_DECIDES: (Step.RESOLVE,),
    SupplementReason.FAILED: (Step.RETRY, Step.CANCEL),
    SupplementReason.ACKNOWLEDGED: (),
    TELL_BY_HAND: (Step.ACKNOWLEDGE,),
    RECEIPT_WRONG: (Step.RESOLVE,),
}
"""What may be done about the supplement of a delivered referral; where nothing stands, another may be handed in."""

OF_SUPPLEMENT = frozenset({Step.CANCEL, Step.RETRY, Step.RESOLVE})
"""The steps that are about its supplement once the referral itself is delivered."""


def legal_steps(
    delivery: DeliveryStatus,
    business: BusinessStatus | None,
    reason: str | None,
    *,
    closed: bool,
    supplements: bool = False,
) -> tuple[Step, ...]:
    """Return the steps that may be taken now.

    `closed`: an outcome code was given already; `supplements`: the agency can be sent more than the referral.
    What became of a delivered referral is told by its business status; an outcome that the agency gave closes nothing.
    """
    if delivery is DeliveryStatus.DELIVERED:
        may_close = business is not None and BusinessStatus.CLOSED in BUSINESS_TRANSITIONS[business]
        asked = supplements and business is BusinessStatus.SUPPLEMENT_REQUESTED
        owed = _SUPPLEMENT_STEPS.get(reason or "", (Step.SUPPLEMENT,) if asked else ())
        return (*owed, Step.CLOSE) if may_close else owed
    steps = _STEPS[delivery]
    if delivery is DeliveryStatus.HELD and reason in OVERRIDABLE:
        steps = (Step.OVERRIDE, Step.CANCEL, Step.CLOSE)
    if delivery is DeliveryStatus.HELD and reason in UNROUTED:
        steps = (Step.CANCEL, Step.CLOSE)
    if reason in NOT_VERIFIED - _ANSWERED_FOR_GOOD:
        steps = (Step.RETRY, Step.OVERRIDE, Step.CANCEL, Step.CLOSE)
    if reason == PAUSED:
        steps = tuple(Step.RESUME if step is Step.PAUSE else step for step in steps)
    elif reason == "person_decides":  # nothing is sent or asked any more that could be stopped
        steps = tuple(step for step in steps if step is not Step.PAUSE)
    return tuple(step for step in steps if not (closed and step is Step.CLOSE))
