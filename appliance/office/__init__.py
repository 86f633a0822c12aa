"""The office: what the rule asks people to do on paper, and who may do it."""
