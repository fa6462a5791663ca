"""A client of the server: records this machine's own metrics through the public API.

machine.READERS -> Sampler.sample() -> Sender.send() -> POST /v1/metrics
"""
