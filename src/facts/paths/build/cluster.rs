//! What a cluster itself decides: whether the Data API and IAM authentication are on, and what a connection to it is like.

use super::super::node::{Class, Node, Over, Wire};
use super::super::step::{Change, ChangeKind, Step, why};
use super::super::web::Web;
use super::database::Database;
use crate::facts::Cluster;
use crate::model::{Fact, Place};

pub(super) fn add(web: &mut Web, number: u32, cluster: &Cluster, database: &Database) {
    let place = |key: &str| Place::data_of(cluster.record.at).member(key);
    let data = &cluster.record.data;
    for (node, words, key, fact) in [
        (Node::DataApi(number), "the Data API", "HttpEndpointEnabled", &data.http_endpoint_enabled),
        (
            Node::IamAuthentication(number),
            "IAM authentication",
            "IAMDatabaseAuthenticationEnabled",
            &data.iam_database_authentication_enabled,
        ),
    ] {
        let step = Step::new(format!("{words} of the cluster is on"));
        match fact {
            Fact::Known(true) => {
                let change = Change::new(ChangeKind::Setting, format!("switch {words} off"), vec![place(key)]);
                web.add(&[], &node, step.seen(place(key), "true").cut(change));
            }
            Fact::Known(false) | Fact::Absent => {}
            unknown @ Fact::Unknown(_) => web.add(&[], &node, step.unknown(why(unknown))),
        }
    }
    wires(web, number, cluster);
    permissions(web, number, database);
}

/// The wire keeps nobody out who may use TLS; it is told because a password on a plain connection is everybody's.
fn wires(web: &mut Web, number: u32, cluster: &Cluster) {
    let required = cluster.requires_tls();
    let (words, value) = match &required.value {
        Fact::Known(true) => ("the server takes connections with TLS only", "ON"),
        Fact::Known(false) | Fact::Absent => ("the server takes connections without TLS, too", "OFF"),
        Fact::Unknown(_) => ("the server takes connections with TLS; whether without is not known", "?"),
    };
    let places = || required.from.iter().take(2).cloned();
    web.add(&[], &Node::Wire(number, Wire::Any), Step::new(words).seen_at(places(), value));
    let endpoints = &cluster.endpoints().present;
    let offered: Vec<_> = endpoints.iter().map(|endpoint| &endpoint.record.data.tls_offered).collect();
    let refused = !offered.is_empty() && offered.iter().all(|offered| **offered == Fact::Known(false));
    if !refused {
        let mut step = Step::new("the server offers TLS").seen_at(places(), value);
        if let Some(endpoint) = endpoints.iter().find(|endpoint| endpoint.san_only.value == Fact::Known(false)) {
            step.words = format!("the server offers TLS; its certificate does not name {}", endpoint.address);
            step = step.seen_at(endpoint.san_only.from.iter().take(1).cloned(), &endpoint.address);
        }
        web.add(&[], &Node::Wire(number, Wire::Tls), step);
    }
    let step =
        Step::new("the server asks for a client certificate").when("a certificate that the account accepts is at hand");
    web.add(&[Node::Wire(number, Wire::Tls)], &Node::Wire(number, Wire::Certificate), step);
}

/// What permissions over a cluster come to.
fn permissions(web: &mut Web, number: u32, database: &Database) {
    let has = |chain| Node::Has(Over::One(number), chain);
    let master = Node::Proves(number, database.master);
    let session = Node::Session(number, database.master);
    let ways = [
        (vec![has("CRD-01")], master.clone(), "it sets a new master password"),
        (vec![has("CRD-02")], master, "the master secret holds the master password"),
        (
            vec![has("CRD-05"), Node::DataApi(number)],
            session,
            "the Data API logs it in as the master user, from anywhere",
        ),
        (vec![has("NET-05")], Node::DataApi(number), "it switches the Data API on"),
        (vec![has("CRD-01")], Node::IamAuthentication(number), "it switches IAM authentication on"),
    ];
    for (premises, to, words) in ways {
        web.add(&premises, &to, Step::new(words));
    }
    for chain in super::iam::exfiltrations() {
        let mut step = Step::new(format!("it can {}", chain.title));
        if chain.id == "EXF-01" {
            step = step.when("a snapshot was taken by hand");
        }
        web.add(&[has(&chain.id)], &Node::Goal(number, Class::Exfiltrate), step);
    }
}
