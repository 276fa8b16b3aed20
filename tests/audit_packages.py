"""Compares the installed packages with PyPI's list of known vulnerabilities: `make audit-packages`.

pip-audit ends with code 1 where it finds one and where it cannot ask, and with 0 where PyPI knows none of the packages,
as a mirror does; so its report is read.
"""

import json
import subprocess
import sys
from collections.abc import Sequence

PIP_AUDIT = (sys.executable, "-m", "pip_audit", "--skip-editable", "--progress-spinner", "off", "--format", "json")
NONE, FOUND, UNKNOWN = 0, 1, 2


def audit(command: Sequence[str] = PIP_AUDIT) -> int:
    """Print what is found; return 0 for nothing, 1 for vulnerabilities, 2 where nothing could be found out."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return _unknown((done.stderr.strip().splitlines() or [f"pip-audit ended with code {done.returncode}"])[-1])
    audited = [package for package in packages if "vulns" in package]
    if not audited:
        return _unknown("its answers are not those of pypi.org")
    found = [(package, one) for package in audited for one in package["vulns"]]
    for package, one in found:
        fixed = ", ".join(one["fix_versions"]) or "no version yet"
        print(f"{package['name']} {package['version']}: {one['id']}, fixed in {fixed}")
    left_out = sorted(package["name"] for package in packages if "vulns" not in package)
    print(f"{len(audited)} packages audited, known vulnerabilities: {len(found)}.")
    print(f"Not audited: {', '.join(left_out) or 'none'}.")
    return FOUND if found else NONE


def _unknown(why: str) -> int:
    print(
        f"The packages could not be audited, and nothing is known of them: {why}\nVulnerabilities are listed by "
        "pypi.org. Run `make audit-packages` where there is a network.",
        file=sys.stderr,
    )
    return UNKNOWN


if __name__ == "__main__":
    sys.exit(audit())
