"""The lists of faults fit the tree: python tests/faults applies them."""

import pytest

from faults.lists import ROOT, by_file, read, switched

LISTS = ["cpp", "python"]


@pytest.mark.parametrize("language", LISTS)
def test_no_fault_is_stale_and_none_overlaps_with_another(language):
    faults = read(language)
    assert faults
    for file, numbered in by_file(faults):
        source = (ROOT / file).read_text()
        assert all(fault.faulty != fault.text for fault in numbered.values())
        assert switched(source, numbered) != source


@pytest.mark.parametrize("language", LISTS)
def test_the_tests_that_a_fault_names_are_there(language):
    for test in {test for fault in read(language) for test in fault.tests}:
        assert (ROOT / test.split("::")[0]).exists(), test
