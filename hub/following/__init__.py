"""Following: what agencies tell us after a referral was sent, by answer, poll or callback. Every fact is kept."""
