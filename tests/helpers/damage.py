"""Damage to model files, drawn at random: to their bytes, their numbers and their words."""

import json
import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import numpy as np

from helpers.model_files import join, parsed, split


def damaged(rng: Random, content: bytes) -> bytes:
    """A file with one to three damages."""
    for damage in rng.choices(DAMAGES, k=rng.choice([1, 1, 2, 3])):
        content = damage(rng, content)
    return content


# Bytes


def cut_off(rng: Random, content: bytes) -> bytes:
    return content[: rng.randint(0, len(content))]


def bits_flipped(rng: Random, content: bytes) -> bytes:
    result = bytearray(content)
    for _ in range(rng.randint(1, 8) if content else 0):
        result[rng.randrange(len(result))] ^= 1 << rng.randrange(8)
    return bytes(result)


def bytes_inserted(rng: Random, content: bytes) -> bytes:
    at = rng.randint(0, len(content))
    piece = rng.choice([rng.randbytes(rng.randint(1, 40)), b"\0" * 8, b'"', b"{", b"\xff\xfe"])
    return content[:at] + piece + content[at:]


def bytes_removed(rng: Random, content: bytes) -> bytes:
    at = rng.randint(0, len(content))
    return content[:at] + content[at + rng.randint(1, 40) :]


def bytes_repeated(rng: Random, content: bytes) -> bytes:
    first = rng.randint(0, len(content))
    last = min(len(content), first + rng.randint(1, 200))
    return content[:last] + content[first:last] * rng.choice([1, 2, 50]) + content[last:]


def another_length(rng: Random, content: bytes) -> bytes:
    """What the file says of the length of its header."""
    was = int.from_bytes(content[:8], "little")
    lengths = [0, 1, was - 1, was + 1, len(content), 1 << 24, 1 << 30, 1 << 63, (1 << 64) - 1]
    return (rng.choice(lengths) % (1 << 64)).to_bytes(8, "little") + content[8:]


# Numbers


def other_numbers(rng: Random, content: bytes) -> bytes:
    table, tensors = split(content)
    data = bytearray(tensors)
    values = [np.nan, np.inf, -np.inf, 3.4e38, -3.4e38, 1e20, -1e20, 1e4, -1e4, 1e-45, -0.0, 1.0]
    for _ in range(rng.choice([1, 2, 99]) if len(data) >= 4 else 0):
        at = 4 * rng.randrange(len(data) // 4)
        data[at : at + 4] = np.float32(rng.choice(values)).tobytes()
    return join(table, bytes(data))


# Words


class Raw(str):
    """What is to stand in the JSON as it is."""


def deep(rng: Random) -> Raw:
    depth = rng.choice([10, 900, 1100, 20_000])
    return Raw(rng.choice(["[" * depth, "[" * depth + "]" * depth, '{"a":' * depth]))


def long(rng: Random) -> Raw:
    times = rng.choice([100, 100, 4000, 5000, 5000, 20_000])
    texts = ["1" + "0" * times, "-" + "9" * times, "1e" + "9" * times, '"' + "x" * times + '"']
    texts += ["[" + "[]," * times + "0]", "[" + '"nan",' * times + "0]"]
    texts += ["{" + ",".join(f'"{i}":{i}' for i in range(times)) + "}"]
    return Raw(rng.choice(texts))


ODD: list[Callable[[Random], Any]] = [
    deep,
    long,
    lambda rng: rng.choice([None, True, False, [], {}, "", 0, 1, 2, 3, -1, 0.5, 1.0, -0.0, 1e308]),
    lambda rng: rng.choice([2**31 - 1, 2**31, 2**53 + 1, 2**62, 2**63, 2**64, 10**9, 10**30]),
    lambda rng: rng.choice([Raw("NaN"), Raw("-Infinity"), Raw("1e999"), Raw("-0"), Raw("01")]),
    lambda rng: rng.choice(["nan", "inf", "-inf", "random", "greedy", "learned", "majority"]),
    lambda rng: rng.choice(["../../etc/passwd", "/dev/zero", "os.system", "__class__", "C:\\x"]),
    lambda rng: rng.choice(["ü", "a\0b", "\n", "²", "١", "\udcff", Raw('"\xff"')]),
    lambda rng: rng.choice(["tabular", "fvsbn", "mlp", "nade", "mixture", "NADE", "nade-tanh"]),
    lambda rng: rng.choice(["F64", "F16", "BF16", "I64", "U8", "BOOL", "F8_E4M3", "f32"]),
    lambda rng: {"array": [rng.choice([0, 1.5, 10**30, [0], "a", None]) for _ in range(4)]},
    lambda rng: {rng.choice(["optimizer", "schedule"]): "sgd", "settings": {"momentum": 2}},
    lambda rng: rng.sample(range(4), 4),
    lambda rng: [rng.choice([0, 1, 3, 2**62, -1, 0.5]) for _ in range(rng.choice([1, 2, 4, 9]))],
]
KEYS = ["", "W", "0.W", "01.W", "training.W", "training.params.W", "a" * 500, "\0", "class", "../W"]


def other_words(rng: Random, content: bytes) -> bytes:
    """A few values or keys of the header, or of the descriptions in its words."""
    table, tensors = split(content)
    words = table.get("__metadata__") if isinstance(table, dict) else None
    if not isinstance(words, dict):
        return content
    told = {key: parsed(words[key]) for key in ("model", "training") if key in words}
    raws: list[str] = []
    for _ in range(rng.choice([1, 1, 2, 4])):
        one_place(rng, rng.choice([table, told, told]), raws)
    if table.get("__metadata__") is words:
        words |= {key: dumped(value, raws) for key, value in told.items()}
    return join(dumped(table, raws).encode(errors="surrogateescape"), tensors)


def one_place(rng: Random, tree: dict[str, Any], raws: list[str]) -> None:
    everywhere = list(places(tree))
    if not everywhere:
        return
    node, key = rng.choice(everywhere)
    action = rng.choice(["replace", "replace", "replace", "neighbour", "remove", "rename"])
    if action == "neighbour":
        node[key] = rng.choice([node[other] for holder, other in everywhere if holder is node])
    elif action == "remove":
        del node[key]
    elif action == "rename" and isinstance(node, dict):
        node[rng.choice(KEYS)] = node.pop(key)
    else:
        value = rng.choice(ODD)(rng)
        if isinstance(value, Raw):
            raws.append(value)
            value = f"\1{len(raws) - 1}\1"
        node[key] = value


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every container of a tree of JSON with every key of it."""
    for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
        yield node, key
        if isinstance(value, dict | list):
            yield from places(value)


def dumped(value: Any, raws: list[str]) -> str:
    return re.sub(r'"\\u0001(\d+)\\u0001"', lambda found: raws[int(found[1])], json.dumps(value))


def key_twice(rng: Random, content: bytes) -> bytes:
    table, tensors = split(content)
    text = table if isinstance(table, bytes) else json.dumps(table).encode()
    keys = list(re.finditer(rb'\\*"[\w.]+\\*":', text))
    if not keys:
        return content
    key = rng.choice(keys)
    again = key[0] + rng.choice([b"0", b"null", b"{}"]) + b","
    return join(text[: key.start()] + again + text[key.start() :], tensors)


DAMAGES_OF_BYTES = [cut_off, bits_flipped, bytes_inserted, bytes_removed, bytes_repeated]
DAMAGES = [*DAMAGES_OF_BYTES, another_length]
DAMAGES += [other_numbers] * 2 + [other_words] * 8 + [key_twice]
