"""The recorder and its keeping: calls, vault, ledger, retention and policy."""
