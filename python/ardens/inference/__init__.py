"""What a model says of rows of which cells are unknown: exactly, or by particles."""
