"""`kirok verify`: is this package genuine? Needs no data folder, no network and no recorder."""

from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from appliance.package import checks, zip_file
from appliance.package.findings import Report
from appliance.package.zip_aes import WrongPassphrase
from appliance.package.zip_file import Archive, NotAZip

_BEGINS_AS_ZIP = b"PK\3\4"


def verify(
    package: Path, key: Ed25519PublicKey | None, now: datetime, passphrase: str | None = None
) -> Report:
    """Return what is found in a package.

    Args:
        key: the box's, as it is known from elsewhere, or None.

    Raises:
        PassphraseNeeded: it is encrypted, and no passphrase was given.
        OSError: it cannot be read.
    """
    data = package.read_bytes()
    report = Report(key_given=key is not None)
    try:
        archive = zip_file.read(data, passphrase)
    except NotAZip:
        report.find("cut_short" if data.startswith(_BEGINS_AS_ZIP) else "not_a_zip")
        return report
    except WrongPassphrase:
        report.find("wrong_passphrase")
        return report
    report = checks.judge(archive.contents, key, now)
    _archive(archive, report)
    return report


def _archive(archive: Archive, report: Report) -> None:
    """Put what is wrong with the archive first: much of the rest may follow from it."""
    found = Report()
    for name in archive.damaged:
        found.find("damaged", name=name)
    for name in archive.twice:
        found.find("twice", name=name)
    for name in archive.too_large:
        found.find("too_large", name=name)
    if not archive.as_written and not found.mismatches:
        found.find("archive")
    unread = {*archive.damaged, *archive.too_large}
    rest = [m for m in report.mismatches if m.what != "missing" or m.facts["name"] not in unread]
    report.mismatches = [*found.mismatches, *rest]
