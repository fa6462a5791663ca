"""A backup: all collections of a database and of its tenants' databases, as they were at one instant, in one file.

    take.py      the databases -> a file
    check.py     a file -> what it holds, or Damaged
    restore.py   a file -> databases that were empty
    form.py      the file: chunks, each with the digest of all up to it
    commands.py  these, for the command line; progress.py: how far it is, on a terminal

Left out is what is made anew: indexes (from their table, by `migrate`) and Redis (a cache). Settings, and the keys in
API_KEYS with them, are no part of a database.
"""

from telemetry_server.backups.commands import checked, restored, taken

__all__ = ["checked", "restored", "taken"]
