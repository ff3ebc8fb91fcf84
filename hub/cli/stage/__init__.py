"""The stage that `naru demo` and `naru proof` share: their folder, child processes, and what those are told."""
