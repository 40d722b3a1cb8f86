"""Files: replaced in one step, and read without trust. It knows words and arrays, no model."""
