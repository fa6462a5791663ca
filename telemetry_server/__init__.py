"""The telemetry server: metrics in over HTTP, answers out in plain English.

`app.py` is the only place where the parts meet; `routes/__init__.py` is the API at a glance.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("telemetry-server")
except PackageNotFoundError:  # run from a checkout that is not installed
    __version__ = "0.0.0"
