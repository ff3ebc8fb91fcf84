"""How centres hear of what happened: webhooks, signed, sent at least once. A notice holds ids and codes only."""
