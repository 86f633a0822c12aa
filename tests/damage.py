"""Ways to damage a file, and a folder of calls to damage."""

import random
import shutil


def ways(content, rng, flips=1):
    """Yield (name, what is left of a file): deleted (None), emptied, cut short, bits flipped."""
    yield "deleted", None
    if content:
        yield "emptied", b""
        cut = rng.randrange(len(content))
        yield f"cut at {cut}", content[:cut]
        for _ in range(flips):
            at, bit = rng.randrange(len(content)), rng.randrange(8)
            flipped = bytearray(content)
            flipped[at] ^= 1 << bit
            yield f"bit {bit} of byte {at}", bytes(flipped)


def files(folder):
    """Return the files of a data folder that mean anything while nothing runs.

    Not run/, lock files, the ballast, and what SQLite leaves of its memory and of an empty log.
    """
    found = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    idle = (".lock", "calls.db-shm", "calls.db-wal", "ballast")
    return [path for path in found if path.parts[0] != "run" and not path.name.endswith(idle)]


def damage(folder, name, left):
    """Leave this of a file."""
    if left is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(left)


def cases(folder, seed, flips=1):
    """Return (file, what is done, what is left) for every file, in an order of chance."""
    rng = random.Random(seed)
    every = [
        (name, how, left)
        for name in files(folder)
        for how, left in ways((folder / name).read_bytes(), rng, flips)
    ]
    rng.shuffle(every)
    return every


def copied(folder, to):
    shutil.rmtree(to, ignore_errors=True)
    return shutil.copytree(folder, to)
