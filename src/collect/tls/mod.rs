//! TLS: what an endpoint answers to handshakes, and the certificates that it sends.
