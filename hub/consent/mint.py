"""The mint: the only place that stamps decisions. What is allowed was decided before, by `hub/consent/policy.py`."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from adapters.sdk import Disclose, Gate, Impersonal, Reconcile, UndecidedError, Withdraw
from adapters.sdk.decisions import steady_now
from hub.consent.policy import Permission
from hub.vault.boxes import keyed_hash

_TOKEN_WINDOW_SECONDS = 20.0


class Mint:
    """Turns what the policy allows into stamped decisions, without which no transport sends a byte.

    `send_by` is on the clock of `adapters.sdk.decisions.steady_now`, in seconds.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def disclose(
        self, permission: Permission, *, attempt_id: str, recipient: str, send_by: float, case_key: bytes
    ) -> Disclose:
        """Mint the leave to tell the recipient what the permission allows.

        Raises:
            UndecidedError: the permission is for another recipient.
        """
        if permission.recipient != recipient:
            raise UndecidedError(f"a permission for {permission.recipient} was used for {recipient}")
        said = "\n".join(sorted(permission.fields))
        return self._gate.stamp(
            Disclose(
                attempt_id=attempt_id,
                recipient=recipient,
                send_by=send_by,
                fields=permission.fields,
                bases=permission.bases,
                fields_hmac=keyed_hash(case_key, said),
            )
        )

    def reconcile(self, *, attempt_id: str, recipient: str, send_by: float) -> Reconcile:
        """Mint the leave to ask about an earlier disclosure, on which it rests: no consent is needed to ask."""
        return self._gate.stamp(Reconcile(attempt_id=attempt_id, recipient=recipient, send_by=send_by))

    def withdraw(self, *, attempt_id: str, recipient: str, send_by: float) -> Withdraw:
        """Mint the leave to tell a recipient of the withdrawal (철회) of what it was sent."""
        return self._gate.stamp(Withdraw(attempt_id=attempt_id, recipient=recipient, send_by=send_by))

    def impersonal(self, *, attempt_id: str, recipient: str, send_by: float) -> Impersonal:
        """Mint the leave for a call that says nothing about a person."""
        return self._gate.stamp(Impersonal(attempt_id=attempt_id, recipient=recipient, send_by=send_by))

    def leave_for_tokens(self, slug: str) -> Callable[[], Impersonal]:
        """Return what mints, whenever it is asked, the leave to fetch a token from an agency: a new one each time."""

        def leave() -> Impersonal:
            send_by = steady_now() + _TOKEN_WINDOW_SECONDS
            return self.impersonal(attempt_id=f"token-{uuid.uuid4().hex}", recipient=slug, send_by=send_by)

        return leave
