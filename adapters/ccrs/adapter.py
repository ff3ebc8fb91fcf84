"""Ccrs: what 신용회복위원회 is to the hub, and the verbs that its contract has.

A verb writes, sends once and reads; meanings live in `codes`, forms in `mapping` and `replies`. Tokens and TLS are the
sdk's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from ssl import SSLContext
from typing import Any, ClassVar
from urllib.parse import quote

from adapters.ccrs import codes
from adapters.ccrs.callback import read_notice
from adapters.ccrs.contract import CONTRACT, NAME
from adapters.ccrs.mapping import FIELDS, REQUIRED, SUPPLEMENTED, register_body, supplement_body, withdraw_body
from adapters.ccrs.replies import check_about, facts_from, open_reply, received_fact
from adapters.ccrs.settings import CcrsSettings
from adapters.sdk import (
    RECEIPT,
    Acknowledged,
    Adapter,
    AdapterSettings,
    BadReplyError,
    Callback,
    CannotExpressError,
    ClientCredentials,
    Decision,
    Delivered,
    FindOrder,
    Found,
    HttpEndpoint,
    Impersonal,
    InboundCall,
    MisconfiguredError,
    Need,
    NotFound,
    Profile,
    Refused,
    Repeat,
    StatusOrder,
    StatusReport,
    SubmitOrder,
    SupplementOrder,
    Verb,
    WireKey,
    Wires,
    WithdrawOrder,
    client_tls,
)
from adapters.sdk.json_contract import Message, write_json
from adapters.sdk.kst import utc_now

_APPLICATIONS = "/api/v1/debt-adjustments"
_HEALTH = "/api/v1/health"
_TOKEN = "/oauth2/token"  # noqa: S105 - a path
_ACCEPTS = {"Accept": "application/json"}
_WRITES = {**_ACCEPTS, "Content-Type": "application/json; charset=utf-8"}


class Ccrs(Adapter[CcrsSettings]):
    """신용회복위원회: REST/JSON over mTLS, with OAuth2 client credentials."""

    profile: ClassVar[Profile] = Profile(
        slug=NAME,
        title="신용회복위원회",
        wire="REST/JSON, mTLS, OAuth2 client credentials",
        contract_basis="assumed",
        services=frozenset(codes.SERVICES),
        discloses=frozenset(FIELDS.values()),
        requires=REQUIRED,
        repeat=Repeat.KEYED,
        wire_key=WireKey(width=36),
        receipt=r"C[0-9]{15}",
        narrower={Verb.SUPPLEMENT: Need(SUPPLEMENTED, frozenset({FIELDS["splmCn"]}))},
    )
    settings_type: ClassVar[type[AdapterSettings]] = CcrsSettings

    def __init__(self, settings: CcrsSettings, wires: Wires) -> None:
        super().__init__(settings, wires)
        if not settings.base_url.startswith("https://"):
            raise MisconfiguredError(f"{NAME}: base_url must be https, in every mode")
        endpoint = HttpEndpoint(
            settings.base_url, settings.timeout_seconds, settings.max_reply_bytes, tls=_tls_of(settings)
        )
        tokens = wires.tokens(endpoint, ClientCredentials(_TOKEN, settings.client_id, settings.client_secret))
        self._wire = wires.http(replace(endpoint, auth=tokens))

    async def submit(self, order: SubmitOrder) -> Delivered | Refused:
        """채무조정 신청. The same key again gives the first number."""
        body = register_body(order)
        CONTRACT.check_sent("RegisterBody", body, FIELDS)
        answer = await self._post(order.decision, _APPLICATIONS, body, HTTPStatus.ACCEPTED, "Accepted")
        if answer.get("errCd") == codes.KEY_TAKEN:
            # An earlier attempt arrived that was allowed to say more, or less: the agency has this referral.
            return Delivered(answer["aplyNo"], codes.KEY_TAKEN)
        if "errCd" in answer:
            return _refused(answer)
        check_about(answer, {"clientRequestId": order.wire_key})
        return Delivered(answer["aplyNo"], answer["prcsSttsCd"], (received_fact(answer),))

    async def find(self, order: FindOrder) -> Found | NotFound:
        """요청 번호로 조회."""
        answer = await self._get(order.decision, f"{_APPLICATIONS}?clientRequestId={quote(order.wire_key, safe='')}")
        if answer.get("errCd") == codes.UNKNOWN_HERE:
            return NotFound(codes.UNKNOWN_HERE)
        _expect_standing(answer, {"clientRequestId": order.wire_key})
        return Found(answer["aplyNo"], answer["prcsSttsCd"], facts_from(answer))

    async def status(self, order: StatusOrder) -> StatusReport:
        """신청번호로 조회."""
        answer = await self._get(order.decision, _path_of(order.receipt), of_one=True)
        _expect_standing(answer, {"aplyNo": order.receipt, "clientRequestId": order.wire_key})
        return StatusReport(facts_from(answer))

    async def withdraw(self, order: WithdrawOrder) -> Acknowledged | Refused:
        """철회; of an application that is withdrawn already the first answer comes again."""
        body, path = withdraw_body(order), f"{_path_of(order.receipt)}/withdrawal"
        CONTRACT.check_sent("WithdrawBody", body, FIELDS)
        answer = await self._post(order.decision, path, body, HTTPStatus.OK, "Withdrawn")
        return _acknowledged(answer, {"aplyNo": order.receipt, "clientRequestId": order.wire_key})

    async def supplement(self, order: SupplementOrder) -> Acknowledged | Refused:
        """보완 제출; the same supplement key again gives the first answer."""
        body, path = supplement_body(order), f"{_path_of(order.receipt)}/supplements"
        CONTRACT.check_sent("SupplementBody", body, FIELDS)
        answer = await self._post(order.decision, path, body, HTTPStatus.OK, "Supplemented")
        return _acknowledged(answer, {"aplyNo": order.receipt, "supplementId": order.supplement_key})

    def read_callback(self, call: InboundCall) -> Callback:
        """Verify and read 처리상태통보."""
        return read_notice(call, self.settings)

    async def probe(self, decision: Impersonal) -> None:
        """상태 확인: certificate, token and address are good."""
        reply = await self._wire.send(decision, "GET", _HEALTH, headers=_ACCEPTS)
        if "errCd" in open_reply(reply, HTTPStatus.OK, "Health", utc_now()):
            raise BadReplyError(f"{NAME}: the agency refused to say how it is")

    async def _get(self, decision: Decision, path: str, *, of_one: bool = False) -> Message:
        reply = await self._wire.send(decision, "GET", path, headers=_ACCEPTS)
        return open_reply(reply, HTTPStatus.OK, "Standing", utc_now(), of_one=of_one)

    async def _post(
        self, decision: Decision, path: str, body: Mapping[str, Any], good: HTTPStatus, schema: str
    ) -> Message:
        reply = await self._wire.send(decision, "POST", path, body=write_json(body), headers=_WRITES)
        return open_reply(reply, good, schema, utc_now(), of_one=path != _APPLICATIONS)


def _tls_of(settings: CcrsSettings) -> SSLContext:
    if settings.ca is None or settings.certificate is None or settings.key is None:
        raise MisconfiguredError(f"{NAME}: certificate, key and ca must be set")
    return client_tls(
        ca=settings.ca,
        certificate=settings.certificate,
        key=settings.key,
        key_password=settings.key_password.get_secret_value(),
    )


def _path_of(receipt: str) -> str:
    """Return the path of an application.

    Raises:
        CannotExpressError: the receipt, which a person may have typed, is none of the agency's.
    """
    if not Ccrs.profile.may_be_receipt(receipt):
        raise CannotExpressError(RECEIPT, "신용회복위원회의 신청번호가 아닙니다 (not of the form of its numbers)")
    return f"{_APPLICATIONS}/{quote(receipt, safe='')}"


def _expect_standing(answer: Message, asked: Message) -> None:
    if "errCd" in answer:
        raise BadReplyError(f"{NAME}: a query was refused ({answer['errCd']})")
    check_about(answer, asked)


def _acknowledged(answer: Message, asked: Message) -> Acknowledged | Refused:
    if "errCd" in answer:
        return _refused(answer)
    check_about(answer, asked)
    return Acknowledged(answer["prcsSttsCd"])


def _refused(answer: Message) -> Refused:
    return Refused(codes.REFUSALS[answer["errCd"]], answer["errCd"], answer["errMsg"])
