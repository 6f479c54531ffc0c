"""``python -m glasspane``: the command line of exactly this interpreter."""

import os
import sys

try:
    here = os.getcwd()  # noqa: PTH109
except OSError as problem:
    # The folder was deleted meanwhile, or may not be read: no kernel could start there either.
    sys.exit(f"The folder this was started in is gone ({problem.strerror}): start it in another one.")

# Python puts the folder it is called from first: a person's own random.py there is not to be imported.
if sys.path and sys.path[0] == here and not getattr(sys.flags, "safe_path", False):
    del sys.path[0]

from .cli import main

sys.exit(main())
