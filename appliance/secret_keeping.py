"""Where a box keeps its day secrets: in the chip that site.toml names, else in files."""

from collections.abc import Iterator
from contextlib import contextmanager

from appliance import site
from appliance.box import Box
from appliance.vault.chip_secrets import ChipSecrets, move
from appliance.vault.day_secrets import DaySecrets, SecretStore
from firmware_bridge.fram import open_fram
from firmware_bridge.i2c_memory import open_i2c


@contextmanager
def day_secrets(box: Box, *, moved: bool = False) -> Iterator[SecretStore]:
    """Open the day secrets of a data folder.

    Args:
        moved: take what lies in files from before the chip was fitted into the chip; for the one
            process that writes to the folder.

    Raises:
        SiteError: site.toml cannot be used; nothing is kept elsewhere instead.
        FramGone, OSError: the chip does not answer.
    """
    files, chip = DaySecrets(box.secrets), site.load(box.site_file).chip
    if chip is None:
        yield files
        return
    opening = open_fram if chip.wires == "spi" else open_i2c
    memory = opening(chip.bus, chip.device, chip.size_bytes)
    try:
        secrets = ChipSecrets(memory)
        if moved:
            days = [path.name.removesuffix(".secret") for path in box.secrets.glob("*.secret")]
            # No staged one, and none that was damaged and put aside.
            move([day for day in days if "." not in day], files, secrets)
        yield secrets
    finally:
        memory.close()
