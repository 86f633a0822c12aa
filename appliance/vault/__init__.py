"""What was recorded: sealed, in reels, under keys that can be erased."""
