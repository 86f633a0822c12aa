"""`kirok bench`: what Kirok hears and costs, beside its peers, on this machine."""
