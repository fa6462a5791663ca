"""Bytes in and out: connections, framing, content codings, JSON, tables, problems."""
