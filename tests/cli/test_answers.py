"""Blocks of tables as files."""

import io

import pyarrow as pa
import pytest
from pyarrow import parquet

from ardens.cli.answers import TABLES


def content(ending, *blocks):
    room = io.BytesIO()
    with TABLES[ending].opened(room, (len(blocks), 1)) as write:
        for block in blocks:
            write(pa.table(block))
    return room.getvalue()


@pytest.mark.parametrize(
    ("cells", "lines"),
    [
        (["x", None], "x\n\n"),
        (["x", ""], '"x"\n""\n'),
        (["x,y", "z"], '"x,y"\n"z"\n'),
        (['"', "z"], '""""\n"z"\n'),
        (["x\ny"], '"x\ny"\n'),
        ([" x"], '" x"\n'),
        ([1, 2], "1\n2\n"),
    ],
)
def test_a_block_has_quotes_where_a_cell_needs_them(cells, lines):
    assert content(".csv", {"a": cells}, {"a": ["z" if type(cells[0]) is str else 3]}) == (
        f"a\n{lines}{'z' if type(cells[0]) is str else 3}\n".encode()
    )


def test_tabs_need_quotes_where_they_separate_cells():
    assert content(".tsv", {"a": ["x\ty"], "b, c": ["x,y"]}) == b'a\tb, c\n"x\ty"\t"x,y"\n'


def test_blocks_have_the_types_of_the_first_and_strings_where_it_has_nothing():
    blocks = [{"a": [1], "b": [None]}, {"a": pa.array([2], pa.int32()), "b": ["x"]}]
    found = parquet.read_table(io.BytesIO(content(".parquet", *blocks)))
    assert found.to_pydict() == {"a": [1, 2], "b": [None, "x"]}
