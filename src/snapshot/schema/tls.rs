//! TLS: what an endpoint answered to handshakes, and the trust anchors that the user gave. Names of the TLS RFCs and X.509.

record! {
    /// What one endpoint answered.
    struct TlsEndpoint / TlsEndpointAnswer = "tls_endpoint" {
        /// Host name that clients use.
        "Host" host: String, unknown;
        /// TCP port.
        "Port" port: i64, unknown;
        /// ARN of the cluster, when the endpoint is one of Aurora's.
        "DBClusterArn" db_cluster_arn: String, absent;
        /// Server version as the greeting gives it, before any authentication.
        "ServerVersion" server_version: String, unknown;
        /// Whether the greeting offers TLS at all (`CLIENT_SSL`).
        "TlsOffered" tls_offered: bool, unknown;
        /// Whether TLS 1.0 is accepted (RFC 2246).
        "TLSv1.0" tls_1_0: bool, unknown;
        /// Whether TLS 1.1 is accepted (RFC 4346).
        "TLSv1.1" tls_1_1: bool, unknown;
        /// Whether TLS 1.2 is accepted (RFC 5246).
        "TLSv1.2" tls_1_2: bool, unknown;
        /// Whether TLS 1.3 is accepted (RFC 8446).
        "TLSv1.3" tls_1_3: bool, unknown;
        /// Certificates that the server sent, leaf first, as base64 of their DER form.
        "Certificates" certificates: Vec<String>, unknown;
        /// Connections that the probe made.
        "Connections" connections: i64, unknown;
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
