//! Where credentials come from: containers, machines, web identities, profiles; each by the SDK's own chain against servers on loopback.

use std::fs;

use super::standin::estate::Estate;
use super::{ACCOUNT, Lab, OTHERS, REGION, involuntary, run};

/// The identity in the header of a snapshot that was collected with nothing but `env`; or the exit code and what was said.
fn identity(lab: &Lab, env: &[(&str, &str)]) -> (i32, String) {
    let path = lab.path("s.jsonl");
    let url = lab.aws.url.clone();
    let mut all = vec![("AWS_ENDPOINT_URL", url.as_str()), ("AWS_REGION", REGION), ("AURORA_AUDIT_RATE", "0")];
    all.extend(env);
    // One call beyond the caller is enough.
    let args = ["collect", "-o", &path, "--regions", REGION, "--collectors", "aws", "--rule", "data-storage-encrypted"];
    let done = run(args, &all);
    let text = fs::read_to_string(&path).unwrap_or_default();
    let records: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let who = records.first().and_then(|header| header["data"]["Identity"][0].as_str()).unwrap_or_default();
    let gaps = involuntary(&records);
    let said: String = gaps.iter().map(ToString::to_string).collect();
    (done.code, format!("{who}{said}"))
}

fn lab() -> Lab {
    let accounts = [ACCOUNT, OTHERS[0]];
    Lab::of(Estate::clean(&accounts, &[REGION]).role("arn:aws:iam::210987654321:role/audit", OTHERS[0], None))
}

const ELSEWHERE: &str = "arn:aws:iam::210987654321:user/auditor";

#[test]
fn containers_and_machines_hand_out_credentials() {
    let lab = lab();
    let uri = format!("{}/credentials/{}", lab.aws.url, OTHERS[0]);
    let off = ("AWS_EC2_METADATA_DISABLED", "true");
    let container = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri.as_str());
    let token = ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Bearer let me in");
    assert_eq!(identity(&lab, &[off, container, token]), (0, ELSEWHERE.to_owned()));
    let (code, said) = identity(&lab, &[off, container]);
    assert!(code == 3 && said.contains("could not be had"), "{said}");
    let machine = ("AWS_EC2_METADATA_SERVICE_ENDPOINT", lab.aws.url.as_str());
    assert_eq!(identity(&lab, &[machine]), (0, ELSEWHERE.to_owned()));
}

#[test]
fn a_web_identity_is_exchanged_for_a_role() {
    let lab = lab();
    let token = lab.path("token");
    let role = ("AWS_ROLE_ARN", "arn:aws:iam::210987654321:role/audit");
    let env = [("AWS_EC2_METADATA_DISABLED", "true"), ("AWS_WEB_IDENTITY_TOKEN_FILE", token.as_str()), role];
    fs::write(&token, "a good token").unwrap();
    assert_eq!(identity(&lab, &env), (0, ELSEWHERE.to_owned()));
    fs::write(&token, "an expired token").unwrap();
    let (code, said) = identity(&lab, &env);
    assert!(code == 3 && said.contains("denied") && !said.contains("an expired token"), "{said}");
}

#[test]
fn profiles_chain_roles_and_name_what_they_lack() {
    let lab = lab();
    let (config, key) = (lab.path("config"), super::standin::estate::key_of(ACCOUNT));
    fs::write(
        &config,
        format!(
            "[profile base]\naws_access_key_id = {key}\naws_secret_access_key = secret\n\
             [profile audit]\nrole_arn = arn:aws:iam::210987654321:role/audit\nsource_profile = base\n\
             [profile stranger]\nrole_arn = arn:aws:iam::210987654321:role/other\nsource_profile = base\n\
             [profile people]\nsso_session = company\nsso_account_id = {ACCOUNT}\nsso_role_name = audit\n\
             [sso-session company]\nsso_region = eu-west-1\nsso_start_url = https://company.awsapps.com/start\n"
        ),
    )
    .unwrap();
    let base = [("AWS_EC2_METADATA_DISABLED", "true"), ("AWS_CONFIG_FILE", config.as_str()), ("HOME", "/nonexistent")];
    let with = |profile| identity(&lab, &[&base[..], &[("AURORA_AUDIT_PROFILE", profile)]].concat());
    assert_eq!(with("audit"), (0, ELSEWHERE.to_owned()));
    for (profile, words) in [("stranger", "not authorized"), ("people", "could not be had"), ("nobody", "nobody")] {
        let (code, said) = with(profile);
        assert!(code == 3 && said.contains(words), "{profile}: {code} {said}");
    }
}
