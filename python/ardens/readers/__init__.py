"""Files of data: each format in a file of its own."""
