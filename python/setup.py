# SPDX-License-Identifier: Apache-2.0
"""The compiled part of the package: what pyproject.toml cannot say."""

from setuptools import setup

setup(cffi_modules=["vouch/_build.py:ffibuilder"])
