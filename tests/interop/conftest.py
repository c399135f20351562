# SPDX-License-Identifier: Apache-2.0
"""Where the tests of this folder find the support modules."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
