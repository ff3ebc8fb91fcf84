"""Whether a consent's recipient is anybody that this hub could ever send to. Pure: a slip is told at once, not held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.sdk import Verb
from hub.agencies import Agency
from hub.settings import Route
from schemas.consent import Consent, ConsentType
from schemas.regions import MUNICIPALITIES
from schemas.services import ServiceCode

_OFFICES = frozenset(municipality.org_code for municipality in MUNICIPALITIES)


class UnknownRecipientError(Exception):
    """Consents name recipients that there are not: their positions, and the slugs that there are."""

    def __init__(self, positions: tuple[int, ...], known: tuple[str, ...]) -> None:
        super().__init__(f"{len(positions)} unknown recipients")
        self.positions = positions
        self.known = known


def check_recipients(
    consents: Sequence[Consent],
    services: Mapping[ServiceCode, Sequence[Route]],
    agencies: Mapping[str, Agency],
) -> None:
    """Check that every consent names an agency that is installed or in the map of services, and an office it can have.

    A consent to collection (수집·이용) is between client and centre, and may name anybody.

    Raises:
        UnknownRecipientError: one does not.
    """
    known = {*agencies, *(rule.agency for rules in services.values() for rule in rules)}
    unknown = tuple(
        position
        for position, consent in enumerate(consents)
        if consent.type is not ConsentType.COLLECTION and not _is_known(consent.recipient, known, agencies)
    )
    if unknown:
        raise UnknownRecipientError(unknown, tuple(sorted(known)))


def _is_known(recipient: str, known: set[str], agencies: Mapping[str, Agency]) -> bool:
    slug, _, office = recipient.partition(":")
    if slug not in known:
        return False
    has_offices = slug in agencies and Verb.OFFICE_FOR in agencies[slug].verbs
    return not (office and has_offices) or office in _OFFICES
