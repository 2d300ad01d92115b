//! The credential report of IAM, which is CSV. IAM User Guide, "Generate credential reports for your AWS account".

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::snapshot::schema::iam::{CredentialReportRow, CredentialReportRowAnswer};

/// The rows of a report, each with the ARN of its user.
pub(super) fn read(text: &str) -> Result<Vec<(String, CredentialReportRow)>, String> {
    let mut lines = text.lines();
    let header: Vec<_> = lines.next().unwrap_or_default().split(',').collect();
    if !header.contains(&"user") || !header.contains(&"arn") {
        return Err("its first line does not name the columns user and arn".to_owned());
    }
    let mut rows = Vec::new();
    for (number, line) in (2..).zip(lines).filter(|(_, line)| !line.is_empty()) {
        let cells: Vec<_> = line.split(',').collect();
        if cells.len() != header.len() {
            return Err(format!("line {number} has {} columns, not {}", cells.len(), header.len()));
        }
        let cells: BTreeMap<&str, &str> = header.iter().copied().zip(cells).collect();
        rows.push(row(&cells).map_err(|what| format!("line {number}: {what}"))?);
    }
    Ok(rows)
}

fn row(cells: &BTreeMap<&str, &str>) -> Result<(String, CredentialReportRow), String> {
    let text = |column: &str| cells.get(column).map(|cell| (*cell).to_owned());
    let told = |column: &str| text(column).filter(|cell| !NOTHING.contains(&cell.as_str()));
    let flag = |column: &str| match told(column).as_deref() {
        None => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(_) => Err(format!("{column} is neither true nor false")),
    };
    let time = |column: &str| match told(column) {
        None => Ok(None),
        Some(cell) => cell.parse::<Timestamp>().map(Some).map_err(|_| format!("{column} is no time")),
    };
    let answer = CredentialReportRowAnswer {
        user: text("user"),
        arn: text("arn"),
        user_creation_time: time("user_creation_time")?,
        password_enabled: flag("password_enabled")?,
        password_last_used: time("password_last_used")?,
        password_last_changed: time("password_last_changed")?,
        mfa_active: flag("mfa_active")?,
        access_key_1_active: flag("access_key_1_active")?,
        access_key_1_last_rotated: time("access_key_1_last_rotated")?,
        access_key_1_last_used_date: time("access_key_1_last_used_date")?,
        access_key_2_active: flag("access_key_2_active")?,
        access_key_2_last_rotated: time("access_key_2_last_rotated")?,
        access_key_2_last_used_date: time("access_key_2_last_used_date")?,
    };
    Ok((text("arn").unwrap_or_default(), answer.record()))
}

/// What a cell says when there is nothing to say.
const NOTHING: [&str; 4] = ["", "N/A", "no_information", "not_supported"];

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
        password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
        access_key_1_last_used_region,access_key_2_active,access_key_2_last_rotated";

    #[test]
    fn rows_are_read_by_the_names_of_their_columns() {
        let text = format!(
            "{HEADER}\n<root_account>,arn:aws:iam::1:root,2020-01-01T00:00:00+00:00,not_supported,no_information,\
             not_supported,not_supported,true,false,N/A,N/A,N/A,false,N/A\n"
        );
        let rows = read(&text).unwrap();
        let json = serde_json::to_value(&rows[0].1).unwrap();
        assert_eq!(rows[0].0, "arn:aws:iam::1:root");
        let of = |key: &str| json[key].clone();
        assert_eq!(
            (of("mfa_active"), of("password_enabled"), of("access_key_1_active")),
            (true.into(), serde_json::Value::Null, false.into())
        );
        assert_eq!(of("user_creation_time"), "2020-01-01T00:00:00Z");
    }

    #[test]
    fn what_is_no_report_is_said_to_be_none() {
        for (text, message) in [
            ("", "its first line does not name the columns user and arn"),
            ("<html>", "its first line does not name the columns user and arn"),
            ("user,arn\na", "line 2 has 1 columns, not 2"),
            ("user,arn,mfa_active\na,b,true\na,b,maybe", "line 3: mfa_active is neither true nor false"),
            ("user,arn,password_last_used\na,b,yesterday", "line 2: password_last_used is no time"),
        ] {
            assert_eq!(read(text).unwrap_err(), message, "{text}");
        }
    }
}
