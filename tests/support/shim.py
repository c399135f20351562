# SPDX-License-Identifier: Apache-2.0
"""The page through which a test moves a server's clock and breaks its signing (shim.c is preloaded into the
server)."""

import functools
import mmap
import os
import pathlib
import struct
import subprocess
import tempfile

SOUND, FAILING, FLIPPED = 0, 1, 2


@functools.lru_cache(maxsize=None)
def library():
    """The compiled shim."""
    out = pathlib.Path(tempfile.mkdtemp(prefix="vouch-shim-"), "shim.so")
    source = pathlib.Path(__file__).with_name("shim.c")
    subprocess.run([os.environ.get("CC", "cc"), "-std=gnu17", "-O1", "-Wall", "-Werror", "-shared", "-fPIC",
                    "-o",
                    out, source, "-ldl"], check=True)
    return out


class Shim:
    LAYOUT = struct.Struct("<qii")

    def __init__(self, directory):
        self.path = pathlib.Path(directory, "shim.page")
        self.path.write_bytes(bytes(4096))
        with open(self.path, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), 4096)

    def environment(self):
        options = os.environ.get("ASAN_OPTIONS")
        return {"VOUCH_TEST_SHIM": str(self.path), "LD_PRELOAD": str(library()),
                "ASAN_OPTIONS": ":".join(filter(None, [options, "verify_asan_link_order=0"]))}

    def read(self):
        return self.LAYOUT.unpack_from(self.page)

    def move_clock(self, seconds):
        """The server's clock runs this many seconds ahead of the real one."""
        struct.pack_into("<q", self.page, 0, seconds)

    def signing(self, mode):
        struct.pack_into("<i", self.page, 8, mode)

    def signatures(self):
        return self.read()[2]
