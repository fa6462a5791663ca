"""Settings: where they come from, and what is allowed."""

import hashlib
from pathlib import Path

import pytest

from telemetry_server import config
from telemetry_server.config import SETTINGS, ConfigError, load

KEY = "a-key-of-enough-length"


def problems(environ: dict[str, str], folder: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(environ, folder)
    return caught.value.problems


def test_defaults_suffice(tmp_path: Path) -> None:
    """Without any file or variable there is a whole configuration."""
    loaded = load({}, tmp_path)
    assert (loaded.environment, loaded.app_env, loaded.host, loaded.port) == ("local", "local", "127.0.0.1", 8080)
    assert (loaded.workers, loaded.retention_days, loaded.rate_limit) == (1, 90, 1000)
    assert (loaded.cache_staleness_ms, loaded.collect, loaded.api_keys) == (1000, True, ())


def test_environment_wins_over_files(tmp_path: Path) -> None:
    """Real environment, then the environment's own file, then the default; `.env` is not read beside it."""
    (tmp_path / ".env").write_text("PORT=1001\nWORKERS=2\nHOST=0.0.0.0\n")
    (tmp_path / ".env.dev").write_text('PORT=1002\nexport WORKERS="3" # comment\n')
    common = load({}, tmp_path)
    assert (common.port, common.workers, common.host) == (1001, 2, "0.0.0.0")  # noqa: S104
    special = load({"ENVIRONMENT": "dev"}, tmp_path)
    assert (special.port, special.workers, special.host, special.app_env) == (1002, 3, "127.0.0.1", "dev")
    assert load({"ENVIRONMENT": "dev", "PORT": "1003"}, tmp_path).port == 1003
    assert load({"ENVIRONMENT": "test"}, tmp_path).port == 1001


def test_common_file_may_name_the_environment(tmp_path: Path) -> None:
    """ENVIRONMENT in `.env` picks the other file; in the real environment it wins."""
    (tmp_path / ".env").write_text("ENVIRONMENT=dev\nPORT=1001\n")
    assert (load({}, tmp_path).environment, load({}, tmp_path).port) == ("dev", 1001)
    (tmp_path / ".env.dev").write_text("PORT=1002\n")
    assert (load({}, tmp_path).environment, load({}, tmp_path).port) == ("dev", 1002)
    assert load({"ENVIRONMENT": "test"}, tmp_path).environment == "test"


def test_empty_counts_as_not_given(tmp_path: Path) -> None:
    """An empty value, in a file or outside, leaves the default."""
    (tmp_path / ".env").write_text("PORT=\nAPI_KEYS=\nAPP_ENV=\n")
    loaded = load({"WORKERS": "", "ENVIRONMENT": " "}, tmp_path)
    assert (loaded.port, loaded.workers, loaded.app_env) == (8080, 1, "local")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ENVIRONMENT", "production"),
        ("APP_ENV", "a b"),
        ("APP_ENV", "a" * 39),
        ("APP_ENV", "a/b"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "80a"),
        ("PORT", "\u0661"),
        ("PORT", "-1"),
        ("HOST", "a b"),
        ("WORKERS", "0"),
        ("WORKERS", "many"),
        ("RETENTION_DAYS", "0"),
        ("RATE_LIMIT", "-1"),
        ("RATE_LIMIT", "1.5"),
        ("CACHE_STALENESS_MS", "60001"),
        ("MAX_BODY_BYTES", "1"),
        ("COLLECT", "yes"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_wrong_value_is_told_in_one_line(tmp_path: Path, variable: str, value: str) -> None:
    """The line names the variable, the value and what is allowed."""
    (line,) = problems({variable: value}, tmp_path)
    allowed = next(setting.allowed for setting in SETTINGS if setting.variable == variable)
    assert line.startswith(f"{variable}: {value!r}")
    assert allowed in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MONGO_URI", "http://user:sesame@host"),
        ("MONGO_URI", "sesame"),
        ("REDIS_URI", "mongodb://:sesame@host"),
        ("API_KEYS", "sesame"),
        ("API_KEYS", f"{KEY},sesame"),
        ("API_KEYS", "sesame sesame sesame"),
    ],
)
def test_secrets_are_never_shown(tmp_path: Path, variable: str, value: str) -> None:
    """A wrong secret is told without its value; a right one is in no representation."""
    (line,) = problems({variable: value}, tmp_path)
    assert line.startswith(variable)
    assert "sesame" not in line


def test_keys_are_kept_as_digests(tmp_path: Path) -> None:
    """Of a key only its SHA-256 is held, and nothing secret is in the text of a configuration."""
    loaded = load({"API_KEYS": f" {KEY} , other-{KEY}", "MONGO_URI": "mongodb://u:sesame@h"}, tmp_path)
    assert loaded.api_keys[0] == hashlib.sha256(KEY.encode()).digest()
    assert len(loaded.api_keys) == 2
    assert KEY not in repr(loaded)
    assert "sesame" not in repr(loaded)


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    """Every wrong value has its line."""
    lines = problems({"PORT": "x", "WORKERS": "x", "API_KEYS": "short"}, tmp_path)
    assert [line.partition(":")[0] for line in lines] == ["PORT", "WORKERS", "API_KEYS"]


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_guarded_environments_need_keys(tmp_path: Path, environment: str) -> None:
    """Staging and prod do not start without a key."""
    (line,) = problems({"ENVIRONMENT": environment}, tmp_path)
    assert line.startswith("API_KEYS")
    assert load({"ENVIRONMENT": environment, "API_KEYS": KEY}, tmp_path).environment == environment


@pytest.mark.parametrize("raw", [b"PORT=1\nnonsense here\n", b"\xff\xfe", b"PORT='1\n"])
def test_unreadable_file_is_told(tmp_path: Path, raw: bytes) -> None:
    """A line that sets nothing, or bytes that are no text, stop the start."""
    (tmp_path / ".env").write_bytes(raw)
    assert all(line.startswith(".env") for line in problems({}, tmp_path))


def test_sample_loads_as_the_defaults(tmp_path: Path) -> None:
    """`.env.sample` as it is gives what no file gives."""
    (tmp_path / ".env").write_text(config.sample())
    assert load({}, tmp_path) == load({}, tmp_path / "none")
