"""The small local page."""
