"""Command line: serve, and what operators need."""

from telemetry_server.commands import cli


def main() -> None:
    """The entry point."""
    cli(prog_name="telemetry")


if __name__ == "__main__":
    main()
