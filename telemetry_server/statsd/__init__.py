"""StatsD over UDP.

window.py    what came since it was last stored: bounded, gathered by series
listener.py  the socket, read for a part of the time at most, and the window, stored every second
"""

from telemetry_server.statsd.listener import Statsd

__all__ = ["Statsd"]
