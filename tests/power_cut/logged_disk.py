"""An ext4 disk in a file, each of whose writes and flushes is logged; needs root.

ext4 on a loop device on a file that qemu-storage-daemon serves by FUSE: to the file that is the
disk, and, by its blklogwrites driver, to the log
"""

import shutil
import subprocess
from contextlib import contextmanager
from time import monotonic, sleep

#: Sparse; large enough for the reserve that is kept free of a disk.
SIZE_BYTES = 768 << 20
START_S = 20


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def make(path):
    """Make an empty disk."""
    with open(path, "wb") as file:
        file.truncate(SIZE_BYTES)
    run("mkfs.ext4", "-q", "-b", "4096", path)


@contextmanager
def mounted(image, where, options="rw"):
    """Mount a disk; its journal is played as after a power cut."""
    where.mkdir(exist_ok=True)
    loop = run("losetup", "--show", "-f", image)
    try:
        run("mount", "-o", options, loop, where)
        try:
            yield where
        except BaseException:
            run("umount", "-l", where)  # what failed may hold files
            raise
        run("umount", where)  # who holds a file now would write to the next disk of this name
    finally:
        run("losetup", "-d", loop)


@contextmanager
def logged(image, folder):
    """Serve a disk as another file, and log what is written to that; yield both files."""
    log, served = folder / "log.img", folder / "served.img"
    log.write_bytes(b"")
    served.write_bytes(b"")
    export = f"type=fuse,id=export,node-name=logged,mountpoint={served},writable=on"
    process = subprocess.Popen(
        [
            *("qemu-storage-daemon", "--blockdev", f"driver=file,node-name=disk,filename={image}"),
            *("--blockdev", f"driver=file,node-name=log,filename={log}"),
            *("--blockdev", "driver=blklogwrites,node-name=logged,file=disk,log=log"),
            *("--export", export),
        ]
    )
    try:
        until = monotonic() + START_S
        while served.stat().st_size != SIZE_BYTES:
            assert process.poll() is None and monotonic() < until, "qemu-storage-daemon"
            sleep(0.05)
        yield served, log
    finally:
        process.terminate()
        process.wait()


def copy(image, to):
    run("cp", "--sparse=always", image, to)
    return to


def missing():
    """Return what a power cut needs that is not here."""
    needed = ("qemu-storage-daemon", "losetup", "mkfs.ext4", "mount")
    return [name for name in needed if shutil.which(name) is None]
