//! What a probe knows so far. No socket here: answers go in, and [`plan`](super::plan) asks what to do next.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::{Answer, Chosen};
use super::hello::{KeyKind, Offer};
use super::list::Elimination;
use super::plan::Step;
use super::trouble::{Fault, HOST_IS_BLOCKED, TOO_MANY_CONNECTIONS, Trouble};
use super::version::TlsVersion;
use super::{chain, group, suite};

const HANDSHAKE_FAILURE: u8 = 40;
const PROTOCOL_VERSION: u8 = 70;
const INSUFFICIENT_SECURITY: u8 = 71;

/// Error number of MySQL: `Bad handshake`, which servers of yaSSL's age send where others send an alert.
const BAD_HANDSHAKE: u16 = 1043;

/// What the answer to a hello means, whatever was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Reply {
    Chose(Chosen),
    TooOld,
    NothingInCommon,
    HungUp,
    Silent,
    Strange,
}

/// What is known of a version.
#[derive(Debug, Default)]
pub(super) struct VersionState {
    accepted: Option<bool>,
    /// A newer hello was refused in a way that refuses this version with it.
    implied_no: bool,
    pub(super) hang_ups: u8,
    pub(super) silent: bool,
}

/// What is known of an endpoint.
#[derive(Debug, Default)]
pub(super) struct Finding {
    /// Server version out of the greeting.
    pub(super) server_version: Option<String>,
    /// Whether the server offered TLS.
    pub(super) tls_offered: Option<bool>,
    /// Chains of distinct leaves, in the order seen.
    pub(super) chains: Vec<Vec<Vec<u8>>>,
    /// Bits of the smallest modulus seen.
    pub(super) dh_bits: Option<u32>,
    /// Whether the server wants a certificate.
    pub(super) wants_certificate: Option<bool>,
    /// Whether a server that was made to choose an older version said so.
    pub(super) sentinel: Option<bool>,
    /// What went wrong, in order.
    pub(super) troubles: Vec<Trouble>,
    /// What ended the probe before its time.
    pub(super) stopped: Option<Fault>,
    /// Whether any hello was answered at all.
    pub(super) answered: bool,
    /// Whether the server bears only hellos that are short and come by themselves.
    pub(super) gentle: bool,
    /// Whether the server looks at no more than the low byte of a suite, as yaSSL does.
    pub(super) low_bytes: bool,
    /// Whether a server with TLS 1.3 has no certificate of a kind that was not seen.
    pub(super) no_other_key: Option<bool>,
    /// Steps that were taken.
    pub(super) taken: BTreeSet<Step>,
    pub(super) versions: BTreeMap<TlsVersion, VersionState>,
    pub(super) suites: BTreeMap<TlsVersion, Elimination>,
    pub(super) groups: BTreeMap<TlsVersion, Elimination>,
    could_do: BTreeSet<TlsVersion>,
}

impl Finding {
    /// Whether the version is accepted, when that is known.
    pub(super) fn accepts(&self, version: TlsVersion) -> Option<bool> {
        self.versions.get(&version).and_then(|state| state.accepted)
    }

    /// Versions that are accepted, newest first.
    pub(super) fn accepted(&self) -> impl Iterator<Item = TlsVersion> {
        TlsVersion::ALL.into_iter().rev().filter(|version| self.accepts(*version) == Some(true))
    }

    fn state(&mut self, version: TlsVersion) -> &mut VersionState {
        self.versions.entry(version).or_default()
    }

    /// What is known of the suites of a version.
    pub(super) fn suites_of(&mut self, version: TlsVersion) -> &mut Elimination {
        self.suites.entry(version).or_insert_with(|| Elimination::new(suite::every(version), &BTreeSet::new()))
    }

    /// What is known of the groups of a version.
    pub(super) fn groups_of(&mut self, version: TlsVersion) -> &mut Elimination {
        self.groups.entry(version).or_insert_with(|| Elimination::new(&group::every(version), &BTreeSet::new()))
    }

    /// Nothing more will be learnt by connecting again.
    pub(super) fn stop(&mut self, trouble: Trouble) {
        self.stopped.get_or_insert(trouble.fault);
        self.troubles.push(trouble);
    }

    /// The server offers no TLS: no version is accepted, and there is no certificate to see.
    pub(super) fn no_tls(&mut self) {
        self.settle(|_| true, false);
        self.stop(Trouble::new(Fault::NoTls, "the server offers no TLS"));
    }

    /// The error by which the server shut this address out.
    pub(super) const fn blocked(&self) -> Option<u16> {
        match self.stopped {
            Some(Fault::Server(code @ (HOST_IS_BLOCKED | TOO_MANY_CONNECTIONS))) => Some(code),
            _ => None,
        }
    }

    /// Kinds of keys of the certificates seen.
    pub(super) fn keys_seen(&self) -> BTreeSet<KeyKind> {
        self.chains.iter().filter_map(|chain| chain::key_kind(chain.first()?)).collect()
    }

    /// Adds a chain, unless its leaf was seen before.
    pub(super) fn add_chain(&mut self, chain: Vec<Vec<u8>>) {
        if !chain.is_empty() && self.chains.iter().all(|known| known.first() != chain.first()) {
            self.chains.push(chain);
        }
    }

    /// Takes in what came back after a hello.
    pub(super) fn note(&mut self, step: &Step, offer: &Offer, result: Result<Answer, Trouble>) {
        let reply = self.interpret(step, offer, result);
        self.answered |= matches!(reply, Reply::Chose(_) | Reply::TooOld | Reply::NothingInCommon);
        if let Reply::Chose(chosen) = &reply {
            self.learn(offer, chosen);
        }
        match step {
            Step::Hello { version, gentle } => self.note_hello(*version, *gentle, reply),
            Step::Suites(version) => self.note_suites(*version, offer, reply),
            Step::Groups(version) => self.note_groups(*version, offer, reply),
            Step::OtherKey(_) => self.note_other_key(&reply),
            Step::Chain(_) | Step::Plaintext => {}
        }
    }

    fn interpret(&mut self, step: &Step, offer: &Offer, result: Result<Answer, Trouble>) -> Reply {
        let strange = match result {
            Ok(Answer::Chosen(chosen)) if chosen.version.is_some_and(|version| version <= offer.version) => {
                return Reply::Chose(chosen);
            }
            Ok(Answer::Alert(PROTOCOL_VERSION)) => return Reply::TooOld,
            Ok(Answer::Alert(HANDSHAKE_FAILURE | INSUFFICIENT_SECURITY)) => return Reply::NothingInCommon,
            Ok(Answer::MysqlError(error)) if error.code == BAD_HANDSHAKE => return Reply::NothingInCommon,
            Ok(Answer::Alert(number)) => Trouble::new(Fault::Alert, format!("answered with alert {number}")),
            Ok(Answer::MysqlError(error)) => Trouble::new(
                Fault::Server(error.code),
                format!("answered with error {} ({})", error.code, error.message),
            ),
            Ok(Answer::NotTls) => Trouble::new(Fault::Odd, "answered with bytes that are no TLS"),
            Ok(Answer::Chosen(_)) => Trouble::new(Fault::Odd, "answered with a version that was not offered"),
            Err(trouble) => trouble,
        };
        let reply = match strange.fault {
            Fault::Timeout => Reply::Silent,
            // An alert that names no reason to do with the offer is worth no more than a hang-up.
            fault if fault.is_hang_up() || fault == Fault::Alert => Reply::HungUp,
            _ => Reply::Strange,
        };
        self.troubles.push(strange.about(&step.to_string()));
        reply
    }

    /// What an answer says besides what was asked.
    fn learn(&mut self, offer: &Offer, chosen: &Chosen) {
        let Some(version) = chosen.version else { return };
        if let Some(chain) = &chosen.certificates {
            self.add_chain(chain.clone());
        }
        if chosen.wants_certificate.is_some() {
            self.wants_certificate = self.wants_certificate.max(chosen.wants_certificate);
        }
        self.dh_bits = self.dh_bits.into_iter().chain(chosen.dh_bits).min();
        self.could_do.extend(chosen.could_do);
        if version < TlsVersion::V13 {
            let said = chosen.could_do.is_some();
            self.sentinel = Some(self.sentinel.unwrap_or_default() || said);
        }
        if offer.suites.contains(&chosen.suite) {
            self.suites_of(version).chose(chosen.suite);
        } else if version < TlsVersion::V13 {
            self.low_bytes = true;
        }
        if let Some(group) = chosen.group.filter(|group| offer.groups.contains(group)) {
            self.groups_of(version).chose(group);
        }
    }

    fn note_hello(&mut self, version: TlsVersion, gentle: bool, reply: Reply) {
        let older = |other| other < version && version < TlsVersion::V13;
        match reply {
            Reply::Chose(chosen) => {
                self.gentle |= gentle;
                self.note_chosen_version(version, &chosen);
            }
            // A server with an older version in common would have chosen it; the hello of 1.3 admits no older one.
            Reply::TooOld => {
                self.settle(|other| other == version, false);
                TlsVersion::ALL.into_iter().filter(|other| older(*other)).for_each(|other| {
                    self.state(other).implied_no = true;
                });
            }
            // Every suite was offered; a gentle hello offers the likeliest.
            Reply::NothingInCommon if gentle && version < TlsVersion::V13 => {
                let what = format!("{}: refuses the likeliest suites", version.as_str());
                self.troubles.push(Trouble::new(Fault::Odd, what));
            }
            Reply::NothingInCommon => self.settle(|other| other == version, false),
            Reply::HungUp => {
                let state = self.state(version);
                state.hang_ups = state.hang_ups.saturating_add(1);
                if state.hang_ups > 1 && !state.silent {
                    self.settle(|other| other == version, false);
                }
            }
            Reply::Silent => self.state(version).silent = true,
            Reply::Strange => {}
        }
    }

    /// A server chooses the newest version in common. What lies between was in common only up to 1.2.
    fn note_chosen_version(&mut self, newest: TlsVersion, chosen: &Chosen) {
        let Some(version) = chosen.version else { return };
        self.settle(|other| other > version && other <= newest && (newest < TlsVersion::V13 || other == newest), false);
        self.settle(|other| other == version, true);
    }

    fn note_suites(&mut self, version: TlsVersion, offer: &Offer, reply: Reply) {
        let joint = is_joint(offer);
        match reply {
            Reply::Chose(chosen) if chosen.version == Some(version) => {
                if !offer.suites.contains(&chosen.suite) {
                    self.note_unoffered(version, offer);
                } else if !joint && self.groups_of(version).is_stalled() {
                    // These suites had been refused with fewer groups, so it was for the groups.
                    self.groups_of(version).complete();
                }
            }
            Reply::Chose(_) | Reply::TooOld | Reply::NothingInCommon if joint => {
                self.groups_of(version).stall();
            }
            // The suites are worth another question, without the groups.
            Reply::HungUp | Reply::Silent | Reply::Strange if joint => self.groups_of(version).give_up(),
            Reply::Chose(_) | Reply::TooOld | Reply::NothingInCommon => self.suites_of(version).refused(&offer.suites),
            Reply::HungUp => self.suites_of(version).hung_up(&offer.suites),
            Reply::Silent | Reply::Strange => self.suites_of(version).give_up(),
        }
    }

    /// A server that looks at low bytes is understood as soon as no other byte is offered to it.
    fn note_unoffered(&mut self, version: TlsVersion, offer: &Offer) {
        if version == TlsVersion::V13 || offer.suites.iter().all(|suite| *suite < 0x100) {
            let what = format!("{}: chooses suites that were not offered", version.as_str());
            self.troubles.push(Trouble::new(Fault::Odd, what));
            self.suites_of(version).give_up();
        }
    }

    fn note_groups(&mut self, version: TlsVersion, offer: &Offer, reply: Reply) {
        match reply {
            Reply::Chose(chosen) if chosen.group.is_some_and(|group| offer.groups.contains(&group)) => {}
            Reply::NothingInCommon => self.groups_of(version).refused(&offer.groups),
            Reply::HungUp => self.groups_of(version).hung_up(&offer.groups),
            Reply::Chose(_) | Reply::TooOld | Reply::Silent | Reply::Strange => self.groups_of(version).give_up(),
        }
    }

    fn note_other_key(&mut self, reply: &Reply) {
        match reply {
            Reply::Chose(_) => self.no_other_key = Some(false),
            Reply::NothingInCommon => self.no_other_key = Some(true),
            Reply::TooOld | Reply::HungUp | Reply::Silent | Reply::Strange => {}
        }
    }

    /// Two answers that disagree leave the version unknown.
    fn settle(&mut self, which: impl Fn(TlsVersion) -> bool, accepted: bool) {
        for version in TlsVersion::ALL.into_iter().filter(|version| which(*version)) {
            if *self.state(version).accepted.get_or_insert(accepted) != accepted {
                self.contradiction(version, "two answers of the server disagree");
            }
        }
    }

    fn contradiction(&mut self, version: TlsVersion, what: &str) {
        self.state(version).accepted = None;
        self.troubles.push(Trouble::new(Fault::Odd, format!("{}: {what}", version.as_str())));
    }

    /// Weighs the whole.
    pub(super) fn finish(&mut self) {
        self.weigh_hang_ups();
        for version in TlsVersion::ALL {
            let asked = self.was_asked(version);
            let state = self.state(version);
            if state.accepted.is_none() && state.implied_no && !asked {
                state.accepted = Some(false);
            }
        }
        // A server that says it could have done TLS 1.3 and a refusal of 1.3 do not go together; something stands between.
        if self.could_do.contains(&TlsVersion::V13) && self.accepts(TlsVersion::V13) == Some(false) {
            self.contradiction(TlsVersion::V13, "refused, though the server signals that it can");
        }
    }

    /// Whether a hello of this version went out.
    pub(super) fn was_asked(&self, version: TlsVersion) -> bool {
        [false, true].into_iter().any(|gentle| self.taken.contains(&Step::Hello { version, gentle }))
    }

    /// A server that hangs up at every hello of every version does not speak TLS, whatever it offers.
    fn weigh_hang_ups(&mut self) {
        let hung_up =
            |version: &TlsVersion| self.versions.get(version).is_some_and(|state| state.hang_ups > 0 && !state.silent);
        if !self.answered && TlsVersion::ALL.iter().all(hung_up) {
            for version in TlsVersion::ALL {
                self.state(version).accepted = Some(false);
            }
        }
    }
}

/// Whether a hello narrows suites and groups at once, so that a refusal may be for either.
fn is_joint(offer: &Offer) -> bool {
    offer.version == TlsVersion::V13 && offer.groups.len() < group::every(offer.version).len()
}
