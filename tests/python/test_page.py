# SPDX-License-Identifier: Apache-2.0
"""The lines in Python of docs/embedding.md are one program that runs."""

from support import pages, program


def test_the_page_on_embedding_runs(ca, delegated, tmp_path, run_python):
    (tmp_path / "ca.pem").write_bytes(ca.pem())
    delegated.write(tmp_path, "ocsp")
    text = pages.source(program.ROOT / "docs" / "embedding.md", "python")
    assert "assert" in text
    run_python(text)
