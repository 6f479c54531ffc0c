"""``python -m glasspane``: the command line of exactly this interpreter."""

import os
import sys

# Python puts the folder it is called from first: a person's own random.py there is not to be imported.
if sys.path and sys.path[0] == os.getcwd() and not getattr(sys.flags, "safe_path", False):  # noqa: PTH109
    del sys.path[0]

from .cli import main

sys.exit(main())
