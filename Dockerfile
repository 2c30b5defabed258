# syntax=docker/dockerfile:1
# Build stage and runtime stage are the same Debian, so that libcurl and SQLite, which stay dynamic,
# are the ones that the program was built against.
FROM swift:6.3-bookworm AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      libcurl4-openssl-dev \
      libsqlite3-dev \
      pkg-config \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /source
# The dependencies in a layer of their own: changed sources do not fetch them again.
COPY Package.swift ./
RUN swift package resolve
COPY Sources Sources
COPY Tests Tests
RUN swift build -c release --static-swift-stdlib --product webex-assistant \
 && mkdir /app \
 && cp "$(swift build -c release --show-bin-path)/webex-assistant" /app/ \
 && cp -R "$(swift build -c release --show-bin-path)/webex-assistant_WebexSimulator.resources" /app/ \
 && strip --strip-debug /app/webex-assistant

FROM debian:bookworm-slim
# Tests/Container installs exactly this list into an empty Debian and starts the program there.
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      ca-certificates \
      libcurl4 \
      libgcc-s1 \
      libsqlite3-0 \
      libstdc++6 \
      tini \
      tzdata \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin assistant \
 && install -d -o assistant -g assistant -m 0750 /data
COPY --from=build /app /app
COPY prompts /app/prompts
COPY LICENSE /app/LICENSE
WORKDIR /app
USER assistant
VOLUME /data
ENV DATABASE_PATH=/data/assistant.sqlite \
    PROMPTS_DIR=/app/prompts
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["/app/webex-assistant", "health"]
# Running answers get up to 20 s at the end: `docker stop --time 30`, as docker-compose.yml says.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/tini", "--", "/app/webex-assistant"]
CMD ["run"]
