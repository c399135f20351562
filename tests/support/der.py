# SPDX-License-Identifier: Apache-2.0
"""DER, written by hand on both sides: the tests must see the octets, not what a forgiving library makes of
them."""

import datetime

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID, ENUMERATED = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0A
UTF8, PRINTABLE, IA5, UTC_TIME, GENERALIZED_TIME, SEQUENCE, SET = 0x0C, 0x13, 0x16, 0x17, 0x18, 0x30, 0x31


class NotDer(ValueError):
    """The octets are not DER; the text says where."""


def tlv(tag, *parts):
    content = b"".join(parts)
    n = len(content)
    if n < 128:
        return bytes([tag, n]) + content
    size = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + content


def seq(*parts):
    return tlv(SEQUENCE, *parts)


def octets(content):
    return tlv(OCTET_STRING, content)


def bits(content, unused=0):
    return tlv(BIT_STRING, bytes([unused]), content)


def null():
    return tlv(NULL)


def boolean(value):
    return tlv(BOOLEAN, b"\xff" if value else b"\x00")


def explicit(number, *parts):
    return tlv(0xA0 | number, *parts)


def integer_content(value):
    return value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True) if value >= 0 else negative(value)


def negative(value):
    return value.to_bytes((value + 1).bit_length() // 8 + 1, "big", signed=True)


def integer(value):
    return tlv(INTEGER, integer_content(value))


def arc(value):
    out = [value & 0x7F]
    while value > 0x7F:
        value >>= 7
        out.append(0x80 | value & 0x7F)
    return bytes(reversed(out))


def oid(dotted):
    first, second, *rest = [int(part) for part in dotted.split(".")]
    return tlv(OID, arc(first * 40 + second), *[arc(part) for part in rest])


def generalized(when):
    return tlv(GENERALIZED_TIME, when.strftime("%Y%m%d%H%M%SZ").encode())


def time(when):
    """The Time of RFC 5280 4.1.2.5: UTCTime until 2049."""
    return tlv(UTC_TIME, when.strftime("%y%m%d%H%M%SZ").encode()) if when.year < 2050 else generalized(when)


class Node:
    """One element: its tag, its offset in the message, its own octets and its content."""

    def __init__(self, data, at, end):
        self.at = at
        self.tag, body, stop = head(data, at, end)
        self.raw = data[at:stop]
        self.content = data[body:stop]
        self.body, self.stop, self.data = body, stop, data

    def children(self):
        return walk(self.data, self.body, self.stop)

    def __repr__(self):
        return f"Node(tag={self.tag:#x}, at={self.at}, {self.raw.hex()})"


def head(data, at, end):
    if at + 2 > end:
        raise NotDer(f"no room for a tag and a length at {at}")
    tag, first = data[at], data[at + 1]
    if tag & 0x1F == 0x1F:
        raise NotDer(f"tag number above 30 at {at}")
    body, size = at + 2, first
    if first >= 0x80:
        count = first & 0x7F
        if count == 0 or count > 4 or body + count > end:
            raise NotDer(f"indefinite or absurd length at {at}")
        size = int.from_bytes(data[body:body + count], "big")
        body += count
        if size < 128 or data[at + 2] == 0:
            raise NotDer(f"length is not minimal at {at}")
    if body + size > end:
        raise NotDer(f"element at {at} runs past the end")
    return tag, body, body + size


def walk(data, at=0, end=None):
    end = len(data) if end is None else end
    nodes = []
    while at < end:
        node = Node(data, at, end)
        nodes.append(node)
        at = node.stop
    return nodes


def one(data):
    """The single element that the octets are."""
    nodes = walk(data)
    if len(nodes) != 1:
        raise NotDer(f"{len(nodes)} elements where one is expected")
    return nodes[0]


def children(data):
    return one(data).children()


def to_int(content):
    return int.from_bytes(content, "big", signed=True)


def to_oid(content):
    arcs, value = [], 0
    for octet in content:
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(a) for a in [first, arcs[0] - 40 * first, *arcs[1:]])


def to_time(content):
    return datetime.datetime.strptime(content.decode(), "%Y%m%d%H%M%SZ").replace(tzinfo=datetime.timezone.utc)


def check(data):
    """Every primitive rule of X.690 10 and 11 that an OCSP message can break, at any depth."""
    for node in walk(data):
        check_node(node)


def check_node(node):
    rules = {BOOLEAN: check_boolean, INTEGER: check_integer, ENUMERATED: check_integer, NULL: check_null,
             BIT_STRING: check_bits, OID: check_oid, GENERALIZED_TIME: check_generalized}
    if node.tag & 0x20:
        for child in node.children():
            check_node(child)
    elif node.tag in rules:
        rules[node.tag](node)


def check_boolean(node):
    if node.content not in (b"\x00", b"\xff"):
        raise NotDer(f"BOOLEAN {node.content.hex()} at {node.at}")


def check_integer(node):
    c = node.content
    if not c or len(c) > 1 and (c[0] == 0 and c[1] < 0x80 or c[0] == 0xFF and c[1] >= 0x80):
        raise NotDer(f"INTEGER {c.hex()} at {node.at}")


def check_null(node):
    if node.content:
        raise NotDer(f"NULL with content at {node.at}")


def check_bits(node):
    unused = node.content[0] if node.content else 255
    if unused > 7 or unused and node.content[-1] & ((1 << unused) - 1):
        raise NotDer(f"BIT STRING with bad padding at {node.at}")


def check_oid(node):
    c = node.content
    if not c or c[-1] & 0x80 or any(a < 0x80 and b == 0x80 for a, b in zip(b"\x00" + c, c)):
        raise NotDer(f"OBJECT IDENTIFIER {c.hex()} at {node.at}")


def check_generalized(node):
    if len(node.content) != 15 or not node.content[:14].isdigit() or node.content[14:] != b"Z":
        raise NotDer(f"GeneralizedTime {node.content!r} at {node.at}")
