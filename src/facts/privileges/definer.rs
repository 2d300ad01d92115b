//! Stored objects that run as somebody who may do more than whoever calls them. MySQL Reference Manual, "Stored Object Access
//! Control".

use super::account::Partial;
use super::name::AccountName;
use super::server::{Rows, Server};
use crate::model::{Derived, Fact, Place, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::mysql::{Definer, SecurityType};

impl Server {
    /// Those of the objects that run as an administrator, or as an account that is missing and that whoever makes it takes over.
    pub fn privileged(&self, objects: &Rows<Definer>) -> Partial {
        let mut found = Vec::new();
        let mut from = Vec::new();
        let mut unread = objects.incomplete.clone();
        for record in &objects.records {
            match self.finding(record) {
                Ok(None) => {}
                Ok(Some(text)) => {
                    from.push(Place::data_of(record.at).member("DEFINER"));
                    found.push(text);
                }
                Err(why) => drop(unread.get_or_insert(why)),
            }
        }
        found.sort();
        let mut facts: Vec<_> = found.into_iter().map(Fact::Known).collect();
        facts.extend(unread.map(Fact::Unknown));
        Derived::new(Fact::Known(facts), from)
    }

    fn finding(&self, record: &Record<Definer>) -> Result<Option<String>, Why> {
        let data = &record.data;
        if *known(&data.security_type)? == SecurityType::Invoker {
            return Ok(None);
        }
        let text = known(&data.definer)?;
        let unreadable = || Why::Unreadable { detail: format!("`{text}` is no account").into() };
        let Some(says) = self.power_of(&AccountName::of_definer(text).ok_or_else(unreadable)?)? else {
            return Ok(None);
        };
        let kind = known(&data.object_type)?.as_str();
        Ok(Some(format!("{}.{} ({kind}) runs as {says}", known(&data.schema)?, known(&data.name)?)))
    }

    /// The account with what makes its objects worth a finding; none for an ordinary one.
    fn power_of(&self, definer: &AccountName) -> Result<Option<String>, Why> {
        let grants = self.grants();
        let is_account = |id: &super::grants::HolderId| grants.account(*id).is_some();
        let Some(id) = grants.id(definer).filter(is_account) else {
            return match &self.accounts.incomplete {
                Some(why) => Err(why.clone()),
                None => Ok(Some(format!("{definer}, who is no account"))),
            };
        };
        let escalations = self.escalations().of(grants, id);
        match (escalations.ways.is_empty(), escalations.unread) {
            (false, _) => Ok(Some(format!("{definer}, an administrator"))),
            (true, Some(why)) => Err(why),
            (true, None) => Ok(None),
        }
    }
}

fn known<T>(fact: &Fact<T>) -> Result<&T, Why> {
    match fact {
        Fact::Known(value) => Ok(value),
        Fact::Absent => Err(Why::NotCollected),
        Fact::Unknown(why) => Err(why.clone()),
    }
}
