"""Checks at the public door, once: options, rows of data, and what the machine has."""
