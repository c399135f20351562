# SPDX-License-Identifier: Apache-2.0
"""The request vectors V01 to V45, by name."""

import pathlib

PATH = pathlib.Path(__file__).resolve().parent.parent / "data" / "vectors.txt"


def load(path=PATH):
    rows = [line.split(" | ") for line in path.read_text().splitlines() if not line.startswith("#")]
    return {name: bytes.fromhex(text) for name, _, text in rows}


VECTORS = load()
