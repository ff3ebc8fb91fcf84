"""All that an adapter imports, with `schemas`: profile, verbs, outcomes, errors, decisions, transports, registry.

Third parties build on this package only. It knows no agency and never imports the hub.
"""

from adapters.sdk.adapter import Adapter
from adapters.sdk.decisions import Decision, Disclose, Gate, Impersonal, Reconcile, Withdraw
from adapters.sdk.errors import (
    AdapterError,
    BadReplyError,
    BusyError,
    CallbackRefusedError,
    CannotExpressError,
    HostileReplyError,
    MisconfiguredError,
    NotSentError,
    UncertainError,
    UndecidedError,
)
from adapters.sdk.inbound import Callback, InboundCall, InboundReply
from adapters.sdk.outcomes import (
    Acknowledged,
    Delivered,
    Eligibility,
    Fact,
    Found,
    NotFound,
    RefusalReason,
    Refused,
    StatusReport,
    Verified,
)
from adapters.sdk.profile import Lane, Need, Polling, Profile, Repeat, WireKey
from adapters.sdk.settings import AdapterSettings
from adapters.sdk.transports.http import HttpEndpoint, HttpReply, HttpWire
from adapters.sdk.verbs import (
    FindOrder,
    Order,
    StatusOrder,
    SubmitOrder,
    SupplementOrder,
    Verb,
    VerifyOrder,
    WithdrawOrder,
    WithdrawReason,
    capabilities,
)
from adapters.sdk.wires import Wires

__all__ = [
    "Acknowledged", "Adapter", "AdapterError", "AdapterSettings", "BadReplyError", "BusyError", "Callback",
    "CallbackRefusedError", "CannotExpressError", "Decision", "Delivered", "Disclose", "Eligibility", "Fact",
    "FindOrder", "Found", "Gate", "HostileReplyError", "HttpEndpoint", "HttpReply", "HttpWire", "Impersonal",
    "InboundCall", "InboundReply", "Lane", "MisconfiguredError", "Need", "NotFound", "NotSentError", "Order",
    "Polling", "Profile", "Reconcile", "RefusalReason", "Refused", "Repeat", "StatusOrder", "StatusReport",
    "SubmitOrder", "SupplementOrder", "UncertainError", "UndecidedError", "Verb", "Verified", "VerifyOrder",
    "WireKey", "Wires", "Withdraw", "WithdrawOrder", "WithdrawReason", "capabilities",
]  # fmt: skip
