"""What may be told to whom: the records that the policy reads, the policy, its words, and the mint of decisions."""
