# SPDX-License-Identifier: Apache-2.0
# The version whose behaviour the module has.

__version__ = "0.10.0"
__version_info__ = (0, 10, 0)
