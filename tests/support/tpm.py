# SPDX-License-Identifier: Apache-2.0
"""A TPM 2.0 of swtpm's, with keys in it, which a test may switch off and on again."""

import glob
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from cryptography.hazmat.primitives import serialization

from . import pki, rawhttp

PROVIDERS = ("/usr/lib/*/ossl-modules/tpm2.so", "/usr/lib64/ossl-modules/tpm2.so", "/usr/local/lib*/ossl-modules/tpm2.so")
TCTIS = ("/usr/lib/*/libtss2-tcti-swtpm.so*", "/usr/lib64/libtss2-tcti-swtpm.so*")
KEY = "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign"


def exists(patterns):
    return any(glob.glob(pattern) for pattern in patterns)


def missing():
    """Why there can be no TPM here; None where there can."""
    for program, package in (("swtpm", "swtpm"), ("tpm2_createprimary", "tpm2-tools")):
        if shutil.which(program) is None:
            return f"{program} is not installed (package {package})"
    if not exists(PROVIDERS):
        return "OpenSSL has no provider for TPMs (package tpm2-openssl)"
    if not exists(TCTIS):
        return "nothing connects to swtpm (package libtss2-tcti-swtpm0)"
    return None


class TpmKey(pki.Key):
    """The public half; the private one is in the TPM, at `handle`."""

    def __init__(self, kind, handle, pem):
        super().__init__(kind, None)
        self.handle, self.public = handle, serialization.load_pem_public_key(pem)

    def spki(self):
        return self.public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)

    def pem(self, passphrase=None):
        return b""


class Tpm:
    """It takes one connection at a time, as some real ones do without a resource manager."""

    ALGORITHMS = {"p256": "ecc256", "p384": "ecc384", "rsa2048": "rsa2048"}

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="tpm-")       # its path has to fit into a socket's address
        self.socket, self.handles = f"{self.folder}/s", 0x81000001
        self.tcti = f"swtpm:path={self.socket}"
        self.process = None

    def __enter__(self):
        self.switch_on()
        return self

    def __exit__(self, *unused):
        self.switch_off()
        shutil.rmtree(self.folder)

    def switch_on(self):
        self.process = subprocess.Popen(
            ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.folder}", "--server", f"type=unixio,path={self.socket}",
             "--ctrl", f"type=unixio,path={self.socket}.ctrl", "--flags", "not-need-init,startup-clear"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        rawhttp.until(lambda: os.path.exists(self.socket) and os.path.exists(self.socket + ".ctrl"))

    def switch_off(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        for path in (self.socket, self.socket + ".ctrl"):
            pathlib.Path(path).unlink(missing_ok=True)

    def tool(self, name, *arguments):
        return subprocess.run([f"tpm2_{name}", *arguments], cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True,
                              check=True, timeout=60, env={**os.environ, "TPM2TOOLS_TCTI": self.tcti}).stdout

    def make_key(self, kind, passphrase=None):
        handle = f"0x{self.handles:08x}"
        self.handles += 1
        self.tool("createprimary", "-C", "o", "-G", self.ALGORITHMS[kind], "-c", "key", "-a", KEY,
                  *(["-p", passphrase] if passphrase else []))
        self.tool("evictcontrol", "-C", "o", "-c", "key", handle)
        self.tool("flushcontext", "-t")
        self.tool("readpublic", "-c", handle, "-f", "pem", "-o", "public")
        return TpmKey(kind, handle, pathlib.Path(self.folder, "public").read_bytes())
