"""``python -m viewer`` is the same as the command ``cto-viewer``."""

import sys

from viewer.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
