"""``python -m ardens`` is the command `ardens`."""

import sys

from ardens.cli import main

if __name__ == "__main__":
    sys.exit(main())
