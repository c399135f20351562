# SPDX-License-Identifier: Apache-2.0
"""YAML as a person would write it: block style, quotes only where they are needed."""

import re

PLAIN = re.compile(r"[A-Za-z0-9/_][A-Za-z0-9 ./_+-]*(?<! )|[a-z]+:[A-Za-z0-9./_?=&+-]+")


def scalar(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return text if PLAIN.fullmatch(text) else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def lines(value, indent=""):
    if isinstance(value, dict):
        for key, item in value.items():
            yield from entry(f"{indent}{key}:", item, indent)
    else:
        for item in value:
            first, *others = lines(item, indent
                                   + "  ") if isinstance(item, dict) else [indent + "  " + scalar(item)]
            yield f"{indent}- {first.strip()}"
            yield from others


def entry(opening, item, indent):
    if isinstance(item, (dict, list)) and item:
        yield opening
        yield from lines(item, indent + "  ")
    else:
        yield f"{opening} {scalar(item) if not isinstance(item, (dict, list)) else '[]'}"


def dump(mapping):
    return "\n".join(lines(mapping)) + "\n"
