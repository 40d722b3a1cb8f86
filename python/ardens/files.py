"""Files that are replaced in one step, or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import suppress

__all__ = ["replace_file"]


def replace_file(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file so that its path always has the old content or the new one.

    The content goes to a temporary file beside it, is flushed to disk, and takes the name.

    Parameters
    ----------
    path : path-like
        The file; a symbolic link is followed.
    data : bytes
        The content.

    Raises
    ------
    OSError
        If that cannot be done; it names `path`, what was there is intact, and the temporary file
        is gone.
    """
    path = os.fspath(path)
    temporary = None
    try:
        target = os.path.realpath(path, strict=os.path.islink(path))
        if os.path.isdir(target):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        folder, name = os.path.split(target)
        temporary = os.path.join(folder, f".{name[:200]}.{secrets.token_hex(8)}.tmp")
        # The mode is what the umask leaves of 0666, as for any new file.
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, target)
        temporary = None
        _flush_folder(folder)
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from error
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
