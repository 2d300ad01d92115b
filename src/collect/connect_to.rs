//! `--connect-to HOST:PORT:ADDR:PORT`, curl's form: for tunnels and bastions, connect elsewhere while every name check stays on
//! the real endpoint name.

use std::str::FromStr;

/// One redirection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    host: String,
    port: u16,
    to_host: String,
    to_port: u16,
}

/// A `--connect-to` that cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{given}` is not HOST:PORT:ADDR:PORT")]
pub struct BadConnectTo {
    given: String,
}

impl FromStr for Route {
    type Err = BadConnectTo;

    fn from_str(given: &str) -> Result<Self, BadConnectTo> {
        parse(given).ok_or_else(|| BadConnectTo { given: given.to_owned() })
    }
}

fn parse(given: &str) -> Option<Route> {
    let (host, rest) = given.split_once(':')?;
    let (port, rest) = rest.split_once(':')?;
    let (to_host, to_port) = rest.rsplit_once(':')?;
    let to_host = to_host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(to_host);
    if host.is_empty() || to_host.is_empty() {
        return None;
    }
    let (port, to_port) = (port.parse().ok()?, to_port.parse().ok()?);
    Some(Route { host: host.to_ascii_lowercase(), port, to_host: to_host.to_owned(), to_port })
}

/// All redirections of a run.
#[derive(Debug, Clone, Default)]
pub struct ConnectTo(Vec<Route>);

impl ConnectTo {
    /// Redirections in the order given; the first that fits wins.
    pub const fn new(routes: Vec<Route>) -> Self {
        Self(routes)
    }

    /// The one redirection of `name:port` to where `host:port` is found, for a server that is known under another name.
    #[must_use]
    pub fn under_name(&self, name: &str, host: &str, port: u16) -> Self {
        let (to_host, to_port) = self.resolve(host, port);
        Self(vec![Route { host: name.to_ascii_lowercase(), port, to_host: to_host.to_owned(), to_port }])
    }

    /// Where to open the socket for `host:port`.
    pub fn resolve<'a>(&'a self, host: &'a str, port: u16) -> (&'a str, u16) {
        let fits = |route: &&Route| route.port == port && route.host.eq_ignore_ascii_case(host);
        self.0.iter().find(fits).map_or((host, port), |route| (&route.to_host, route.to_port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_curls_form() {
        for (given, host, port, expected) in [
            ("a.example:3306:127.0.0.1:13306", "A.example", 3306, ("127.0.0.1", 13306)),
            ("a.example:3306:[::1]:13306", "a.example", 3306, ("::1", 13306)),
            ("a.example:3306:127.0.0.1:13306", "a.example", 3307, ("a.example", 3307)),
        ] {
            let routes = ConnectTo::new(vec![given.parse().unwrap()]);
            assert_eq!(routes.resolve(host, port).1, expected.1, "{given}");
            assert!(routes.resolve(host, port).0.eq_ignore_ascii_case(expected.0), "{given}");
        }
    }

    #[test]
    fn another_name_leads_to_the_same_place() {
        let routes = ConnectTo::new(vec!["a.example:3306:127.0.0.1:13306".parse().unwrap()]);
        assert_eq!(routes.under_name("B.example", "a.example", 3306).resolve("b.example", 3306), ("127.0.0.1", 13306));
        assert_eq!(routes.under_name("b.example", "c.example", 1).resolve("b.example", 1), ("c.example", 1));
    }

    #[test]
    fn refuses_the_rest() {
        for given in ["", "a", "a:1", "a:1:b", "a:1:b:x", "a:x:b:1", ":1:b:1", "a:1::1", "a:70000:b:1"] {
            assert!(given.parse::<Route>().is_err(), "{given}");
        }
    }
}
