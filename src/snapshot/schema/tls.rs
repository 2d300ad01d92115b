//! TLS: what an endpoint answered to handshakes, and the trust anchors that the user gave. Names of the TLS RFCs and X.509.

vocabulary! {
    /// How a connection is turned over to TLS.
    enum WireProtocol = "wire_protocol" {
        /// MySQL's greeting and `SSLRequest` packet.
        Mysql = "mysql",
        /// PostgreSQL's `SSLRequest` message.
        Postgres = "postgres",
    }
}

vocabulary! {
    /// How much a probe asks.
    enum ProbeDepth = "probe_depth" {
        /// Versions and the certificates that a client is shown which takes any: at most four connections.
        Light = "light",
        /// Everything: cipher suites, groups, and the certificates that other clients are shown.
        Deep = "deep",
    }
}

record! {
    /// Certificates that a server sends together.
    struct CertificateChain / CertificateChainAnswer = "certificate_chain" {
        /// The certificates as the server sent them, leaf first, as base64 of their DER form.
        "Certificates" certificates: Vec<String>, unknown;
    }
}

record! {
    /// What one endpoint answered.
    struct TlsEndpoint / TlsEndpointAnswer = "tls_endpoint" {
        /// Host name that clients use.
        "Host" host: String, unknown;
        /// TCP port.
        "Port" port: i64, unknown;
        /// ARN of the cluster, when the endpoint is one of Aurora's.
        "DBClusterArn" db_cluster_arn: String, absent;
        /// How the connections were turned over to TLS.
        "Protocol" protocol: WireProtocol, unknown;
        /// How much was asked. What a light probe leaves out is unknown.
        "Depth" depth: ProbeDepth, unknown;
        /// Server version as the greeting gives it, before any authentication.
        "ServerVersion" server_version: String, unknown;
        /// Whether the server offers TLS at all: `CLIENT_SSL` in MySQL's greeting, `S` in answer to PostgreSQL's `SSLRequest`.
        /// Where it does and no version is accepted, every handshake fails.
        "TlsOffered" tls_offered: bool, unknown;
        /// Whether TLS 1.0 is accepted (RFC 2246).
        "TLSv1.0" tls_1_0: bool, unknown;
        /// Whether TLS 1.1 is accepted (RFC 4346).
        "TLSv1.1" tls_1_1: bool, unknown;
        /// Whether TLS 1.2 is accepted (RFC 5246).
        "TLSv1.2" tls_1_2: bool, unknown;
        /// Whether TLS 1.3 is accepted (RFC 8446).
        "TLSv1.3" tls_1_3: bool, unknown;
        /// Every cipher suite that TLS 1.0 is spoken with, by IANA name, in the order of their numbers; unknown unless the server
        /// refused all others together.
        "TLSv1.0CipherSuites" tls_1_0_cipher_suites: Vec<String>, unknown;
        /// The same for TLS 1.1.
        "TLSv1.1CipherSuites" tls_1_1_cipher_suites: Vec<String>, unknown;
        /// The same for TLS 1.2.
        "TLSv1.2CipherSuites" tls_1_2_cipher_suites: Vec<String>, unknown;
        /// The same for TLS 1.3.
        "TLSv1.3CipherSuites" tls_1_3_cipher_suites: Vec<String>, unknown;
        /// Cipher suites that the server chose at least once, in any version: what is known when a complete list is not.
        "CipherSuitesSeen" cipher_suites_seen: Vec<String>, unknown;
        /// Every key exchange group of the newest version, by IANA name, in the order of their numbers; unknown unless the server
        /// refused all others together.
        "KeyExchangeGroups" key_exchange_groups: Vec<String>, unknown;
        /// Key exchange groups that the server chose at least once, in any version.
        "KeyExchangeGroupsSeen" key_exchange_groups_seen: Vec<String>, unknown;
        /// Bits of the smallest Diffie-Hellman modulus that the server chose itself (RFC 5246 section 7.4.3); absent when it has no
        /// suite that needs one.
        "DHBits" dh_bits: i64, absent;
        /// Whether the server asks clients for a certificate (RFC 5246 section 7.4.4).
        "ClientCertificateRequested" client_certificate_requested: bool, unknown;
        /// Whether the server, made to choose an older version than it has, says so in its random (RFC 8446 section 4.1.3).
        "DowngradeSentinel" downgrade_sentinel: bool, unknown;
        /// Certificates that the server sent to a client that takes any, leaf first, as base64 of their DER form.
        "Certificates" certificates: Vec<String>, unknown;
        /// What it sends to clients that cannot use that leaf's kind of key: the other chains of a server with several certificates.
        "OtherChains" other_chains: Vec<CertificateChain>, unknown;
        /// Error number by which the server shut this client's address out before all was asked (1129, or 1040 when it was full).
        "Blocked" blocked: i64, absent;
        /// Connections that the probe made.
        "Connections" connections: i64, unknown;
    }
}

impl TlsEndpoint {
    /// Whether it takes a deep probe to know this field, by its key.
    pub fn is_for_deep_probes(key: &str) -> bool {
        key.ends_with("CipherSuites") || ["KeyExchangeGroups", "DHBits", "OtherChains"].contains(&key)
    }
}

record! {
    /// Trust anchors that replaced the built-in ones (`--ca-bundle`).
    struct TrustAnchors / TrustAnchorsAnswer = "trust_anchors" {
        /// File name that the user gave, without its folder.
        "Name" name: String, unknown;
        /// The certificates, as base64 of their DER form.
        "Certificates" certificates: Vec<String>, unknown;
    }
}
