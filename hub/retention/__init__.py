"""Forgetting: when a case's time is over, what is destroyed then, and what the law has us keep apart from the rest."""
