"""Every backend test may import its neighbours by name (``tiny_models``)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
