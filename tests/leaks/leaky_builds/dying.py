"""Prints a traceback whose text holds the client, as an error that nobody caught would."""

from __future__ import annotations

import traceback

from leaky_builds.taking import run_leaking

run_leaking(lambda document: traceback.print_exception(ValueError(ascii(document.client.model_dump_json()))))
