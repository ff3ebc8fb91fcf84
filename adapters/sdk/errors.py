"""What can go wrong with a call to an agency, named by what the hub does next. A refusal is a value, not an error.

    AdapterError
    ├── NotSentError          nothing left this machine: safe to try again
    ├── UncertainError        it may have arrived: obey the adapter's `repeat`
    │   └── BadReplyError     an answer came, but not one that the contract knows
    │       └── HostileReplyError   nor one that anybody sends in good faith: the same, and an alarm
    ├── BusyError             the agency says that it did nothing and asks to wait
    ├── MisconfiguredError    no try will help before a person mends the set-up: pause the lane, call someone
    │   └── NameTakenError    something else lies under the name of our file: ours does not lie there now
    └── CannotExpressError    the agency's wire cannot carry a field: hold, and let a person change it

    CallbackRefusedError      an incoming call that did not prove who it is, with the answer in the agency's own form
    UndecidedError            somebody tried to send without a decision: a defect, and nothing was sent

Texts of these errors reach logs and staff: they never hold a value of a document, a body, or a secret.
"""

from __future__ import annotations

from adapters.sdk.inbound import InboundReply

RECEIPT = "referral.receipt"
"""What a `CannotExpressError` names when a receipt (접수번호) is none of the agency's: a person mistyped it."""


class AdapterError(Exception):
    """Base of all that an adapter's verb may raise. The text is safe to log."""


class NotSentError(AdapterError):
    """Nothing left this machine (연결 실패, 기한 경과): trying again registers nobody twice."""


class UncertainError(AdapterError):
    """The agency may have accepted (결과 불명): never resend blind."""


class BadReplyError(UncertainError):
    """An answer came that the contract does not know (형식 오류, 점검 화면): to a write it proves nothing."""


class HostileReplyError(BadReplyError):
    """An answer made to harm its reader (DTD, 엔티티): as unknown as any bad reply, and logged as an alarm."""


class BusyError(AdapterError):
    """The agency documents that it did nothing and asks to wait.

    `retry_after_seconds` is its own wish, or None if it named none.
    """

    def __init__(self, text: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(text)
        self.retry_after_seconds = retry_after_seconds


class MisconfiguredError(AdapterError):
    """Our set-up is wrong for this agency (인증서, 기관코드, 주소): the lane is paused and a person called."""


class NameTakenError(MisconfiguredError):
    """What lies under the name of our file is not our file: two installations, a restored store, a link (이름 충돌)."""


class CannotExpressError(AdapterError):
    """The agency's wire cannot carry a field; nothing is dropped in silence.

    `path` is the field path of the common schema, or `RECEIPT`; `why` says what to change, in words that staff
    understand.
    """

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why


class CallbackRefusedError(Exception):
    """An incoming call is not the agency's (서명, 시각): answered with `reply`, and nothing is taken from it."""

    def __init__(self, text: str, reply: InboundReply) -> None:
        super().__init__(text)
        self.reply = reply


class UndecidedError(RuntimeError):
    """A transport was called without a decision of the hub's policy, or with one that is forged, foreign or spent."""
