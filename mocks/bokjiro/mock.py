"""BokjiroMock: the two open APIs of 복지로, lists and details, with quota and errors of the gateway by order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Literal
from xml.sax.saxutils import escape

from mocks.bokjiro.gateway import SHAPES, GatewayError, check_request
from mocks.bokjiro.shelf import CODES, OPERATIONS, found, listed
from mocks.kit.agency import HttpMock, Reply, Request
from mocks.kit.desk import Desk

_OPERATION = {told["path"]: name for name, told in OPERATIONS.items()}
_DEFAULT_KEY = "mock+key/=="
_NAMES = {"national": ("servSeDetailNm", "servSeDetailLink"), "local": ("wlfareInfoReldNm", "wlfareInfoReldCn")}


class BokjiroMock(HttpMock):
    """복지로. A catalogue, not an agency: it takes no referral, and its ledger stays empty.

    Settings: `service_key`, the key that it takes.
    """

    slug: ClassVar[str] = "bokjiro"
    title: ClassVar[str] = "복지로 open API (복지서비스 목록)"
    contract_basis: ClassVar[Literal["real", "assumed", "mixed"]] = "real"
    contract_note: ClassVar[str] = (
        "[S] paths, parameters, fields, codes and the gateway's errors. The 25 services are of our own writing."
    )
    operations: ClassVar[tuple[str, ...]] = tuple(OPERATIONS)
    own_faults: ClassVar[frozenset[str]] = frozenset({"agency_fault_200", "other_operation_reply"})
    own_settings: ClassVar[frozenset[str]] = frozenset({"service_key"})
    shared_secrets: ClassVar[frozenset[str]] = frozenset({"service_key"})

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._left: int | None = None
        self._failures: list[GatewayError] = []

    def operation_of(self, request: Request) -> str:
        """Name the operation by the path alone."""
        return _OPERATION.get(request.path, "other")

    async def handle(self, request: Request) -> Reply:
        """Answer one read."""
        operation = self.operation_of(request)
        try:
            if request.method != "GET":
                return Reply(405, b"", "", (("Allow", "GET"),))
            return self._answer(operation, request.query)
        except GatewayError as error:
            return error.as_reply()

    def _answer(self, operation: str, query: str) -> Reply:
        if operation == "other":
            raise GatewayError("12")
        if self._failures:
            raise self._failures.pop(0)
        asked = check_request(operation, query, self._desk.settings.get("service_key", _DEFAULT_KEY))
        if self._left is not None:
            if self._left == 0:
                raise GatewayError("22")
            self._left -= 1
        api, _, kind = operation.partition("_")
        return _list(api, asked) if kind == "list" else _detail(api, asked["servId"])

    def misbehave(self, fault: str, request: Request, reply: Reply | None) -> Reply:
        """Answer as one of `own_faults` asks."""
        if fault == "agency_fault_200":
            return GatewayError("99").as_reply()
        return _detail("national", "WLF00000101") if "list" in self.operation_of(request) else reply or Reply(200)

    def advance(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        """Carry out an order of a tester.

        `{"quota": n}` answers n more requests and then 22, `{"quota": null}` all; `{"fail": <code>, "shape": <shape>,
        "times": n}` lets the next n requests fail so (`xml200` and 1 if absent).
        """
        match dict(order):
            case {"quota": int() | None as quota, **rest} if not rest and (quota is None or quota >= 0):
                self._left = quota
            case {"fail": str() as code, **rest} if code in CODES["returnReasonCode"] and rest.keys() <= {
                "shape",
                "times",
            }:
                shape, times = rest.get("shape", SHAPES[0]), rest.get("times", 1)
                if shape not in SHAPES or type(times) is not int:
                    raise ValueError(f"shape must be one of {', '.join(SHAPES)}, times a whole number")
                self._failures += [GatewayError(code, shape) for _ in range(times)]
            case _:
                raise ValueError('an order is {"quota": n} or {"fail": a returnReasonCode, "shape": …, "times": n}')
        return dict(order)


def _list(api: str, asked: Mapping[str, str]) -> Reply:
    services = listed(api, asked)
    page, rows = int(asked["pageNo"]), int(asked["numOfRows"])
    head = {"totalCount": str(len(services)), "pageNo": str(page), "numOfRows": str(rows)}
    shown = services[(page - 1) * rows : page * rows]
    entries = "".join(f"<servList>{_elements(service['list'])}</servList>" for service in shown)
    return _reply("wantedList", _elements(head) + _SUCCESS + entries)


def _detail(api: str, service_id: str) -> Reply:
    service = found(api, service_id)
    if service is None:
        raise GatewayError("03")
    identity = {name: service["list"][name] for name in ("servId", "servNm")}
    lists = "".join(_pointers(api, name, members) for name, members in service["lists"].items())
    return _reply("wantedDtl", _elements(identity) + _SUCCESS + _elements(service["detail"]) + lists)


def _pointers(api: str, name: str, members: Iterable[Mapping[str, str]]) -> str:
    title, value = _NAMES[api]
    return "".join(f"<{name}>{_elements({title: one['name'], value: one['value']})}</{name}>" for one in members)


def _elements(values: Mapping[str, str]) -> str:
    return "".join(f"<{name}>{escape(text)}</{name}>" if text else f"<{name}/>" for name, text in values.items())


_SUCCESS = _elements({"resultCode": "0", "resultMessage": "SUCCESS"})


def _reply(root: str, inner: str) -> Reply:
    body = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><{root}>{inner}</{root}>'
    return Reply(200, body.encode(), "application/xml; charset=utf-8")
