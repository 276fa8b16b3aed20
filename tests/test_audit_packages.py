"""`make audit-packages` says what is vulnerable, and never that nothing is where it could not ask."""

import json
import sys

import pytest
from tests.audit_packages import FOUND, NONE, PIP_AUDIT, UNKNOWN, audit

VULNERABLE = {"name": "a", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}
SAFE, SKIPPED = {"name": "b", "version": "1", "vulns": []}, {"name": "c", "skip_reason": "not on PyPI"}


def answering(packages, code):
    report = json.dumps({"dependencies": packages})
    return [sys.executable, "-c", f"import sys; print({report!r}); sys.exit({code})"]


@pytest.mark.parametrize(
    ("packages", "code", "expected", "said"),
    [
        (
            [VULNERABLE, SAFE],
            1,
            FOUND,
            "a 1: CVE-1, fixed in 2\n2 packages audited, known vulnerabilities: 1.\nNot audited: none.",
        ),
        ([SAFE, SKIPPED], 0, NONE, "1 packages audited, known vulnerabilities: 0.\nNot audited: c."),
        ([SKIPPED], 0, UNKNOWN, "could not be audited, and nothing is known of them"),
        ([], 0, UNKNOWN, "could not be audited, and nothing is known of them"),
    ],
)
def test_a_report_of_pip_audit_is_said_in_words_and_in_a_code(capsys, packages, code, expected, said):
    assert audit(answering(packages, code)) == expected
    assert said in "".join(capsys.readouterr())


def test_without_a_network_the_reason_and_a_code_of_its_own(capsys):
    assert audit([sys.executable, "-c", "raise ConnectionError('pypi.org does not answer')"]) == UNKNOWN
    said = capsys.readouterr().err
    assert "nothing is known of them: ConnectionError: pypi.org does not answer" in said
    assert "where there is a network" in said
    assert "Traceback" not in said


def test_the_project_itself_is_no_package_of_pypi():
    assert "--skip-editable" in PIP_AUDIT
