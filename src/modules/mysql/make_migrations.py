#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: make_migrations.py FILE.sql... > migrations.c    the statements of the files, as the client program would cut them."""

import sys


def statements(text):
    """What is between lines with the delimiter alone; comments stay behind."""
    found, current = [], []
    for line in text.splitlines():
        if line.startswith("DELIMITER") or line.startswith("--"):
            continue
        if line == "//":
            found.append("\n".join(current))
            current = []
        else:
            current.append(line)
    assert not "".join(current).strip(), "the last statement has no end"
    return found


def literal(statement):
    lines = [line.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t") for line in statement.splitlines() if line.strip()]
    return "\n".join(f'\t"{line}\\n"' for line in lines)


print('/* Made by make_migrations.py. */\n#include "modules/mysql/migrations.h"\n\nconst char *const mysql_migrations[] = {')
count = 0
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        for statement in statements(file.read()):
            print(f"\t({literal(statement).strip()}),")  # in parentheses: clang takes neighbouring lines of a table for a forgotten comma
            count += 1
print(f"}};\nconst size_t mysql_migrations_count = {count};")
