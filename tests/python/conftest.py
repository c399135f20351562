# SPDX-License-Identifier: Apache-2.0
"""What the tests of the Python packages share: a CA, its responder, and Pythons of their own."""

import os
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

try:
    import vouch
except ImportError as error:
    raise SystemExit(f"{error}: start these tests with tests/python/run BUILD_DIR") from error

from support import pki  # noqa: E402

# The sanitizer's runtime is for Pythons only: openssl and the like run without.
PRELOAD = {name: os.environ.pop(name) for name in ("LD_PRELOAD",) if name in os.environ}
CHILD_SECONDS = 120


@pytest.fixture(scope="session")
def ca():
    """A CA with a P-256 key."""
    return pki.authority("Python CA", pki.key("p256", "python ca"))


@pytest.fixture(scope="session")
def delegated(ca):
    """The certificate and key of its delegated responder."""
    return ca.signer(pki.key("p256", "python signer"))


@pytest.fixture(scope="session")
def signer(delegated):
    return vouch.Signer(delegated.pem(), delegated.key.pem())


@pytest.fixture
def answering(ca, signer):
    """answering(source, options of the issuer): a responder for the CA."""
    def make(source, cache=0, **options):
        return vouch.Responder(vouch.Issuer(ca.pem(), signers=[signer], sources=[source], **options),
                               cache=cache)

    return make


@pytest.fixture
def python_environment():
    """What a Python of its own needs."""
    return {**os.environ, **PRELOAD}


@pytest.fixture
def run_python(tmp_path, python_environment):
    """run_python(text): what a Python of its own prints that runs the text and ends well."""
    def run(text, code=0, **variables):
        script = tmp_path / "program.py"
        script.write_text(text)
        env = {**python_environment, **{name: str(value) for name, value in variables.items()}}
        done = subprocess.run([sys.executable, str(script)], env=env, stdin=subprocess.DEVNULL, cwd=tmp_path,
                              capture_output=True, text=True, timeout=CHILD_SECONDS)
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    return run
