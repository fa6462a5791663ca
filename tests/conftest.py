"""Fixtures over the real parts: one mongod and one redis-server a test run, and servers as processes.

The two are started by the first test that asks for them, in whichever worker it runs, adopted by the other
workers, and swept away when the run ends, in order or not.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

import httpx
import pymongo
import pytest
import redis

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from tools import sweep  # noqa: E402
from tools.loaded import Loaded  # noqa: E402
from tools.processes import free_port  # noqa: E402
from tools.server import Server  # noqa: E402
from tools.stack import Stack  # noqa: E402
from tools.terminal import Problem  # noqa: E402

from telemetry_server.config import SETTINGS  # noqa: E402  after the path
from telemetry_server.stores import redis as stores_redis  # noqa: E402

StartServer = Callable[..., Server]

MONGOD_ARGUMENTS = ("--wiredTigerCacheSizeGB", "0.25")
STACK = pytest.StashKey[Stack]()
SWEEPER = pytest.StashKey[subprocess.Popen[bytes]]()

SETTING_NAMES = {setting.variable for setting in SETTINGS}

for _name in SETTING_NAMES:  # what the caller's shell says of the settings is no part of a test
    os.environ.pop(_name, None)
# A shell that runs the tests in the background has them ignore Ctrl-C, and so would all that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

BROWSER_TESTS = "browser"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--browser", action="store_true", help="also the tests of the console in a real browser")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Without --browser its tests are not collected, so that they need no browser installed."""
    wanted = config.getoption("--browser")
    return True if collection_path == ROOT / "tests" / BROWSER_TESTS and not wanted else None


def pytest_configure(config: pytest.Config) -> None:
    given = _worker_folder(config)
    folder = Path(given or tempfile.mkdtemp(prefix="telemetry-server-tests-"))
    config.stash[STACK] = Stack(folder, mongod_arguments=MONGOD_ARGUMENTS)
    if given is None:
        config.stash[SWEEPER] = sweep.start(folder)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Tell a worker of pytest-xdist the folder of the shared stack."""
    node.workerinput["stack_folder"] = str(node.config.stash[STACK].folder)  # type: ignore[attr-defined]


def pytest_unconfigure(config: pytest.Config) -> None:
    if SWEEPER in config.stash:
        config.stash[SWEEPER].communicate()


def _worker_folder(config: pytest.Config) -> str | None:
    folder: str | None = getattr(config, "workerinput", {}).get("stack_folder")
    return folder


@pytest.fixture(scope="session")
def stack(pytestconfig: pytest.Config) -> Stack:
    """The MongoDB and Redis that all tests share; never stop or flush them: see `private_stack`."""
    shared = pytestconfig.stash[STACK]
    shared.up()
    return shared


@pytest.fixture(scope="session")
def mongo_uri(stack: Stack) -> str:
    return stack.mongo_uri


@pytest.fixture(scope="session")
def redis_uri(stack: Stack) -> str:
    return stack.redis_uri


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy this machine is, Redis is not given up in this process."""
    monkeypatch.setattr(stores_redis, "TIMEOUT_SECONDS", 5)


@pytest.fixture
def scratch(pytestconfig: pytest.Config) -> Iterator[Path]:
    """A folder of this test's own; processes with a record in it end with the run at the latest."""
    with _folder(pytestconfig.stash[STACK]) as folder:
        yield folder


@pytest.fixture
def private_stack(scratch: Path) -> Iterator[Stack]:
    """A MongoDB and a Redis of this test's own, to be killed, paused (SIGSTOP) and flushed."""
    with Stack(scratch / "stack", mongod_arguments=MONGOD_ARGUMENTS) as own:
        yield own


@pytest.fixture
def app_env(stack: Stack) -> Iterator[str]:
    """A fresh APP_ENV; its database and Redis keys are removed afterwards."""
    name = _fresh_app_env()
    yield name
    _forget(stack, name)


@pytest.fixture
def start_server(stack: Stack) -> Iterator[StartServer]:
    """`start_server(*arguments, **environment)` starts a server, which is stopped afterwards."""
    with servers(stack) as start:
        yield start


@pytest.fixture(scope="module")
def server(stack: Stack) -> Iterator[Server]:
    """One running server for the whole module, with an APP_ENV of its own."""
    with servers(stack) as start:
        yield start()


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[httpx.Client]:
    """An HTTP client of `server`."""
    with httpx.Client(base_url=server.url, timeout=10) as client:
        yield client


@contextmanager
def servers(stack: Stack) -> Iterator[StartServer]:
    """Start servers on free ports, in folders without `.env`, each with its own APP_ENV if none is given."""
    with ExitStack() as cleanup:

        def start(*arguments: str, module: str = "telemetry_server", **environment: str) -> Server:
            app_env = _fresh_app_env()
            cleanup.callback(_forget, stack, app_env)
            folder = cleanup.enter_context(_folder(stack))
            settings = {
                "ENVIRONMENT": "test",
                "APP_ENV": app_env,
                "MONGO_URI": stack.mongo_uri,
                "REDIS_URI": stack.redis_uri,
                "RATE_LIMIT": "0",
                "COLLECT": "0",
            }
            server = Server(folder)
            cleanup.callback(server.stop)
            try:
                server.start(
                    {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'scripts'}", **settings, **environment},
                    port=free_port(),
                    arguments=arguments,
                    folder=folder,
                    module=module,
                    loaded=_loaded() if module == "telemetry_server" and environment.keys() <= SETTING_NAMES else None,
                )
            except Problem:
                print(server.process.log.read_text(errors="replace"))  # noqa: T201  shown with the failed test
                raise
            return server

        yield start


@cache
def _loaded() -> Loaded:
    return Loaded()


@contextmanager
def _folder(stack: Stack) -> Iterator[Path]:
    # Not tmp_path, which outlives the run: a database is large.
    folder = Path(tempfile.mkdtemp(dir=stack.folder))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _fresh_app_env() -> str:
    return f"t-{uuid.uuid4().hex[:12]}"


def _forget(stack: Stack, app_env: str) -> None:
    with pymongo.MongoClient[dict[str, object]](stack.mongo_uri) as mongo:
        own = f"telemetry_server_{app_env}"
        for name in mongo.list_database_names():
            if name == own or name.startswith(f"{own}~"):  # a tenant's
                mongo.drop_database(name)
    with redis.Redis.from_url(stack.redis_uri) as cache:
        for key in cache.scan_iter(match=f"*{app_env}*"):
            cache.delete(key)
