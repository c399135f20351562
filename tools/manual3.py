#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Writes the manual page of a public header, in man(7), from the comments that its declarations have.
"""usage: manual3.py VERSION DATE HEADER [OTHER PAGE(SECTION)...]    the page on stdout; exits 1 where a declaration has no words"""

import re
import sys
import textwrap
from pathlib import Path

import public_header

COLUMNS = 76            # with what guards a line, 80: mandoc's limit
ESCAPES = str.maketrans({"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti"})
PROSE_ESCAPES = str.maketrans({"\\": r"\e", "^": r"\(ha", "~": r"\(ti"})
SENTENCE_END = re.compile(r"(?<=[.!?:;])(?<!\.\.)\s+(?=\S)")


def literal(text):
    """What is typed as it stands: a name, a declaration."""
    return text.translate(ESCAPES)


def guarded(line):
    """A line of text that is none of roff's requests, and whose three points at the end close no sentence."""
    line = "\\&" + line if line[:1] in (".", "'") else line
    return line + "\\&" if line.endswith("...") else line


def prose(text):
    """Lines of text, each sentence on one of its own; `code` and names of functions are bold."""
    for sentence in SENTENCE_END.split(text):
        for line in textwrap.wrap(emphasized(sentence), COLUMNS, break_long_words=False, break_on_hyphens=False):
            yield guarded(line)


def emphasized(line):
    parts = re.split(r"(`[^`]+`|\bvouch_\w+(?=\()|\bVOUCH_\w+)", line)
    return "".join(rf"\fB{literal(part.strip('`'))}\fP" if i % 2 else part.translate(PROSE_ESCAPES)
                   for i, part in enumerate(parts))


def paragraphs(texts):
    """Paragraphs, lists and headed paragraphs."""
    listed = False
    for text in texts:
        if text.startswith("- "):
            head, _, rest = text[2:].partition(": ")
            yield from entry(head.strip("`"), rest)
        elif text.startswith("@code\n"):
            yield ".PP"
            yield from example(text.removeprefix("@code\n"))
        elif text.startswith("@par "):
            head, _, rest = text[5:].partition("\n")
            yield f".SS {head}"
            yield from prose(rest)
        else:
            yield ".PP"
            yield from prose(text)
        listed = text.startswith("- ")
    if listed:
        yield ".PD"


def example(code):
    yield ".EX"
    for line in code.splitlines():
        yield guarded(literal(line.expandtabs(8)))
    yield ".EE"


def entry(name, text):
    yield ".TP"
    yield f".B {literal(name)}" if " " not in name else f'.B "{literal(name)}"'
    yield from prose(text)


def prototype(declaration):
    """The declaration as people write it, a parameter after the other, as many to a line as have room."""
    yield ".nf"
    for number, line in enumerate(textwrap.wrap(declaration, COLUMNS - 8, break_on_hyphens=False)):
        yield rf"\fB{'    ' if number else ''}{literal(line)}\fP"
    yield ".fi"


def sentence(text):
    """Texts of parameters and results begin small: so that a list reads as one."""
    return text if text.endswith((".", "...")) else text + "."


def call(item):
    """What a function's parameters and its result mean."""
    for name, text in item.doc.params.items():
        out = " (out)" if name in item.doc.outputs else ""
        yield ".TP"
        yield rf"\fI{literal(name)}\fP{out}"
        yield from prose(text)
    if item.doc.result:
        yield from entry("Returns", sentence(item.doc.result))


def members(item):
    for member in item.members:
        first, *more = member.doc.paragraphs
        yield from entry(member.declaration, first)
        for text in more:
            yield ".IP"
            yield from prose(text)


def shown(item):
    """One declaration: its name as a heading, what it looks like, what it means."""
    yield f".SS {literal(heading(item))}"
    if item.kind in ("function", "callback", "macro", "type", "variable"):
        yield from prototype(item.declaration)
    first = True
    for line in paragraphs(item.doc.paragraphs):
        if not (first and line == ".PP" and item.kind in ("struct", "enum")):
            yield line
        first = False
    yield from members(item)
    yield from call(item)


def heading(item):
    return item.members[0].name + " ..." if item.kind == "enum" and not item.name.startswith("enum ") else item.name


def title(text):
    """A group's title, as the heading of a section."""
    return text.upper()


def what_it_is(first):
    """The first words of the header, as short as apropos(1) likes them."""
    return re.split(r" \(|\.$", first)[0].removeprefix("The ")


def page(reader, version, date, others):
    name = reader.path.stem
    first, *more = reader.doc.paragraphs
    yield ".\\\" Written by tools/manual3.py from " + reader.path.name
    yield f'.TH {name.upper()} 3 {date} "vouch {version}"'
    yield ".SH NAME"
    yield rf"{name} \- {what_it_is(first)}"
    yield ".SH SYNOPSIS"
    yield ".nf"
    yield rf"\fB#include <{name}.h>\fP"
    yield ""
    yield rf"cc \fIprogram.c\fP $(pkg\-config \-\-cflags \-\-libs {literal(name.replace('_', '-'))})"
    yield ".fi"
    yield ".SH DESCRIPTION"
    yield from list(paragraphs(more))[1:]
    for group in reader.groups:
        yield f".SH {title(group.title)}"
        yield from list(paragraphs(group.doc.paragraphs))[1:]
        for item in group.items:
            yield from shown(item)
    yield ".SH SEE ALSO"
    for number, other in enumerate(others):
        manual, section = other[:-1].split("(")
        yield f".BR {literal(manual)} ({section}){',' if number + 1 < len(others) else ''}"


def main(arguments):
    if len(arguments) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    version, date, header, *others = arguments
    try:
        reader = public_header.read_header(Path(header))
    except (public_header.HeaderError, OSError) as error:
        print(f"manual3: {error}", file=sys.stderr)
        return 1
    print("\n".join(page(reader, version, date, others)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
