# SPDX-License-Identifier: Apache-2.0
# The public headers as data: groups, declarations and what their comments say; refuses a declaration without words.

import re
from dataclasses import dataclass, field
from pathlib import Path

DOC = re.compile(r"/\*\*(?!<)(.*?)\*/", re.S)
COMMENT = re.compile(r"/\*.*?\*/", re.S)
GROUP = re.compile(r"@defgroup (\w+) (.+)")


class HeaderError(Exception):
    """What a header lacks: FILE:LINE: what."""


@dataclass
class Doc:
    """One comment: paragraphs (an entry of a list, which begins with "- ", is one, and so is an example, which begins with
    "@code"), parameters, the result."""
    paragraphs: list = field(default_factory=list)
    params: dict = field(default_factory=dict)
    outputs: set = field(default_factory=set)
    result: str = ""


@dataclass
class Member:
    """A field of a structure, or a value of an enumeration."""
    declaration: str
    name: str
    doc: Doc


@dataclass
class Item:
    """One declaration.  kind: function, callback, struct, enum, type, variable or macro."""
    kind: str
    name: str
    declaration: str
    doc: Doc
    members: list = field(default_factory=list)
    params: list = field(default_factory=list)
    exported: bool = False


@dataclass
class Group:
    title: str
    doc: Doc
    items: list = field(default_factory=list)


def lines_of(body):
    """The text of a comment, without the stars in front."""
    return [re.sub(r"^\s*\* ?", "", line).rstrip() for line in body.strip().splitlines()]


def read_code(doc, line):
    """A line of an example, as it stands; returns what the next line belongs to."""
    if line == "@code":
        doc.paragraphs.append(line)
    elif line != "@endcode":
        doc.paragraphs[-1] += "\n" + line
    return None if line == "@endcode" else "code"


def read_doc(body):
    doc = Doc()
    target = None               # where the next line goes on: a function that takes it
    for line in lines_of(body):
        if target == "code" or line == "@code":
            target = read_code(doc, line)
            continue
        tag = re.match(r"@(param(?:\[out\])?|return)\s+(.*)", line)
        if tag and tag[1] == "return":
            doc.result, target = tag[2], "result"
        elif tag:
            name, _, text = tag[2].partition(" ")
            doc.params[name], target = text, name
            if tag[1].endswith("[out]"):
                doc.outputs.add(name)
        elif not line:
            target = None
        elif target == "result":
            doc.result += " " + line.strip()
        elif target in doc.params:
            doc.params[target] += " " + line.strip()
        elif target == "paragraph" and not line.startswith(("- ", "@par ")):
            doc.paragraphs[-1] += ("\n" if doc.paragraphs[-1].startswith("@par ") and "\n" not in doc.paragraphs[-1]
                                   else " ") + line.strip()
        else:
            doc.paragraphs.append(line)
            target = "paragraph"
    return doc


def one_line(text):
    return re.sub(r"\s+", " ", COMMENT.sub("", text)).strip().replace("( ", "(")


def end_of(text, start):
    """Behind the declaration that begins at start: its ';' or, for a function in the header, its '}'."""
    depth, at = 0, start
    while at < len(text):
        if text.startswith("/*", at):
            at = text.index("*/", at) + 1
        elif text[at] in "({":
            depth += 1
        elif text[at] in ")}":
            depth -= 1
            if depth == 0 and text[at] == "}" and re.match(r"\s*\n\n", text[at + 1:at + 4]):
                return at + 1
        elif text[at] == ";" and depth == 0:
            return at + 1
        at += 1
    raise ValueError("a declaration without an end")


def read_members(body, separator):
    """(declaration, Doc or None) of each part; a comment stands before what it is about."""
    doc, rest = None, body
    while rest.strip():
        rest = rest.lstrip()
        comment = DOC.match(rest)
        if comment:
            doc, rest = read_doc(comment[1]), rest[comment.end():]
            continue
        ends = rest.find(separator)
        ends = len(rest) if ends < 0 else ends
        yield one_line(rest[:ends]), doc
        doc, rest = None, rest[ends + 1:]


def split_params(text):
    """The names of the parameters; those of a function that is one itself stay together."""
    names, depth, part = [], 0, ""
    for c in text + ",":
        depth += (c == "(") - (c == ")")
        if c == "," and depth == 0:
            function = re.search(r"\(\*(\w+)\)\(", part)
            plain = re.search(r"(\w+)(\[\w*\])*\s*$", part)
            names += [function[1] if function else plain[1]]
            part = ""
        else:
            part += c
    return [name for name in names if name != "void"]


class Reader:
    """Reads one header."""

    def __init__(self, path):
        self.path = path
        self.text = re.sub(r"^#ifdef __cplusplus\n.*?^#endif\n", lambda m: re.sub(r"[^\n]", " ", m[0]),
                           path.read_text(encoding="utf-8"), flags=re.S | re.M)
        self.doc = None             # of the file
        self.groups = [Group("", Doc())]

    def fail(self, offset, what):
        line = self.text.count("\n", 0, offset) + 1
        raise HeaderError(f"{self.path}:{line}: {what}")

    def add(self, offset, item):
        if not item.doc:
            self.fail(offset, f"{item.name} has no documentation")
        for member in item.members:
            if not member.doc:
                self.fail(offset, f"{member.name} of {item.name} has no documentation")
        self.check_params(offset, item)
        self.groups[-1].items.append(item)

    def check_params(self, offset, item):
        if item.kind not in ("function", "callback"):
            return
        if list(item.doc.params) != item.params:
            self.fail(offset, f"{item.name}({', '.join(item.params)}) is documented with ({', '.join(item.doc.params)})")
        is_void = re.search(r"\bvoid " + item.name, item.declaration) is not None
        if is_void == bool(item.doc.result):
            self.fail(offset, f"{item.name}: @return is {'there, and nothing is returned' if is_void else 'missing'}")

    def comment(self, offset, body):
        """Opens or closes a group or the file; else the words for what follows."""
        doc = read_doc(body)
        group = GROUP.search(body)
        if group:
            doc.paragraphs = [p for p in doc.paragraphs if not p.startswith(("@defgroup", "@{"))]
            doc.paragraphs = [p.replace(" @{", "") for p in doc.paragraphs]
            self.groups.append(Group(group[2].strip(), doc))
        elif "@}" in body:
            self.groups.append(Group("", Doc()))
        elif "@file" in body:
            doc.paragraphs[0] = re.sub(r"@file \S+ ?", "", doc.paragraphs[0])
            self.doc = doc
        else:
            return doc
        return None

    def macro(self, offset, line, doc):
        name = re.match(r"#\s*define\s+(\w+(\([^)]*\))?)\s*(.*)", line)
        known = [item.name for group in self.groups for item in group.items]
        if name and name[1].split("(")[0] not in known and name[3]:
            self.add(offset, Item("macro", name[1].split("(")[0], one_line(f"#define {name[1]} {name[3]}"), doc))

    def declaration(self, offset, text, doc):
        enum = re.match(r"enum (\w+ )?\{(.*)\};$", text, re.S)
        struct = re.match(r"typedef struct \{(.*)\} (\w+);$", text, re.S)
        if enum:
            members = [Member(d, d.split(" ")[0], w) for d, w in read_members(enum[2], ",")]
            name = (enum[1] or "").strip()
            self.add(offset, Item("enum", f"enum {name}" if name else members[0].name, f"enum {name}".strip(), doc, members))
        elif struct:
            members = [Member(d, member_name(d), w) for d, w in read_members(struct[1], ";")]
            self.add(offset, Item("struct", struct[2], f"typedef struct {{ ... }} {struct[2]};", doc, members))
        else:
            self.function_or_type(offset, one_line(text), doc)

    def function_or_type(self, offset, text, doc):
        elsewhere = text.startswith(("VOUCH_INLINE ", "VOUCH_PLUGIN "))
        clean = re.sub(r"\b(VOUCH_API|VOUCH_MUST|VOUCH_INLINE|VOUCH_PLUGIN) ", "", text)
        clean = re.sub(r"\s*\{.*\}$", ";", clean)
        function = re.match(r"(typedef )?[\w *]*?\b(\w+)\((.*)\);$", clean)
        if not function:
            exported = text.startswith("VOUCH_API extern ")
            kind = "variable" if exported else "type"
            self.add(offset, Item(kind, re.search(r"(\w+);$", clean)[1], clean.removeprefix("extern "), doc, exported=exported))
            return
        self.add(offset, Item("callback" if function[1] else "function", function[2], clean, doc,
                              params=split_params(function[3]), exported=not elsewhere and not function[1]))

    def examples(self):
        """What the file shows, as C."""
        return [text.removeprefix("@code\n") for text in self.doc.paragraphs if text.startswith("@code\n")]

    def read(self):
        at, doc = 0, None
        while at < len(self.text):
            rest = self.text[at:]
            blank, words, comment = re.match(r"\s+", rest), DOC.match(rest), COMMENT.match(rest)
            if blank:
                at += blank.end()
            elif words:
                doc = self.comment(at, words[1])
                at += words.end()
            elif comment:
                at += comment.end()
            elif rest.startswith("#"):
                line = re.match(r"(?:[^\n]*\\\n)*[^\n]*", rest)[0]
                self.macro(at, line, doc)
                doc = None if line.startswith("#define") else doc
                at += len(line)
            else:
                ends = end_of(self.text, at)
                self.declaration(at, self.text[at:ends], doc)
                at, doc = ends, None
        if self.doc is None:
            self.fail(0, "no @file")
        self.groups = [group for group in self.groups if group.items]
        return self


def member_name(declaration):
    function = re.search(r"\(\*(\w+)\)\(", declaration)
    return function[1] if function else re.search(r"(\w+)(\[\w*\])*$", declaration)[1]


def read_header(path):
    """A Reader with doc and groups; HeaderError where something lacks its words."""
    return Reader(Path(path)).read()


def exported(path):
    """The names of the functions and variables that the header's library exports."""
    return [item.name for group in read_header(path).groups for item in group.items if item.exported]
