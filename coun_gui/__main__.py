"""`python -m coun_gui`: the same as the `coun` command."""

import sys

from coun_gui.cli import main

if __name__ == "__main__":
    sys.exit(main())
