"""`naru centres`: the centres that may call, and their API keys. A key is shown once, when it is made."""

from hub.access.holders import CENTRE
from hub.audit.entries import Action
from hub.cli.holders import Words, holders_app

app = holders_app(
    CENTRE,
    Words(
        one="centre",
        many="centres",
        app="The centres that may call, and their API keys.",
        name="The centre's name, such as 의정부센터.",
        add="Add a centre and make its first key: by default one for its application, which opens all but the audit.",
        added=Action.CENTRE_ADDED,
    ),
)
