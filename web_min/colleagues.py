"""In a trial folder one person plays everybody: an account for each of the rule's roles.

They are named by their role's title and share the passphrase of whoever set the folder up, so that
a request can be filed by one and decided by another, as the rule asks. A real folder has none.
"""

from appliance import keyring
from appliance.people import retrieves
from appliance.registry import Person
from web_min.parts import Parts


def add(parts: Parts, secret: bytes, passphrase: str) -> None:
    """Add an account for each role that has rights and nobody to hold it yet."""
    held = {role for person in parts.registry.people() for role in person.roles}
    added = parts.now().isoformat(timespec="seconds")
    for role in parts.profile.role:
        if role.can and role.id not in held:
            given = secret if retrieves(parts.profile, role.id) else b""
            made, _ = keyring.make(parts.wrapping.wrap, passphrase, given)
            person = parts.registry.add(role.title, role.id, made.wrapped, added)
            parts.registry.change(person.id, recipient=made.recipient, vault=made.vault)
            parts.registry.place(person.id, role.id, _department(parts), role.held_by)
            parts.notebook.note("person_added", "", who=person.id)


def listed(parts: Parts) -> list[Person]:
    """Return everybody, for the trial's own page to name; nobody in a real folder."""
    return parts.registry.people() if parts.site.trial else []


def _department(parts: Parts) -> str:
    """Return the department of the first line that has one: where the calls are."""
    return next((line.department for line in parts.lines if line.department), "")
