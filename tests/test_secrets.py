"""One whole run with a secret wherever a user puts one: no file that it leaves, and nothing that it says, has it.

Files are also read as what they are: rows of databases, tables, archives, since a compressed secret is one too.
"""

import base64
import gzip
import os
import re
import sqlite3
import subprocess
import sys
import zlib
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote, unquote

import pandas as pd
import psutil
import pytest
import sqlalchemy
from tests.makers.commands import environment_of_commands
from tests.makers.processes import free_port
from tests.tracking.tracking_servers import failing_server

CANARY = "cAnArY/7#@x"  # with what breaks a URL; it is quoted where it is in one
IN_URL = quote(CANARY, safe="")
ENCODED = [base64.b64encode(f"{before}{CANARY}".encode())[4:-4] for before in ("", "me:", "12", "1")]
FORMS = [b"cAnArY", CANARY.encode(), IN_URL.encode(), *ENCODED]
SMALL = "source=us_tech_ohlcv,hpo.n_trials=2,hpo.workers=1,hpo.tensorboard=true,training.epochs=1"


def in_bytes(data: bytes) -> bool:
    return any(form in data for form in FORMS)


def in_database(engine: sqlalchemy.Engine) -> list[str]:
    """Tables that have a canary, in columns of texts and of bytes."""
    found = []
    with engine.connect() as connection:
        for table in sqlalchemy.inspect(engine).get_table_names():
            for row in connection.execute(sqlalchemy.text(f'select * from "{table}"')):
                for cell in row:
                    data = bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode()
                    with suppress(zlib.error):
                        data += zlib.decompress(data)
                    if in_bytes(data):
                        found.append(f"{table}: {row}")
    engine.dispose()
    return found


def in_file(path: Path) -> bool:
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        data += gzip.decompress(data)
    if path.suffix == ".parquet":
        data += pd.read_parquet(path).to_csv().encode()
    if data.startswith(b"SQLite format 3"):
        return in_bytes(data) or bool(in_database(sqlalchemy.create_engine(f"sqlite:///{path}")))
    return in_bytes(data)


@pytest.fixture
def command_lines(monkeypatch):
    """Everything that processes of a session are called with, while one of its commands runs."""

    def watch(process: subprocess.Popen) -> set[str]:
        seen = set()
        while process.poll() is None:
            for one in [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]:
                with suppress(psutil.Error):
                    seen.add(" ".join(one.cmdline()))
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.5)
        return seen

    return watch


def with_git(project: Path) -> None:
    """A repository whose remote has a token in its URL."""
    for arguments in (["init", "-q"], ["remote", "add", "origin", f"https://me:{IN_URL}@git.example/own.git"]):
        subprocess.run(["git", *arguments], cwd=project, check=True)
    (project / ".gitignore").write_text("data/\n")
    who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run(["git", *who, "commit", "-q", "--allow-empty", "-m", "first"], cwd=project, check=True)


@pytest.mark.slow
@pytest.mark.long(part="secrets")
def test_no_secret_of_a_user_is_in_any_file_or_message(project, database, command_lines, tmp_path):
    with_git(project)
    (project / "conf/local").mkdir(exist_ok=True)
    credentials = project / "conf/local/credentials.yml"
    credentials.write_text(f"own:\n  password: '{CANARY}'\n  url: https://me:{IN_URL}@own.example\n")
    storage = re.sub(r"(//[^:@/]*):?[^@]*@", rf"\1:{IN_URL}@", database.url)
    assert unquote(sqlalchemy.make_url(storage).password) == CANARY
    with failing_server(free_port()) as server:
        environment = environment_of_commands(
            TRADING_HPO_STORAGE=storage,
            MLFLOW_TRACKING_URI=f"{server.replace('//', f'//me:{IN_URL}@')}/?token={IN_URL}",
            MLFLOW_TRACKING_PASSWORD=CANARY,
            TRADING_HPO_NOTIFY=f"json://me:{IN_URL}@127.0.0.1:9/{IN_URL}",
            AWS_SECRET_ACCESS_KEY=CANARY,
            OWN_TOKEN=CANARY,
        )
        said, seen = "", set()
        name = "base-us_tech_ohlcv-direction1.mlp"
        for number, arguments in enumerate(
            [
                ["run", "--namespaces", "mlp", "--params", SMALL],
                ["study", "list"],
                ["study", "show", name],
                ["study", "export", name, "--to", "best.yml"],
                ["study", "archive", name],
                ["study", "dashboard", "--port", "x"],
            ]
        ):
            with (tmp_path / f"said-{number}.txt").open("w+") as log:
                command = [sys.executable, "-m", "kedro", *arguments]
                process = subprocess.Popen(command, cwd=project, env=environment, stdout=log, stderr=subprocess.STDOUT)
                seen |= command_lines(process)
                log.seek(0)
                printed = log.read()
            assert (process.returncode == 0) == ("x" not in arguments), printed
            said += printed
    assert "does not take runs" in " ".join(said.split())
    assert "A notification could not be sent" in " ".join(said.split())
    assert "mlp" in said
    assert not in_bytes(said.encode())
    assert not [line for line in seen if in_bytes(line.encode())]
    left = [path for path in project.rglob("*") if path.is_file() and path != credentials and ".git" not in path.parts]
    assert {path.suffix for path in left} >= {".db", ".parquet", ".json", ".csv", ".safetensors", ".jsonl"}
    assert [path for path in left if in_file(path)] == []
    assert in_database(sqlalchemy.create_engine(database.url)) == []


def test_the_search_for_a_secret_finds_one(tmp_path):
    secret = f"a {CANARY}"
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection, connection:
        connection.execute("create table own (cell blob)")
        connection.execute("insert into own values (?)", (zlib.compress(secret.encode()),))
    pd.DataFrame({"cell": [secret] * 2}).to_parquet(tmp_path / "x.parquet", compression="gzip")
    (tmp_path / "x.gz").write_bytes(gzip.compress(secret.encode()))
    (tmp_path / "x.json").write_text(f'"{IN_URL}"')
    (tmp_path / "x.txt").write_bytes(base64.b64encode(f"me:{CANARY}".encode()))
    for path in tmp_path.iterdir():
        assert in_file(path), path
    (tmp_path / "plain.txt").write_text(os.linesep)
    assert not in_file(tmp_path / "plain.txt")
