# SPDX-License-Identifier: Apache-2.0
"""The compiled parts of the packages: what pyproject.toml cannot say."""

import glob

from setuptools import setup

setup(cffi_modules=[f"{path}:ffibuilder" for path in sorted(glob.glob("*/_build.py"))])
