"""Files that are replaced in one step, or not at all."""

from __future__ import annotations

import errno
import io
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

try:
    import fcntl
except ImportError:  # not a POSIX system: nothing is locked, and nothing swept
    fcntl = None  # type: ignore[assignment]

__all__ = ["replacing"]


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a file for writing whose path always has the old content or the new one.

    The content goes to a temporary file beside it, which takes the name when the block is left
    without an error, after a flush to disk; the folder is flushed then. Temporary files that killed
    processes left of earlier writes to the path are removed first.

    Parameters
    ----------
    path : path-like
        The file; a symbolic link is followed, and need not lead to a file that exists.

    Yields
    ------
    file object
        Open for writing bytes.

    Raises
    ------
    OSError
        If that cannot be done; it names `path`, what was there is intact, and the temporary file
        is gone.

    Examples
    --------
    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(os.path.join(folder, "new")) as file:
    ...         _ = file.write(b"content")
    ...     os.listdir(folder)
    ['new']
    """
    path = os.fspath(path)
    temporary, file, lock = "", None, None
    try:
        target = os.path.realpath(path)
        if os.path.islink(target):  # links that lead nowhere but round
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        if os.path.isdir(target):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        folder, name = os.path.split(target)
        prefix = f".{name[:200]}."
        _sweep(folder, prefix)
        while file is None:
            # Named before it is made: a signal may be raised as soon as it is there.
            temporary = os.path.join(folder, f"{prefix}{secrets.token_hex(8)}.tmp")
            file = _create(temporary)
        if fcntl:
            lock = os.dup(file.fileno())  # nobody sweeps the file before it has its new name
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
        temporary = ""
        _flush_folder(folder)
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from error  # by the name the user knows
    finally:
        if temporary:
            with suppress(OSError):
                os.unlink(temporary)
        if lock is not None:
            os.close(lock)


def _create(path: str) -> IO[bytes] | None:
    """Make a file, locked until its descriptor and all copies of that are closed; None if taken."""
    try:
        # The mode is what the umask leaves of 0666, as for any new file.
        file = io.BufferedWriter(io.FileIO(path, "x"))
    except FileExistsError:
        return None
    ours = False
    try:
        if fcntl:
            with suppress(OSError):  # a file system without locks, where nothing is swept either
                fcntl.flock(file.fileno(), fcntl.LOCK_EX)
        ours = os.path.lexists(path)  # another process may sweep it before it is locked
    finally:
        if not ours:
            file.close()
    return file if ours else None


def _sweep(folder: str, prefix: str) -> None:
    """Remove the temporary files of one path that no living process holds."""
    ours = re.compile(re.escape(prefix) + r"[0-9a-f]{16}\.tmp")
    with suppress(OSError):
        for name in filter(ours.fullmatch, os.listdir(folder)):
            _remove_abandoned(os.path.join(folder, name))


def _remove_abandoned(path: str) -> None:
    """Remove a file of this user that is not locked."""
    if not fcntl:
        return
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            found = os.fstat(descriptor)
            if stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid():
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.unlink(path)
        finally:
            os.close(descriptor)


def _flush_folder(folder: str) -> None:
    """Make the new name survive a power cut."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
