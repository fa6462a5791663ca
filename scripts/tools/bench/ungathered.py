"""The same server and command line, with one insert for each write, as many at once as the driver has threads."""

from telemetry_server.__main__ import main
from telemetry_server.writing import ingest

ingest.MAX_GROUP = 1
ingest.MAX_IN_FLIGHT = 32
main()
