#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: make_migrations.py FILE.sql... > migrations.c    the numbered files as they are, in order, with their names."""

import pathlib
import sys


def literal(text):
    lines = [line.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t") for line in text.splitlines()]
    return "\n".join(f'\t"{line}\\n"' for line in lines if not line.startswith("--"))


files = [pathlib.Path(path) for path in sys.argv[1:]]
print('/* Made by make_migrations.py. */\n#include "modules/postgresql/schema.h"\n')
print("const char *const postgresql_migrations[] = {\n" + ",\n".join(literal(f.read_text(encoding="utf-8")) for f in files) + "\n};")
print("const char *const postgresql_migration_names[] = { " + ", ".join(f'"{f.name}"' for f in files) + " };")
print(f"const int postgresql_schema_version = {len(files)};")
