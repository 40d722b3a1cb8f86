"""Model files taken apart, and put together with something changed."""

import json
from collections.abc import Callable
from typing import Any


def split(content: bytes) -> tuple[Any, bytes]:
    """The header, as bytes if it cannot be read, and the numbers."""
    last = 8 + int.from_bytes(content[:8], "little")
    value = parsed(content[8:last])
    return content[8:last] if value is None else value, content[last:]


def join(header: Any, tensors: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + tensors


def parsed(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None


def edited(content: bytes, edit: Callable[[Any], object]) -> bytes:
    """The file with its header changed."""
    header, tensors = split(content)
    edit(header)
    return join(header, tensors)


def redescribed(content: bytes, edit: Callable[[Any], object], word: str = "model") -> bytes:
    """The file with what it says of its model, or in another word, changed."""

    def edit_words(header: Any) -> None:
        words = header["__metadata__"]
        description = json.loads(words[word])
        edit(description)
        words[word] = json.dumps(description)

    return edited(content, edit_words)
