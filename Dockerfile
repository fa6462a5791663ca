# The telemetry server; MongoDB and Redis are elsewhere: see compose.yaml.

FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv /opt/telemetry-server
COPY pyproject.toml README.md ./
COPY nlq nlq
COPY telemetry_server telemetry_server
RUN /opt/telemetry-server/bin/pip install --no-cache-dir .

FROM python:3.11-slim
COPY --from=build /opt/telemetry-server /opt/telemetry-server
RUN useradd --system --no-create-home --uid 10001 telemetry
USER 10001
WORKDIR /opt/telemetry-server
ENV PATH=/opt/telemetry-server/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=8080
EXPOSE 8080
STOPSIGNAL SIGTERM
# 503 and no answer both raise, which is exit status 1. Whose the certificate is, this need not know.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, ssl, urllib.request as u; s = bool(os.environ.get('TLS_CERT_FILE')); u.urlopen(f\"http{'s' * s}://127.0.0.1:{os.environ['PORT']}/health/ready\", timeout=4, context=ssl._create_unverified_context() if s else None)"]
CMD ["python", "-m", "telemetry_server", "serve"]
