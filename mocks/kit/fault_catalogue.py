"""The fault catalogue: every way in which a mock can misbehave, by name, and whether the business act happens.

Only the descriptions live here: `faults` decides when one strikes, `breakage` what it does to the bytes, `callbacks`
what it does to callbacks. `GET /_mock/faults` publishes this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Moment(StrEnum):
    """When a fault can strike."""

    CONNECT = "connect"
    """Before a byte: it is a state and not an event, so it has neither rate nor times, and is not counted."""
    HEAD = "head"
    """As soon as the request line names the agency; the operation is not known yet."""
    REQUEST = "request"
    """When the whole request is there."""
    CALLBACK = "callback"
    """When the agency queues a callback."""
    FILE_IN = "file_in"
    """When a batch agency takes a file in."""
    FILE_OUT = "file_out"
    """When a batch agency lays a file down."""


class LineKind(StrEnum):
    """The kinds of lines that agencies have."""

    HTTP = "http"
    TELEGRAM = "telegram"
    FILES = "files"


CALLS = frozenset({LineKind.HTTP, LineKind.TELEGRAM})
"""The lines on which an agency is asked and answers."""
HTTP_ONLY = frozenset({LineKind.HTTP})
"""For what telegrams have not: a status, headers, a label of the encoding, XML or JSON."""


class By(StrEnum):
    """Who carries a fault out."""

    KIT = "kit"
    AGENCY = "agency"
    """The agency's own code, since it takes its keys or its message formats (`HttpMock.own_faults`)."""


@dataclass(frozen=True)
class FaultKind:
    """One entry of the catalogue."""

    name: str
    acts: bool
    """Whether the agency handles the request, so that the business act happens (if the request is a good one).

    A callback tells of a step that has happened, whatever becomes of the callback.
    """
    what: str
    moment: Moment = Moment.REQUEST
    by: By = By.KIT
    seconds: float | None = None
    """The default of the rule's `seconds`, where the fault has a duration; None where it has none."""
    lines: frozenset[LineKind] = CALLS
    """The kinds of lines that can have it; an agency on another line cannot be set to it."""

    def as_json(self) -> Mapping[str, Any]:
        """Return the entry as it stands in `GET /_mock/faults`."""
        return {
            "name": self.name,
            "what": self.what,
            "business_act_happens": self.acts,
            "strikes_at": self.moment.value,
            "carried_out_by": self.by.value,
            "seconds": self.seconds,
            "lines": sorted(self.lines),
        }


_BEFORE_ACCEPTANCE = (
    FaultKind(
        "refuse_connection",
        acts=False,
        moment=Moment.CONNECT,
        lines=frozenset(LineKind),
        what="As long as this is set nobody listens on the agency's own port (`own_url` in GET /_mock/agencies), and "
        "its connections are closed. The shared port cannot refuse one agency only: there the connection is reset as "
        "soon as the request line names it. Only for operation *, without rate and times.",
    ),
    FaultKind(
        "reset_while_sending",
        acts=False,
        moment=Moment.HEAD,
        what="The connection is reset as soon as the request line names the agency; the body, which may be on its way "
        "still, is not read. Only for operation *.",
    ),
    FaultKind("reset_before_acceptance", acts=False, what="The whole request is read, then the connection is reset."),
    FaultKind("no_answer", acts=False, what="The whole request is read, then silence until the caller leaves."),
    FaultKind(
        "maintenance_page",
        acts=False,
        what="An HTML maintenance page in EUC-KR (시스템 점검 안내) with status 200; for a telegram, its bytes alone.",
    ),
    FaultKind("busy_429", acts=False, lines=HTTP_ONLY, what="429, empty, without Retry-After."),
    FaultKind(
        "busy_429_retry_after", acts=False, lines=HTTP_ONLY, seconds=1, what="429, empty; `seconds` is the Retry-After."
    ),
    FaultKind("busy_503", acts=False, lines=HTTP_ONLY, what="503, empty, without Retry-After."),
    FaultKind(
        "busy_503_retry_after", acts=False, lines=HTTP_ONLY, seconds=1, what="503, empty; `seconds` is the Retry-After."
    ),
)

_AFTER_ACCEPTANCE = (
    FaultKind("accept_then_lose_reply", acts=True, what="The connection is closed without a byte of the answer."),
    FaultKind("reset_after_acceptance", acts=True, what="The connection is reset without a byte of the answer."),
    FaultKind(
        "accept_then_hide",
        acts=True,
        seconds=45,
        what="The answer is lost, and look-ups do not show the act until `seconds` of business time have passed.",
    ),
    FaultKind(
        "slow_drip",
        acts=True,
        seconds=0.5,
        what="The body comes byte by byte, with `seconds` of wall time in between.",
    ),
    FaultKind("cut_short", acts=True, what="Half of the announced body, then the connection is closed."),
    FaultKind(
        "wrong_content_length", acts=True, what="Content-Length, or the length prefix, announces less than follows."
    ),
    FaultKind("truncated_body", acts=True, what="Half of the body, announced as if it were the whole."),
    FaultKind("empty_200", acts=True, what="200 with an empty body, or a telegram of length 0000."),
    FaultKind("empty_202", acts=True, lines=HTTP_ONLY, what="202 with an empty body."),
    FaultKind(
        "mislabelled_encoding",
        acts=True,
        lines=HTTP_ONLY,
        what="The body in CP949, with 똠방각하 in it, under headers and declarations that say UTF-8.",
    ),
    FaultKind(
        "wrong_encoding",
        acts=True,
        what="The body in CP949 labelled EUC-KR, with syllables that true EUC-KR lacks (똠방각하); telegrams in UTF-8.",
    ),
    FaultKind(
        "gzip_bomb", acts=True, lines=HTTP_ONLY, what="Content-Encoding gzip: 64 KiB that become 64 MiB of white space."
    ),
    FaultKind(
        "deep_nesting", acts=True, lines=HTTP_ONLY, what="20,000 arrays (JSON) or elements (XML) one inside the other."
    ),
    FaultKind(
        "dtd_entity",
        acts=True,
        lines=HTTP_ONLY,
        what="XML with a DTD, entities that grow by a billion, and an external one.",
    ),
)

_BY_THE_AGENCY = (
    FaultKind(
        "agency_fault_200",
        acts=False,
        by=By.AGENCY,
        what="A technical failure in the agency's own form (a SOAP Fault, an error envelope) with status 200.",
    ),
    FaultKind("agency_fault_500", acts=False, by=By.AGENCY, what="The same with status 500."),
    FaultKind(
        "agency_fault_after_acceptance",
        acts=True,
        by=By.AGENCY,
        what="The same technical failure, though the act has happened.",
    ),
    FaultKind("unsigned_fault", acts=True, by=By.AGENCY, what="The agency's refusal in its own form, but unsigned."),
    FaultKind("unsigned_reply", acts=True, by=By.AGENCY, what="The honest answer without its signature."),
    FaultKind("wrongly_signed_reply", acts=True, by=By.AGENCY, what="The answer was changed after it was signed."),
    FaultKind("foreign_signed_reply", acts=True, by=By.AGENCY, what="The answer is signed by a foreign CA's key."),
    FaultKind("stale_reply", acts=True, by=By.AGENCY, what="The answer's time stamp is an hour old."),
    FaultKind("other_operation_reply", acts=True, by=By.AGENCY, what="A valid answer, but of another operation."),
    FaultKind("late_result", acts=True, by=By.AGENCY, what="A look-up answers as if nothing were decided yet."),
    FaultKind("duplicate_result", acts=True, by=By.AGENCY, what="A look-up answers with each result row twice."),
    FaultKind("out_of_order_result", acts=True, by=By.AGENCY, what="A look-up answers with the rows out of order."),
)

_ON_CALLBACKS = (
    FaultKind("duplicate_callback", acts=True, moment=Moment.CALLBACK, what="The callback is sent twice."),
    FaultKind(
        "late_callback",
        acts=True,
        moment=Moment.CALLBACK,
        seconds=60,
        what="The callback leaves `seconds` of business time late; later ones overtake it.",
    ),
    FaultKind(
        "out_of_order_callback",
        acts=True,
        moment=Moment.CALLBACK,
        seconds=60,
        what="The callback leaves right after the agency's next one, or after `seconds` of business time.",
    ),
)

CATALOGUE: Mapping[str, FaultKind] = {
    kind.name: kind for kind in (*_BEFORE_ACCEPTANCE, *_AFTER_ACCEPTANCE, *_BY_THE_AGENCY, *_ON_CALLBACKS)
}
"""Every fault by its name."""
