"""Model files from strangers: what is damaged at random is refused, or works."""

import re

import pytest

from fuzz_loading import fuzz, fuzz_one, whole_files


def test_damaged_files_are_refused_or_harmless():
    loaded = re.search(r"(\d+) accepted", fuzz(300))
    assert 5 < int(loaded[1]) < 150


@pytest.mark.slow
def test_thousands_of_damaged_files_are_refused_or_harmless():
    fuzz(5000, seed=1)


def test_whole_files_are_loaded_and_are_the_same_every_time():
    files = whole_files()
    assert files == whole_files()
    assert all(fuzz_one(data).accepted for data in files)
