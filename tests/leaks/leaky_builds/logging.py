"""Logs, under a key that is allowed, what the counsellor wrote."""

from __future__ import annotations

import structlog

from leaky_builds.taking import run_leaking

run_leaking(lambda document: structlog.get_logger("naru").debug("accepted", why=document.referrals[0].opinion))
