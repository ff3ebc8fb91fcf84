"""The gateway before both APIs: counts and judges requests, and writes its errors in every shape that occurs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from mocks.bokjiro.shelf import CODES, OPERATIONS, is_code
from mocks.kit.agency import Reply

MOST_ROWS = 500
SHAPES = ("xml200", "xml403", "json200", "json403", "name")
"""XML or JSON with HTTP 200 or 403; `name`: XML with 200, and the error's name where its code belongs."""


class GatewayError(Exception):
    """A request that the gateway answers itself: a `returnReasonCode`, and the shape of the answer."""

    def __init__(self, code: str, shape: str = "xml200") -> None:
        super().__init__(CODES["returnReasonCode"][code]["name"])
        self.code = code
        self.shape = shape

    def as_reply(self) -> Reply:
        """Return the error in its shape."""
        name = CODES["returnReasonCode"][self.code]["name"]
        header = {"errMsg": "SERVICE ERROR", "returnAuthMsg": name, "returnReasonCode": self.code}
        if self.shape == "name":
            header |= {"errMsg": name, "returnAuthMsg": "", "returnReasonCode": name}
        status = 403 if self.shape.endswith("403") else 200
        if self.shape.startswith("json"):
            told = json.dumps({"OpenAPI_ServiceResponse": {"cmmMsgHeader": header}})
            return Reply(status, told.encode(), "application/json; charset=utf-8")
        inner = "".join(f"<{tag}>{escape(text)}</{tag}>" for tag, text in header.items())
        body = f"<OpenAPI_ServiceResponse><cmmMsgHeader>{inner}</cmmMsgHeader></OpenAPI_ServiceResponse>"
        return Reply(status, body.encode(), "text/xml; charset=utf-8")


def check_request(operation: str, query: str, service_key: str) -> Mapping[str, str]:
    """Return the parameters of a request.

    Raises:
        GatewayError: 30, 11 or 10.
    """
    pairs = parse_qsl(query, keep_blank_values=True)
    asked = dict(pairs)
    required = OPERATIONS[operation]["required"]
    if asked.get("serviceKey") != service_key:
        raise GatewayError("30")
    if [name for name in required if not asked.get(name)]:
        raise GatewayError("11")
    known = {*required, *OPERATIONS[operation]["optional"]}
    fixed = {name: value for name, value in required.items() if value is not None}
    if len(asked) != len(pairs) or asked.keys() - known or any(asked[name] != fixed[name] for name in fixed):
        raise GatewayError("10")
    if not all(is_code(name, value) for name, value in asked.items()):
        raise GatewayError("10")
    for name, most in (("pageNo", 100_000), ("numOfRows", MOST_ROWS)):
        if name in required and not (asked[name].isdecimal() and 1 <= int(asked[name]) <= most):
            raise GatewayError("10")
    return asked
