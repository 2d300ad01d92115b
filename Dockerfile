# A static binary, the certificate authorities that AWS's endpoints are verified by, and nothing else: no shell, no package manager.
# The release builds it from the binaries it has just attested; `docker build .` builds them first.
ARG BINARY=build

FROM rust:1.95-bookworm AS build
RUN apt-get update && apt-get install --yes --no-install-recommends musl-tools && rustup target add "$(uname -m)-unknown-linux-musl"
WORKDIR /source
COPY . .
RUN cargo build --locked --profile dist --target "$(uname -m)-unknown-linux-musl" \
    && cp "target/$(uname -m)-unknown-linux-musl/dist/aurora-audit" /aurora-audit

# A folder `dist/$TARGETARCH` that holds the binary.
FROM scratch AS prebuilt
ARG TARGETARCH
COPY dist/${TARGETARCH}/aurora-audit /aurora-audit

FROM debian:bookworm-slim AS authorities
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates \
    && mkdir -p /work && chown 65532:65532 /work \
    && echo "nonroot:x:65532:65532:nonroot:/work:/nonexistent" >/passwd

FROM ${BINARY} AS binary

FROM scratch
COPY --from=authorities /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=authorities /passwd /etc/passwd
COPY --from=authorities --chown=65532:65532 /work /work
COPY --from=binary /aurora-audit /usr/bin/aurora-audit
ENV PATH=/usr/bin HOME=/work
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["/usr/bin/aurora-audit"]
