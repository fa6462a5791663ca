"""Command line: ask and send, serve, and what operators need."""

from telemetry_server.commands.ending import quiet


def main() -> None:
    """The entry point."""
    with quiet():
        from telemetry_server.commands import cli  # noqa: PLC0415 - Ctrl-C may come meanwhile

        cli(prog_name="telemetry")


if __name__ == "__main__":
    main()
