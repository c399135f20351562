# SPDX-License-Identifier: Apache-2.0
"""The commands in docs/*.md do what the pages say."""

import pytest

from support import pages, program, webserver

DOCS = program.ROOT / "docs"


def ports(*names):
    return {name: str(webserver.free_port()) for name in names}


def test_the_tutorial_leads_from_nothing_to_a_stapled_nginx(tmp_path):
    pages.run(DOCS / "tutorial.md", tmp_path, ports("OCSP_PORT", "ADMIN_PORT", "TLS_PORT"))


PAGE = "# Title\n\n```sh\necho one; echo two\n```\n\n```text\none\ntwo\n```\n\nText.\n\n```sh\necho three\n```\n"


def written(folder, text):
    path = folder / "page.md"
    path.write_text(text)
    return path


def test_a_page_that_is_right_passes(tmp_path):
    pages.run(written(tmp_path, PAGE), tmp_path)


@pytest.mark.parametrize("was, becomes", [("echo three", "exit 3"), ("echo three", "false"), ("echo two", "echo 2"),
                                          ("echo three", "echo $NO_SUCH_VARIABLE")])
def test_a_page_that_is_wrong_fails(tmp_path, was, becomes):
    with pytest.raises(AssertionError):
        pages.run(written(tmp_path, PAGE.replace(was, becomes)), tmp_path)
