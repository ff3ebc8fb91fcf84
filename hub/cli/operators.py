"""`naru operators`: who runs the hub as a whole, and their API keys. They pause agencies for all, and see no client."""

from hub.access.holders import OPERATOR
from hub.audit.entries import Action
from hub.cli.holders import Words, holders_app

app = holders_app(
    OPERATOR,
    Words(
        one="operator",
        many="operators",
        app="Who runs the hub, and their API keys.",
        name="An office or a system, such as 전산팀; no person.",
        add="Add an operator of the hub and make its first key: by default one that pauses and resumes agencies.",
        added=Action.OPERATOR_ADDED,
    ),
)
