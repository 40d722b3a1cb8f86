"""Files that are replaced in one step, or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

__all__ = ["replacing"]


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a file for writing whose path always has the old content or the new one.

    The content goes to a temporary file beside it, which takes the name when the block is left
    without an error, after a flush to disk; the folder is flushed then.

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
    temporary = None
    try:
        target = os.path.realpath(path)
        if os.path.islink(target):  # links that lead nowhere but round
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        if os.path.isdir(target):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        folder, name = os.path.split(target)
        temporary = os.path.join(folder, f".{name[:200]}.{secrets.token_hex(8)}.tmp")
        # The mode is what the umask leaves of 0666, as for any new file.
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        with open(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, target)
        temporary = None
        _flush_folder(folder)
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from error  # by the name the user knows
    finally:
        if temporary is not None:
            with suppress(OSError):
                os.unlink(temporary)


def _flush_folder(folder: str) -> None:
    """Make the new name survive a power cut."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
