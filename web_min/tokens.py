"""Proof that a form came from our own page.

Each form carries an HMAC of the browser's session id under a key that this process made when it
started. Another site can make a browser send the cookie, but can neither read nor make the token.

Source: OWASP Cross-Site Request Forgery Prevention Cheat Sheet ("signed double-submit cookie").
"""

import hashlib
import hmac
import secrets


class Tokens:
    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def make(self, session_id: str) -> str:
        """Return the token for all forms of one session."""
        return hmac.new(self._key, session_id.encode(), hashlib.sha256).hexdigest()

    def good(self, session_id: str, token: str) -> bool:
        return hmac.compare_digest(self.make(session_id).encode(), token.encode())
