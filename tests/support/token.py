# SPDX-License-Identifier: Apache-2.0
"""A PKCS#11 token of SoftHSM's, which a test may slow down, pull and plug in again (slow_pkcs11.c is the module)."""

import functools
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import urllib.parse

from . import program

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so", "/usr/lib/pkcs11/libsofthsm2.so",
           "/usr/local/lib/softhsm/libsofthsm2.so")


def softhsm():
    return next((path for path in MODULES if os.access(path, os.R_OK)), None)


def provider():
    """pkcs11-provider's module, where libcrypto looks for providers."""
    said = subprocess.run(["openssl", "version", "-m"], capture_output=True, text=True, check=True).stdout
    folder = re.search(r'"(.*)"', said)
    path = pathlib.Path(folder[1], "pkcs11.so") if folder else None
    return path if path and path.exists() else None


def has_shared_sanitizer():
    linked = subprocess.run(["ldd", program.path()], capture_output=True, text=True, check=False).stdout
    return "libasan" in linked


def missing():
    """Why there can be no token here; None where there can."""
    if softhsm() is None or shutil.which("softhsm2-util") is None:
        return "SoftHSM is not installed (package softhsm2)"
    if provider() is None:
        return "OpenSSL has no provider for tokens (package pkcs11-provider, in Debian 12's backports)"
    if program.sanitized() and not has_shared_sanitizer():
        return "the provider opens modules in a way that a sanitizer inside the program refuses"
    return None


@functools.lru_cache(maxsize=None)
def compiled(name, *options):
    out = pathlib.Path(tempfile.mkdtemp(prefix="vouch-token-"), name + ".so")
    source = pathlib.Path(__file__).with_name(name + ".c")
    subprocess.run([os.environ.get("CC", "cc"), "-std=gnu17", "-D_GNU_SOURCE", "-O1", "-Wall", "-Werror", "-shared",
                    "-fPIC", "-o", out, source, *options], check=True)
    return out


class Token:
    """A token in a folder of its own; `environment` is for those who use it."""

    def __init__(self, folder, label="vouch", pin="4711-pin"):
        self.folder, self.label, self.pin = pathlib.Path(folder), label, pin
        (self.folder / "tokens").mkdir(parents=True)
        self.configuration = self.folder / "softhsm2.conf"
        self.configuration.write_text(f"directories.tokendir = {self.folder / 'tokens'}\n"
                                      "objectstore.backend = file\nlog.level = ERROR\n")
        self.pulled, self.log, self.delay = self.folder / "pulled", self.folder / "log", 0
        self.module = compiled("slow_pkcs11", "-ldl", "-lpthread")
        self.util("--init-token", "--free", "--label", label, "--so-pin", "87654321")

    def util(self, *arguments):
        subprocess.run(["softhsm2-util", *map(str, arguments), "--pin", self.pin], check=True, capture_output=True,
                       env={**os.environ, "SOFTHSM2_CONF": str(self.configuration)})

    def import_key(self, key, name, identifier):
        """A pki.Key becomes object `name`."""
        path = self.folder / (name + ".key")
        path.write_bytes(key.pem())
        self.util("--import", path, "--token", self.label, "--label", name, "--id", identifier)
        path.unlink()

    def uri(self, name, **query):
        query = {"module-path": self.module, **{key.replace("_", "-"): value for key, value in query.items()}}
        asked = "&".join(f"{key}={urllib.parse.quote(str(value), safe='/')}" for key, value in query.items() if value)
        return f"pkcs11:token={self.label};object={name}" + (f"?{asked}" if asked else "")

    def environment(self):
        preload = {}
        if program.sanitized():
            options = os.environ.get("ASAN_OPTIONS")
            preload = {"LD_PRELOAD": str(compiled("shallow_dlopen", "-ldl")),
                       "ASAN_OPTIONS": ":".join(filter(None, [options, "verify_asan_link_order=0"]))}
        return {"SOFTHSM2_CONF": str(self.configuration), "VOUCH_TEST_TOKEN_MODULE": softhsm(),
                "VOUCH_TEST_TOKEN_PULLED": str(self.pulled), "VOUCH_TEST_TOKEN_LOG": str(self.log),
                "VOUCH_TEST_TOKEN_PIN_CHANGED": str(self.folder / "pin-changed"),
                "VOUCH_TEST_TOKEN_DELAY": str(self.delay), **preload}

    def pull(self):
        self.pulled.touch()

    def plug_in(self):
        self.pulled.unlink(missing_ok=True)

    def count(self, what):
        """How often there was a login ("L") or a signature ("S") up to now."""
        return self.log.read_text().count(what) if self.log.exists() else 0
