"""Runs what `make test` leaves out, part by part and always in this order: `python tests/in_parts.py`.

A test belongs to a part by its mark: ``@pytest.mark.long(part="servers")``.
"""

import argparse
import subprocess
import sys
import time

PARTS = {
    "faults": "whole runs that are killed and interrupted",
    "secrets": "any names, and a whole run with a secret in every place where a user puts one",
    "servers": "tracking servers, real ones and broken ones",
    "values": "values of whole runs on two more data sets",
    "routes": "stages run one at a time, with other settings and after other data",
    "postgresql": "searches on a PostgreSQL server that stops and restarts",
    "engine": "longer searches of trials that train nothing",
    "pages": "the pages that make serves, in a browser too",
    "notebooks": "notebooks on what whole runs have left",
    "site": "the documentation's site",
    "wheel": "the package as a wheel in an empty environment",
    "outside": "a package of somebody else, through all stages",
    "calibration": "verdicts on a thousand markets without skill",
    "controls": "one seed of each negative control",
    "proof": "all model types on volatility",
}


def main() -> int:
    """Run the parts and return 1 if one has failed."""
    parser = argparse.ArgumentParser(prog="python tests/in_parts.py", description=__doc__)
    parser.add_argument("--begin-until", type=float, metavar="EPOCH", help="begin no part after that second")
    until = parser.parse_args().begin_until
    failed, left_out = [], []
    for part, what in PARTS.items():
        if until is not None and time.time() > until:
            left_out.append(part)
            continue
        print(f"== {part}: {what}", flush=True)
        done = subprocess.run([sys.executable, "-m", "pytest", "-m", f"long(part={part!r}) and not soak"], check=False)
        if done.returncode != 0:
            failed.append(part)
    if left_out:
        print(f"Left out, the time was over: {', '.join(left_out)}. `make test-all` runs them.")
    if failed:
        print(f"Failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
