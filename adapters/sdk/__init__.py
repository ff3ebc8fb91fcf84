"""All that an adapter imports, with `schemas`: profile, verbs, outcomes, errors, decisions, transports, registry.

Third parties build on this package only. It knows no agency and never imports the hub.
"""

from adapters.sdk.adapter import Adapter
from adapters.sdk.catalogue import Catalogue, CatalogueProfile, CatalogueSettings, ServiceDetail, WelfareService
from adapters.sdk.decisions import Decision, Disclose, Gate, Impersonal, Reconcile, Withdraw
from adapters.sdk.errors import (
    RECEIPT,
    AdapterError,
    BadReplyError,
    BusyError,
    CallbackRefusedError,
    CannotExpressError,
    HostileReplyError,
    MisconfiguredError,
    NameTakenError,
    NotSentError,
    UncertainError,
    UndecidedError,
)
from adapters.sdk.fixed_length import FixedRecord, LayoutError, load_layouts
from adapters.sdk.inbound import Callback, InboundCall, InboundReply
from adapters.sdk.orders import (
    FindOrder,
    FoldOrder,
    Order,
    PrecheckOrder,
    StatusOrder,
    SubmitOrder,
    SupplementOrder,
    VerifyOrder,
    WithdrawOrder,
    WithdrawReason,
)
from adapters.sdk.outcomes import (
    Acknowledged,
    Capacity,
    Delivered,
    Eligibility,
    Fact,
    Found,
    HandedOver,
    NotFound,
    RefusalReason,
    Refused,
    ResultFile,
    ResultLine,
    StatusReport,
    Verified,
)
from adapters.sdk.profile import Batching, Lane, Maintenance, Need, Polling, Profile, Repeat, ServiceHours, WireKey
from adapters.sdk.settings import AdapterSettings
from adapters.sdk.transports.drop import DropEndpoint, DropFile, DropWire
from adapters.sdk.transports.http import HttpEndpoint, HttpReply, HttpWire
from adapters.sdk.transports.telegram import TelegramEndpoint, TelegramWire
from adapters.sdk.transports.tls import client_tls
from adapters.sdk.transports.tokens import ClientCredentials, TokenSource
from adapters.sdk.verbs import Verb, capabilities
from adapters.sdk.wires import Wires

__all__ = [
    "RECEIPT", "Acknowledged", "Adapter", "AdapterError", "AdapterSettings", "BadReplyError", "Batching", "BusyError",
    "Callback", "CallbackRefusedError", "CannotExpressError", "Capacity", "Catalogue", "CatalogueProfile",
    "CatalogueSettings", "ClientCredentials", "Decision", "Delivered", "Disclose", "DropEndpoint", "DropFile",
    "DropWire", "Eligibility", "Fact", "FindOrder", "FixedRecord", "FoldOrder", "Found", "Gate", "HandedOver",
    "HostileReplyError", "HttpEndpoint", "HttpReply", "HttpWire", "Impersonal", "InboundCall", "InboundReply", "Lane",
    "LayoutError", "Maintenance", "MisconfiguredError", "NameTakenError", "Need", "NotFound", "NotSentError", "Order",
    "Polling", "PrecheckOrder", "Profile", "Reconcile", "RefusalReason", "Refused", "Repeat", "ResultFile",
    "ResultLine", "ServiceDetail", "ServiceHours", "StatusOrder", "StatusReport", "SubmitOrder", "SupplementOrder",
    "TelegramEndpoint", "TelegramWire", "TokenSource", "UncertainError", "UndecidedError", "Verb", "Verified",
    "VerifyOrder", "WelfareService", "WireKey", "Wires", "Withdraw", "WithdrawOrder", "WithdrawReason",
    "capabilities", "client_tls", "load_layouts",
]  # fmt: skip
