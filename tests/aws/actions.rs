//! Each action that the printed policy grants, taken away alone: its gaps, and the rules that rest on it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use aurora_audit::model::actions::{ASSUME_ROLE, CALLS, LIST_ACCOUNTS};
use aurora_audit::rules::calls_of;
use serde_json::{Value, json};

use super::standin::estate::Estate;
use super::{ACCOUNT, Lab, OTHERS, REGION, involuntary, judged, rule_set};

const ROLE: &str = "arn:aws:iam::210987654321:role/audit";
const ORG: [&str; 4] = ["--accounts", "org", "--role-arn", "arn:aws:iam::{account}:role/audit"];

/// The clean estate with something on each road: a parameter that is left to the engine, a prefix list in a rule and in a route, a
/// public address behind an internet gateway that is blocked, and routes by peering, transit gateway, VPN and endpoint.
fn busy() -> Estate {
    let accounts = [ACCOUNT, OTHERS[0]];
    let mut estate = Estate::clean(&accounts, &[REGION]).role(ROLE, OTHERS[0], None);
    for account in accounts {
        let mut at = |action: &str| estate.at(account, REGION, action).take();
        let mut groups = at("ec2:DescribeSecurityGroups");
        let permission = &mut groups["SecurityGroups"][0]["IpPermissions"][0];
        permission["PrefixListIds"] = json!([{"PrefixListId": "pl-0office"}]);
        permission["IpRanges"] = json!([{"CidrIp": "203.0.113.0/28"}]);
        let mut tables = at("ec2:DescribeRouteTables");
        let route = |destination: &str, by: &str, target: &str| json!({"DestinationCidrBlock": destination, by: target, "Origin": "CreateRoute", "State": "active"});
        let mut by_list = route("", "GatewayId", "vpce-0a");
        by_list.as_object_mut().unwrap().remove("DestinationCidrBlock");
        by_list["DestinationPrefixListId"] = "pl-0office".into();
        tables["RouteTables"][0]["Routes"].as_array_mut().unwrap().extend([
            route("10.30.0.0/20", "VpcPeeringConnectionId", "pcx-0a"),
            route("10.40.0.0/20", "TransitGatewayId", "tgw-0a"),
            route("10.50.0.0/20", "GatewayId", "vgw-0a"),
            route("0.0.0.0/0", "GatewayId", "igw-0a"),
            by_list,
        ]);
        let mut instances = at("rds:DescribeDBInstances");
        instances["DBInstances"][0]["PubliclyAccessible"] = true.into();
        let mut options = at("ec2:DescribeVpcBlockPublicAccessOptions");
        options["VpcBlockPublicAccessOptions"]["InternetGatewayBlockMode"] = "block-bidirectional".into();
        let side = |vpc: &str, range: &str| {
            json!({"VpcId": vpc, "OwnerId": account, "Region": REGION, "CidrBlock": range,
                "CidrBlockSet": [{"CidrBlock": range}]})
        };
        let peering = json!({"VpcPeeringConnections": [{"VpcPeeringConnectionId": "pcx-0a",
            "Status": {"Code": "active", "Message": "Active"},
            "RequesterVpcInfo": side("vpc-0a", "10.20.0.0/16"), "AccepterVpcInfo": side("vpc-0b", "10.30.0.0/16")}]});
        let attachments = json!({"TransitGatewayAttachments": [{"TransitGatewayAttachmentId": "tgw-attach-0a",
            "TransitGatewayId": "tgw-0a", "TransitGatewayOwnerId": account, "ResourceOwnerId": account,
            "ResourceType": "vpc", "ResourceId": "vpc-0a", "State": "available"}]});
        let vpn = json!({"VpnGateways": [{"VpnGatewayId": "vgw-0a", "State": "available", "Type": "ipsec.1",
            "VpcAttachments": [{"VpcId": "vpc-0a", "State": "attached"}]}]});
        let endpoints = json!({"VpcEndpoints": [{"VpcEndpointId": "vpce-0a", "VpcEndpointType": "Gateway",
            "VpcId": "vpc-0a", "ServiceName": "com.amazonaws.eu-west-1.s3", "State": "available"}]});
        let mut parameters = at("rds:DescribeDBClusterParameters");
        let mut defaults = at("rds:DescribeEngineDefaultClusterParameters");
        of_tls(&mut parameters["@"]["orders"]["Parameters"]).as_object_mut().unwrap().remove("ParameterValue");
        let families = &mut defaults["@"]["aurora-mysql8.0"]["EngineDefaults"];
        of_tls(&mut families["Parameters"])["ParameterValue"] = "TLSv1.2,TLSv1.3".into();
        for (action, answer) in [
            ("ec2:DescribeSecurityGroups", groups),
            ("ec2:DescribeRouteTables", tables),
            ("rds:DescribeDBInstances", instances),
            ("ec2:DescribeVpcBlockPublicAccessOptions", options),
            ("ec2:DescribeVpcPeeringConnections", peering),
            ("ec2:DescribeTransitGatewayAttachments", attachments),
            ("ec2:DescribeVpnGateways", vpn),
            ("ec2:DescribeVpcEndpoints", endpoints),
            ("rds:DescribeDBClusterParameters", parameters),
            ("rds:DescribeEngineDefaultClusterParameters", defaults),
        ] {
            *estate.at(account, REGION, action) = answer;
        }
    }
    estate
}

fn of_tls(parameters: &mut Value) -> &mut Value {
    let mut all = parameters.as_array_mut().unwrap().iter_mut();
    all.find(|parameter| parameter["ParameterName"] == "tls_version").unwrap()
}

/// What a gap is about, in the first account: the call, and the one thing where it was made for one.
fn about(gap: &Value) -> String {
    match gap["Target"].as_str() {
        Some(target) => format!("{} of {}", gap["What"].as_str().unwrap(), target.rsplit([':', '/']).next().unwrap()),
        None => gap["What"].as_str().unwrap().to_owned(),
    }
}

/// Without any one action there are exactly its gaps, and nothing becomes better: what rests on it is unknown.
#[test]
fn each_action_that_is_missing_is_its_gap_and_its_unknowns() {
    let rules = rule_set();
    let lab = Lab::of(busy());
    let all = || CALLS.iter().map(|call| call.action).chain([ASSUME_ROLE, LIST_ACCOUNTS]);
    let with = |less: &'static str| all().filter(move |it| *it != less);
    lab.allow(with(""));
    let (code, records) = lab.collect(&ORG);
    assert_eq!((code, involuntary(&records)), (0, Vec::<&Value>::new()));
    let whole = judged(&rules, &records);
    let mut table = String::new();
    for action in all().filter(|action| ![LIST_ACCOUNTS, "sts:GetCallerIdentity"].contains(action)) {
        lab.allow(with(action));
        let (code, records) = lab.collect(&ORG);
        let gaps = involuntary(&records);
        assert!(code == 3 && !gaps.is_empty(), "{action}: {code}");
        for gap in &gaps {
            assert_eq!((&gap["Reason"], &gap["Needs"]), (&"denied".into(), &action.into()), "{action}: {gap}");
        }
        let part = judged(&rules, &records);
        let mut turned: BTreeSet<&str> = BTreeSet::new();
        for (name, outcome) in whole.iter().filter(|(name, outcome)| part.get(name) != Some(outcome)) {
            let now = part.get(name).map(String::as_str);
            assert!(now.is_none_or(|now| now == "unknown"), "{action}: {name:?} was {outcome}, is {now:?}");
            turned.insert(&name.0);
        }
        for (name, outcome) in part.iter().filter(|(name, _)| !whole.contains_key(name)) {
            assert_eq!(outcome, "unknown", "{action}: {name:?} came up");
            turned.insert(&name.0);
        }
        for id in &turned {
            let rule = rules.rules.iter().find(|rule| rule.id == *id).unwrap();
            assert!(
                action == ASSUME_ROLE || calls_of(rule).contains(action),
                "{action} turns {id}, which should not rest on it"
            );
        }
        let gaps: BTreeSet<_> = gaps.into_iter().map(about).collect();
        let list = |items: &mut dyn Iterator<Item = String>| {
            let text = items.collect::<Vec<_>>().join(", ");
            if text.is_empty() { "none".to_owned() } else { text }
        };
        writeln!(table, "{action}\n  gaps: {}", list(&mut gaps.into_iter())).unwrap();
        writeln!(table, "  unknown: {}", list(&mut turned.into_iter().map(str::to_owned))).unwrap();
    }
    insta::assert_snapshot!("what_rests_on_each_action", table);
    // Without the accounts there is nothing to begin with.
    lab.allow(with(LIST_ACCOUNTS));
    let path = lab.path("none.jsonl");
    let run = lab.run(&[&["collect", "-o", &path][..], &ORG].concat(), &[]);
    assert!(run.code == 2 && run.stderr.contains(LIST_ACCOUNTS), "{}", run.transcript());
}

/// What `permissions --rule` prints is what `collect --rule` asks, and enough to judge the rule as a whole scan does.
#[test]
fn each_rule_is_judged_with_its_own_permissions_alone() {
    let rules = rule_set();
    let lab = Lab::clean();
    let (_, records) = lab.collect(&["--regions", REGION]);
    let whole = judged(&rules, &records);
    let mut alike: BTreeMap<BTreeSet<&'static str>, Vec<&str>> = BTreeMap::new();
    for rule in &rules.rules {
        alike.entry(calls_of(rule)).or_default().push(&rule.id);
    }
    assert!(alike.len() > 10, "{}", alike.len());
    for (calls, ids) in alike {
        lab.allow(calls.iter().copied());
        let mut args = vec!["--regions", REGION];
        args.extend(ids.iter().flat_map(|id| ["--rule", id]));
        let (code, records) = lab.collect(&args);
        assert_eq!((code, involuntary(&records)), (0, Vec::<&Value>::new()), "{ids:?}");
        let asked: BTreeSet<String> = lab.aws.asked().into_iter().map(|asked| asked.action).collect();
        assert!(asked.iter().all(|action| calls.contains(action.as_str())), "{ids:?}: {asked:?}");
        let part = judged(&rules, &records);
        let of = |all: &BTreeMap<(String, String), String>| -> Vec<((String, String), String)> {
            let these = all.iter().filter(|((rule, _), _)| ids.contains(&rule.as_str()));
            these.map(|(name, outcome)| (name.clone(), outcome.clone())).collect()
        };
        assert_eq!(of(&part), of(&whole), "{ids:?}");
    }
}

/// A scan for one rule prints that rule, leaves out what it does not rest on by choice, and does not connect for nothing.
#[test]
fn a_scan_for_a_rule_judges_it_alone() {
    let lab = Lab::clean();
    let json = lab.path("a.json");
    let output = format!("json={json}");
    let args = ["scan", "--regions", REGION, "--now", super::NOW, "--rule", "res-deletion-protection", "-o", &output];
    let run = lab.run(&args, &[("AURORA_AUDIT_COLLECTORS", "aws,tls,mysql")]);
    assert_eq!(run.code, 0, "{}", run.transcript());
    let assessment = super::assessment(json.as_ref());
    let judged: BTreeSet<_> = super::verdicts(&assessment).into_iter().map(|(rule, ..)| rule).collect();
    assert_eq!(judged, BTreeSet::from(["res-deletion-protection".to_owned()]));
    let gaps = assessment["gaps"].as_array().unwrap();
    assert!(gaps.iter().all(|gap| gap["reason"] == "not_requested"), "{gaps:?}");
    let plan = lab.run(&["scan", "--plan", "--rule", "iam-root-protected"], &[]);
    assert!(plan.stdout.contains("iam:GetAccountSummary") && !plan.stdout.contains("ec2:DescribeVpcs"));
    for (rule, words) in
        [("res-deletion", "res-deletion-protection"), ("db-trigger-definer-privileged", "--profile-rules all")]
    {
        let wrong = lab.run(&["scan", "--rule", rule], &[]);
        assert!(wrong.code == 2 && wrong.stderr.contains(words), "{}", wrong.transcript());
    }
}
