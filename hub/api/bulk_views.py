"""What the bulk route answers: a preview that counts, or what was done. Ids and counts, nothing about a person."""

from __future__ import annotations

from collections.abc import Mapping

from hub.api.asked import BulkAction
from hub.api.views import View
from hub.delivery.bulk import Done, Preview


class BulkPreviewView(View):
    """미리보기: what `confirm` would do. Nothing was done yet."""

    action: BulkAction
    count: int
    """How many referrals the step would be taken for."""
    by_agency: Mapping[str, int]
    """The same by agency."""
    referrals: tuple[str, ...]
    """Their ids."""
    not_possible: int
    """How many the filter found whose status does not allow the step: they stay as they are."""
    more: bool
    """Whether there are more than one request takes (1,000): ask again afterwards."""
    confirm: str
    """확인 값: send the same request with it, within a quarter of an hour."""


class BulkDoneView(View):
    """처리 결과: each referral in its own right."""

    action: BulkAction
    count: int
    """How many referrals the step was taken for."""
    referrals: tuple[str, ...]
    """Their ids."""
    skipped: tuple[str, ...]
    """건너뜀: changed since the preview, just being worked on, or failed by a defect. Nothing was done to them."""


def preview_view(action: BulkAction, preview: Preview) -> BulkPreviewView:
    """Return a preview as it is answered."""
    return BulkPreviewView(
        action=action,
        count=len(preview.ids),
        by_agency=preview.by_agency,
        referrals=preview.ids,
        not_possible=preview.not_possible,
        more=preview.more,
        confirm=preview.token,
    )


def done_view(action: BulkAction, done: Done) -> BulkDoneView:
    """Return what was done as it is answered."""
    return BulkDoneView(action=action, count=len(done.ids), referrals=done.ids, skipped=done.skipped)
