"""What commands print. Whatever comes from a server passes `safe` before a terminal gets it."""

from telemetry_server.commands.screen.safe import safe, write, write_json

__all__ = ["safe", "write", "write_json"]
