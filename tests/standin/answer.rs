//! What the server answers: a page of what the estate holds, or an error in the words and the form of the service.

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::estate::Estate;
use super::http::Reply;
use super::operation::{Call, Paging, paging, target};
use super::shape;

pub fn answer(estate: &Estate, account: &str, call: &Call) -> Reply {
    let action = call.action();
    match action.as_str() {
        "sts:GetCallerIdentity" => return reply(call, &Estate::caller(account)),
        "sts:AssumeRole" => return assumed(estate, call),
        _ => {}
    }
    let key = target(&action).and_then(|parameter| call.parameters.get(parameter)).map(String::as_str);
    let Some(mut whole) = estate.answer(account, &call.region, &action, key) else { return missing(call, key) };
    let Some(paging) = paging(&action) else { return reply(call, &whole) };
    match page(&mut whole, &paging, call) {
        Ok(()) => reply(call, &whole),
        Err(what) => refused(call, 400, "InvalidParameterValue", &what),
    }
}

/// Cuts the lists down to the page that is asked for, and says how to get the next.
fn page(whole: &mut Value, paging: &Paging, call: &Call) -> Result<(), String> {
    let whole = match paging.within {
        Some(member) => &mut whole[member],
        None => whole,
    };
    let size = call.parameters.get(paging.limit).map(|size| size.parse::<usize>().unwrap());
    let (least, most) = paging.range;
    if size.is_some_and(|size| size < least || size > most) {
        return Err(format!("{} must be from {least} to {most}", paging.limit));
    }
    let size = size.unwrap_or(paging.default);
    let start = match call.parameters.get(paging.token_in) {
        Some(token) => offset(token).ok_or_else(|| format!("{} is no token of mine", paging.token_in))?,
        None => 0,
    };
    let mut position = 0;
    for list in paging.lists {
        let Some(items) = whole[*list].as_array_mut() else { continue };
        let all = std::mem::take(items);
        let in_page =
            |(number, item): (usize, Value)| (start..start + size).contains(&(position + number)).then_some(item);
        let length = all.len();
        *items = all.into_iter().enumerate().filter_map(in_page).collect();
        position += length;
    }
    let more = position > start + size;
    if more {
        whole[paging.token_out] = BASE64.encode(format!("from:{}", start + size).as_bytes()).into();
    }
    if paging.limit == "MaxItems" && paging.token_in == paging.token_out {
        whole["IsTruncated"] = more.into();
    }
    Ok(())
}

fn offset(token: &str) -> Option<usize> {
    let text = String::from_utf8(BASE64.decode(token.as_bytes()).ok()?).ok()?;
    text.strip_prefix("from:")?.parse().ok()
}

pub fn reply(call: &Call, output: &Value) -> Reply {
    let (kind, body) = match call.protocol() {
        "query" | "ec2" => ("text/xml", shape::xml(call.model(), &call.operation, output)),
        "json" => ("application/x-amz-json-1.1", shape::json_text(call.model(), &call.operation, output)),
        _ => ("application/json", shape::json_text(call.model(), &call.operation, output)),
    };
    Reply { status: 200, kind, headers: Vec::new(), body, cut: false }
}

fn assumed(estate: &Estate, call: &Call) -> Reply {
    let role = call.parameters.get("RoleArn").map(String::as_str).unwrap_or_default();
    let id = call.parameters.get("ExternalId").map(String::as_str);
    let Some(account) = estate.enter(role, id) else {
        let message = format!(
            "User: arn:aws:sts::000000000000:assumed-role/x is not authorized to perform: sts:AssumeRole on resource: {role}"
        );
        return refused(call, 403, "AccessDenied", &message);
    };
    let output = json!({
        "Credentials": {
            "AccessKeyId": super::estate::key_of(&account), "SecretAccessKey": "secret", "SessionToken": "token",
            "Expiration": "2099-01-01T00:00:00Z",
        },
        "AssumedRoleUser": {"AssumedRoleId": "AROAEXAMPLE:aurora-audit", "Arn": role},
    });
    reply(call, &output)
}

fn missing(call: &Call, key: Option<&str>) -> Reply {
    let code = match call.service.as_str() {
        "rds" => "DBParameterGroupNotFound",
        "kms" => "NotFoundException",
        _ => "ResourceNotFoundException",
    };
    refused(call, 404, code, &format!("{} not found", key.unwrap_or("nothing")))
}

pub fn throttled(call: &Call) -> Reply {
    match call.protocol() {
        "ec2" => refused(call, 503, "RequestLimitExceeded", "Request limit exceeded."),
        "query" => refused(call, 400, "Throttling", "Rate exceeded"),
        _ => refused(call, 400, "ThrottlingException", "Rate exceeded"),
    }
}

pub fn denied(call: &Call, account: &str) -> Reply {
    let message = format!(
        "User: arn:aws:iam::{account}:user/auditor is not authorized to perform: {} because no identity-based policy allows the {0} action",
        call.action()
    );
    match call.protocol() {
        "ec2" => refused(call, 403, "UnauthorizedOperation", &message),
        "query" => refused(call, 403, "AccessDenied", &message),
        _ => refused(call, 400, "AccessDeniedException", &message),
    }
}

pub fn refused(call: &Call, status: u16, code: &str, message: &str) -> Reply {
    match call.protocol() {
        "ec2" => Reply {
            status,
            kind: "text/xml",
            headers: Vec::new(),
            body: format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors><RequestID>0</RequestID></Response>"
            ),
            cut: false,
        },
        "query" => Reply {
            status,
            kind: "text/xml",
            headers: Vec::new(),
            body: format!(
                "<ErrorResponse xmlns=\"{}\"><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>0</RequestId></ErrorResponse>",
                call.model()["namespace"].as_str().unwrap()
            ),
            cut: false,
        },
        _ => Reply {
            status,
            kind: "application/x-amz-json-1.1",
            headers: vec![("x-amzn-ErrorType", code.to_owned())],
            body: json!({"__type": code, "message": message}).to_string(),
            cut: false,
        },
    }
}
