"""Every table of the hub. What a column may hold in clear is decided here: nothing about a person, ever.

Columns named `sealed_…` hold AES-GCM boxes under the case's key (`hub/vault`). Moments are UTC; those named `…_wall`
come from the wall clock (leases), all others from the business clock. Lists and maps are JSON of codes and paths.
"""

from hub.store.tables.auditing import audit_entries
from hub.store.tables.base import Moment, metadata
from hub.store.tables.files import batch_members, batches
from hub.store.tables.hearing import facts, inbox, result_files
from hub.store.tables.notices import webhook_messages, webhook_paces, webhooks
from hub.store.tables.people import (
    api_keys,
    blind_indexes,
    cases,
    centres,
    clients,
    consents,
    idempotency_keys,
    keks,
    kept_cases,
    key_holders,
    operators,
    vault_keys,
)
from hub.store.tables.sending import IS_TAKEN, attempts, deliveries, events, lanes, referrals, supplements

__all__ = [
    "IS_TAKEN",
    "Moment",
    "api_keys",
    "attempts",
    "audit_entries",
    "batch_members",
    "batches",
    "blind_indexes",
    "cases",
    "centres",
    "clients",
    "consents",
    "deliveries",
    "events",
    "facts",
    "idempotency_keys",
    "inbox",
    "keks",
    "kept_cases",
    "key_holders",
    "lanes",
    "metadata",
    "operators",
    "referrals",
    "result_files",
    "supplements",
    "vault_keys",
    "webhook_messages",
    "webhook_paces",
    "webhooks",
]
