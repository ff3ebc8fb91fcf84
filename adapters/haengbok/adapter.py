"""Haengbok: what 행복e음 is to the hub, and the verbs that its contract has.

A verb writes, calls once and reads; meanings live in `codes`, elements in `mapping`, SOAP in the sdk.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import ClassVar

from adapters.haengbok import codes
from adapters.haengbok.mapping import (
    FIELDS,
    REGISTER,
    SUPPLEMENT,
    VERIFY,
    Content,
    found,
    register_content,
    registered,
    reported,
    supplement_content,
    verified,
    verify_content,
)
from adapters.haengbok.settings import HaengbokSettings
from adapters.sdk import (
    RECEIPT,
    Acknowledged,
    Adapter,
    AdapterSettings,
    BadReplyError,
    CannotExpressError,
    Delivered,
    FindOrder,
    Found,
    HttpEndpoint,
    MisconfiguredError,
    NotFound,
    Profile,
    RefusalReason,
    Refused,
    Repeat,
    StatusOrder,
    StatusReport,
    SubmitOrder,
    SupplementOrder,
    UncertainError,
    Verb,
    Verified,
    VerifyOrder,
    WireKey,
    Wires,
    WithdrawOrder,
)
from adapters.sdk.kst import to_kst_day, to_kst_milli
from adapters.sdk.transports.soap import FaultSide, SoapFault, SoapRules
from adapters.sdk.transports.soap_contract import BreachError, SoapContract, SoapOperation
from adapters.sdk.transports.wsse import WsSecurity

AnyOrder = SubmitOrder | VerifyOrder | SupplementOrder | FindOrder | StatusOrder | WithdrawOrder

_RULES = SoapRules(
    tie="transactionUniqueId",
    fault_detail="{urn:naru:haengbok:referral:1}serviceFault",
    refused_statuses=frozenset({405, 413, 415}),
)
_REFERRAL, _ELIGIBILITY = "Referral", "ReductionBscLivYn"
_PATHS = {
    _REFERRAL: "/referral/ReferralService",
    _ELIGIBILITY: "/cmc/ynservice/swsdn/ReductionBscLivYnService",
}
"""Service → where it listens under `base_url`."""


@cache
def contract() -> SoapContract:
    """Return the contract, read once in a process."""
    return SoapContract(Path(str(files("schemas"))) / "agencies" / "haengbok" / "haengbok.wsdl")


@cache
def _operation(service: str, name: str) -> SoapOperation:
    return contract().operation(f"{service}Service", f"{service}Soap11", name)


class Haengbok(Adapter[HaengbokSettings]):
    """행복e음(사회보장정보시스템): SOAP 1.1 with a common header, signed by WS-Security X.509.

    A second registration under the same key is a second registration: after a lost answer `find` decides.
    """

    profile: ClassVar[Profile] = Profile(
        slug="haengbok",
        title="행복e음(사회보장정보시스템)",
        wire="SOAP 1.1, WS-Security X.509",
        contract_basis="mixed",
        services=frozenset(codes.SERVICES),
        discloses=REGISTER.discloses,
        requires=REGISTER.requires,
        narrower={Verb.VERIFY: VERIFY, Verb.SUPPLEMENT: SUPPLEMENT},
        repeat=Repeat.LOOKUP,
        settling_seconds=60.0,
        wire_key=WireKey(width=25),
        receipt=r"HB[0-9]{15}",
    )
    settings_type: ClassVar[type[AdapterSettings]] = HaengbokSettings

    def __init__(self, settings: HaengbokSettings, wires: Wires) -> None:
        super().__init__(settings, wires)
        endpoint = HttpEndpoint(settings.base_url, settings.timeout_seconds, settings.max_reply_bytes)
        self._wire = wires.soap(endpoint, contract(), _security(settings), _RULES)

    async def submit(self, order: SubmitOrder) -> Delivered | Refused:
        """의뢰등록."""
        content = {
            "linkReqNo": order.wire_key,
            "reqDeptCd": self.settings.org_code,
            **register_content(order.document),
        }
        answer = await self._call(_REFERRAL, "register", order, content)
        return answer if isinstance(answer, Refused) else registered(answer, order.wire_key)

    async def find(self, order: FindOrder) -> Found | NotFound:
        """접수조회 by our key."""
        answer = await self._call(_REFERRAL, "find", order, {"linkReqNo": order.wire_key})
        return found(_asked(answer), order.wire_key)

    async def status(self, order: StatusOrder) -> StatusReport:
        """처리결과조회 by receipt."""
        answer = await self._call(_REFERRAL, "result", order, {"rcptNo": order.receipt})
        return reported(_asked(answer), order.wire_key, order.receipt)

    async def withdraw(self, order: WithdrawOrder) -> Acknowledged | Refused:
        """의뢰철회. A withdrawn one is withdrawn again with the same answer."""
        content = {"wtdrRsnCd": codes.WITHDRAWALS[order.reason], "wtdrDt": to_kst_day(order.sent_at)}
        return await self._change("withdraw", order, content)

    async def supplement(self, order: SupplementOrder) -> Acknowledged | Refused:
        """보완제출: the opinion, as text."""
        content = {**supplement_content(order.document), "spplDt": to_kst_day(order.sent_at)}
        return await self._change("supplement", order, content)

    async def verify(self, order: VerifyOrder) -> Verified | Refused:
        """기초생활수급자 사실여부 by name and RRN."""
        content = {
            "ReqOrgCd": self.settings.org_code,
            "ReqBizCd": self.settings.business_code,
            **verify_content(order.document),
        }
        answer = await self._call(_ELIGIBILITY, "getReductionBscLivYn", order, content)
        return answer if isinstance(answer, Refused) else verified(answer)

    async def _change(
        self, operation: str, order: WithdrawOrder | SupplementOrder, content: Content
    ) -> Acknowledged | Refused:
        answer = await self._call(
            _REFERRAL, operation, order, {"rcptNo": order.receipt, "linkReqNo": order.wire_key, **content}
        )
        if isinstance(answer, Refused):
            return answer
        code = answer["rtnCd"]
        if answer["rcptNo"] != order.receipt or code not in {codes.DONE, *codes.CHANGE_REFUSALS}:
            raise BadReplyError(f"haengbok: {operation} was answered by {code}, or about another receipt")
        if code in codes.CHANGE_REFUSALS:
            return Refused(codes.CHANGE_REFUSALS[code], code, answer["rtnMsg"])
        return Acknowledged(answer["procStcd"] or code)

    async def _call(self, service: str, name: str, order: AnyOrder, content: Content) -> Content | Refused:
        """Call once. Returns the answer's elements, or a refusal of the content before anything was done."""
        header = {
            "serviceName": f"{service}Service",
            "useSystemCode": self.settings.system_code,
            "certServerId": self.settings.cert_server_id,
            "transactionUniqueId": transaction_id(order),
            "userDeptCode": self.settings.org_code,
            "userName": self.settings.user_name,
        }
        try:
            answer = await self._wire.call(order.decision, _PATHS[service], _operation(service, name), header, content)
        except BreachError as error:
            if error.element == "rcptNo":
                why = "행복e음의 접수번호가 아닙니다 (not of the form of its receipts)"
                raise CannotExpressError(RECEIPT, why) from None
            if error.element not in FIELDS:
                raise
            why = "행복e음 규격에 맞지 않습니다: 길이나 형식을 확인하세요 (too long, or of another form than it takes)"
            raise CannotExpressError(FIELDS[error.element], why) from None
        return fault_meaning(answer) if isinstance(answer, SoapFault) else answer.content


def transaction_id(order: AnyOrder) -> str:
    """Return 거래고유번호: the attempt's time in KST to the millisecond, and 8 digits that its message id gives."""
    return f"{to_kst_milli(order.sent_at)}{int(order.message_id, 16) % 10**8:08d}"


def fault_meaning(fault: SoapFault) -> Refused:
    """Return the refusal that a proven fault is, or raise what else it means. Pure.

    Raises:
        MisconfiguredError: nothing was done, and our set-up must be mended.
        UncertainError: it may have been accepted.
        BadReplyError: the contract has no such fault.
    """
    code = fault.detail.get("errCd")
    if fault.side is FaultSide.SERVER:
        raise UncertainError(f"haengbok: the agency broke down ({code or 'no code'})")
    match codes.FAULTS.get(code or ""):
        case codes.FaultMeaning.CONTENT:
            return Refused(RefusalReason.INVALID_CONTENT, str(code), fault.detail.get("errMsg"))
        case codes.FaultMeaning.OUR_SETUP:
            raise MisconfiguredError(f"haengbok: the agency does not accept our set-up ({code})")
        case codes.FaultMeaning.SEEN_BEFORE | codes.FaultMeaning.FAILED:
            raise UncertainError(f"haengbok: an earlier message may have been accepted ({code})")
        case None:
            raise BadReplyError("haengbok: a fault without a code of the contract")


def _asked(answer: Content | Refused) -> Content:
    """Return the answer to a question; that a question's content is refused is our defect."""
    if isinstance(answer, Refused):
        raise MisconfiguredError(f"haengbok: a question was refused ({answer.raw_code})")
    return answer


def _security(settings: HaengbokSettings) -> WsSecurity:
    if settings.certificate is None or settings.key is None or settings.ca is None:
        raise MisconfiguredError("haengbok: certificate, key and ca are needed")
    return WsSecurity(
        certificate=settings.certificate,
        key=settings.key,
        ca=settings.ca,
        peer=settings.peer,
        key_password=settings.key_password.get_secret_value() or None,
    )
