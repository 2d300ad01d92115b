//! MySQL: accounts, grants and variables, read in one session over verified TLS.
