# SPDX-License-Identifier: Apache-2.0
"""The lines in Python of the pages in docs/ are programs that run, and do what the pages say."""

import pytest

from support import pages, program

# What is asked of each page's program behind its last line.
PAGES = {
    "embedding.md": "",
    "migrating.md": """
def status(serial_number):
    request = vouch.Request([(issuer, serial_number)])
    single = vouch.Response.verify(responder.handle(request.encode()), request).singles[0]
    return single.cert_status, single.revocation_reason

assert status(0x11) == (vouch.CertStatus.GOOD, None)
assert status(0x22) == (vouch.CertStatus.REVOKED, vouch.Reason.KEY_COMPROMISE)
""",
}


@pytest.mark.parametrize("page", PAGES)
def test_the_program_of_a_page_runs(ca, delegated, tmp_path, run_python, page):
    (tmp_path / "ca.pem").write_bytes(ca.pem())
    delegated.write(tmp_path, "ocsp")
    text = pages.source(program.ROOT / "docs" / page, "python")
    assert "vouch.Issuer" in text
    run_python(text + PAGES[page])
