//! The partitions of China and of the US government: the same estate under other ARNs and endpoints is judged alike.

use std::collections::BTreeMap;

use super::standin::estate::Estate;
use super::{ACCOUNT, Lab, REGION, involuntary, judged, rule_set};

#[test]
fn an_estate_is_judged_alike_in_every_partition() {
    let rules = rule_set();
    let of = |partition: &str, region: &str| -> BTreeMap<(String, String), String> {
        let lab = Lab::of(Estate::in_partition(ACCOUNT, region, partition));
        let (code, records) = lab.collect(&["--regions", region]);
        assert_eq!((code, involuntary(&records).len()), (0, 0), "{partition}");
        let neutral = |text: &str| {
            let text = text.replace(&format!("arn:{partition}:"), "arn:aws:").replace(region, REGION);
            text.replace(".amazonaws.com.cn", ".amazonaws.com")
        };
        let verdicts = judged(&rules, &records).into_iter();
        verdicts.map(|((rule, subject), outcome)| ((rule, neutral(&subject)), outcome)).collect()
    };
    let here = of("aws", REGION);
    assert!(here.len() > 100, "{}", here.len());
    // The bundle of authorities that comes with the program is that of the commercial partition.
    let certificates = |rule: &str| rule == "tls-ca-current";
    for (partition, region) in [("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")] {
        let there = of(partition, region);
        let names = |all: &BTreeMap<(String, String), String>| all.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&there), names(&here), "{partition}");
        for (name, outcome) in there.iter().filter(|(name, _)| !certificates(&name.0)) {
            assert_eq!(Some(outcome), here.get(name), "{partition}: {name:?}");
        }
    }
}
