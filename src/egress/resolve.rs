//! Names to addresses, remembered for a while. It vets nothing: who connects does.
//!
//! A lookup may hang for as long as a name server is silent, and accounts share the lookups. So a name
//! that resolved before is used while it is asked for again, a failure is remembered for some seconds,
//! names are asked in three standings with slots of their own, and each of these is fair over accounts.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use dns_lookup::{AddrInfoHints, LookupErrorKind, SockType, getaddrinfo};
use tokio::sync::watch;
use tokio::time::timeout;

use super::connect::is_offline;
use super::deadline::after;
use super::failure::want_of;
use crate::clock;
use crate::domain::address::AddressPolicy;
use crate::domain::id::AccountNo;
use crate::domain::outcome::Want;
use crate::fair::{FairBudget, Permit};
use crate::limits;

/// A name's addresses.
type Answers = dyn Fn(&str) -> Vec<IpAddr> + Send + Sync;

/// The same, or what is wanting.
#[cfg(test)]
type FailingAnswers = dyn Fn(&str) -> Result<Vec<IpAddr>, Want> + Send + Sync;

/// Who resolves names.
#[derive(Clone)]
pub enum Resolver {
    /// The operating system.
    System,
    /// A function of the name, for tests and closed networks; no address: the name is unknown.
    Fixed(Arc<Answers>),
    /// A function of the name whose lookups may fail for want of something.
    #[cfg(test)]
    Failing(Arc<FailingAnswers>),
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "System",
            Self::Fixed(_) => "Fixed",
            #[cfg(test)]
            Self::Failing(_) => "Failing",
        })
    }
}

impl Resolver {
    /// Both may block for long, and do so on a thread for that.
    async fn look_up(&self, name: &str) -> LookupAnswer {
        let (resolver, name) = (self.clone(), name.to_owned());
        let found = tokio::task::spawn_blocking(move || match resolver {
            Self::System => ask_system(&name),
            Self::Fixed(answers) => Ok(answers(&name)),
            #[cfg(test)]
            Self::Failing(answers) => {
                answers(&name).map_err(|want| LookupError { want: Some(want), ..LookupError::of_name("") })
            }
        });
        let addresses = found.await.map_err(|error| LookupError::of_name(&error.to_string()))??;
        if addresses.is_empty() {
            return Err(LookupError::of_name("it has no address"));
        }
        Ok(addresses.into())
    }
}

/// Asks by the system's own function, whose codes distinguish a name that does not exist from a resolver that
/// does not answer.
fn ask_system(name: &str) -> Result<Vec<IpAddr>, LookupError> {
    // One kind of socket, or each address comes once for every kind.
    let hints = AddrInfoHints { socktype: SockType::Stream.into(), ..AddrInfoHints::default() };
    match getaddrinfo(Some(name), None, Some(hints)) {
        Ok(found) => Ok(found.filter_map(Result::ok).map(|found| found.sockaddr.ip()).collect()),
        Err(error) => {
            let kind = error.kind();
            let error = io::Error::from(error);
            let want = want_of_lookup(kind, &error);
            let want = if want == Some(Want::Resolver) && is_offline() { Some(Want::Network) } else { want };
            Err(LookupError { why: error.to_string().into(), want })
        }
    }
}

/// What a failed lookup says to be wanting. That there is no such name, or no address of it, is an answer:
/// somebody was there to give it.
fn want_of_lookup(kind: LookupErrorKind, error: &io::Error) -> Option<Want> {
    match kind {
        LookupErrorKind::Memory => Some(Want::Own),
        LookupErrorKind::System => want_of(error).or(Some(Want::Resolver)),
        // The second is what a resolver that itself has no one to ask may be: it refuses.
        LookupErrorKind::Again | LookupErrorKind::Fail => Some(Want::Resolver),
        LookupErrorKind::NoName
        | LookupErrorKind::NoData
        | LookupErrorKind::Badflags
        | LookupErrorKind::Family
        | LookupErrorKind::Socktype
        | LookupErrorKind::Service
        | LookupErrorKind::Unknown
        | LookupErrorKind::IO => None,
    }
}

/// Why a name has no addresses.
#[derive(Debug, Clone)]
pub(super) struct LookupError {
    pub(super) why: Arc<str>,
    /// What was wanting to ask with, which says nothing of the name.
    pub(super) want: Option<Want>,
}

impl LookupError {
    fn of_name(why: &str) -> Self {
        Self { why: why.into(), want: None }
    }
}

/// A name's addresses, in the resolver's order and never none, or why there are none.
pub(super) type LookupAnswer = Result<Arc<[IpAddr]>, LookupError>;

pub(super) struct Names {
    resolver: Resolver,
    ttl: Duration,
    /// Lookups at once, by [`Standing`]; one holds its blocking thread even when no one waits.
    slots: [FairBudget<AccountNo>; 3],
    entries: Mutex<HashMap<Box<str>, Entry>>,
    last_answers: Mutex<LastAnswers>,
    /// Whether a lookup is under way that only asks whether anybody answers.
    probing: AtomicBool,
}

/// When a resolver last answered anything about the public internet, and when it last did not although it had
/// before.
#[derive(Debug, Clone, Copy, Default)]
struct LastAnswers {
    answer: Option<Instant>,
    silence: Option<Instant>,
}

/// What is known of a name, which says whose slots its lookup takes: names that hang stand in the way of
/// their like only.
#[derive(Debug, Clone, Copy)]
enum Standing {
    Resolved = 0,
    Unknown = 1,
    Failed = 2,
}

struct Entry {
    /// Who asked first.
    account: AccountNo,
    /// What the last lookup that went well found, and when.
    resolved: Option<(Arc<[IpAddr]>, Instant)>,
    /// Why the last lookup failed, and until when that is believed.
    failed: Option<(LookupError, Instant)>,
    /// Whether a lookup is under way: one per name, no matter who asks.
    running: bool,
    /// Whether a lookup ahead of need waits for its turn, or is under way.
    refreshing: bool,
    /// What the last lookup found; `None` from its start to its end.
    answer: watch::Sender<Option<LookupAnswer>>,
}

impl Entry {
    fn new(account: AccountNo) -> Self {
        let answer = watch::Sender::new(None);
        Self { account, resolved: None, failed: None, running: false, refreshing: false, answer }
    }

    /// The addresses, if they are younger than `age`.
    fn younger(&self, age: Duration, now: Instant) -> Option<&Arc<[IpAddr]>> {
        let (addresses, at) = self.resolved.as_ref()?;
        (after(*at, age) > now).then_some(addresses)
    }

    /// The failure, while it is believed.
    fn failure(&self, now: Instant) -> Option<&LookupError> {
        self.failed.as_ref().filter(|(_, until)| *until > now).map(|(error, _)| error)
    }

    fn standing(&self) -> Standing {
        match (&self.failed, &self.resolved) {
            (Some(_), _) => Standing::Failed,
            (None, Some(_)) => Standing::Resolved,
            (None, None) => Standing::Unknown,
        }
    }

    /// Whether the name is to be asked for ahead of need, and by which standing.
    fn begin_refresh(&mut self, now: Instant) -> Option<Standing> {
        let begins = self.failure(now).is_none() && !std::mem::replace(&mut self.refreshing, true);
        begins.then(|| self.standing())
    }

    fn is_busy(&self) -> bool {
        self.running || self.refreshing || self.answer.receiver_count() > 0
    }
}

/// What to do for a name's addresses.
enum Next {
    Done(LookupAnswer),
    Wait(watch::Receiver<Option<LookupAnswer>>),
    /// Ask for them once there is a slot, or wait for the one that is quicker.
    Ask(Standing, watch::Receiver<Option<LookupAnswer>>),
}

impl Names {
    pub(super) fn new(resolver: Resolver, ttl: Duration) -> Arc<Self> {
        Arc::new(Self {
            resolver,
            ttl,
            slots: limits::DNS_LOOKUPS.map(|lookups| FairBudget::new(lookups, lookups)),
            entries: Mutex::new(HashMap::new()),
            last_answers: Mutex::default(),
            probing: AtomicBool::new(false),
        })
    }

    /// The addresses, if they are believed. Late in their time they are asked for again.
    pub(super) fn known(self: &Arc<Self>, name: &str, account: AccountNo) -> Option<Arc<[IpAddr]>> {
        let now = clock::monotonic();
        let mut entries = self.entries();
        let entry = entries.get_mut(name)?;
        let addresses = Arc::clone(entry.younger(self.ttl, now)?);
        let late = entry.younger(self.ttl / 4 * 3, now).is_none();
        let refresh = if late { entry.begin_refresh(now) } else { None };
        drop(entries);
        if let Some(standing) = refresh {
            self.refresh(name, account, standing);
        }
        Some(addresses)
    }

    /// The addresses, asked for if need be. Those of a name that resolved before are used for a while
    /// longer when the answer is late, or is none.
    pub(super) async fn resolve(self: &Arc<Self>, name: &str, account: AccountNo) -> LookupAnswer {
        let now = clock::monotonic();
        let stale = {
            let mut entries = self.entries();
            entries.get_mut(name).and_then(|entry| {
                let addresses = Arc::clone(entry.younger(self.stale(), now)?);
                Some((addresses, entry.failure(now).is_some(), entry.begin_refresh(now)))
            })
        };
        let Some((addresses, failing, refresh)) = stale else { return self.ask(name, account).await };
        if let Some(standing) = refresh {
            self.refresh(name, account, standing);
        }
        if failing {
            return Ok(addresses);
        }
        match timeout(limits::DNS_PATIENCE, self.ask(name, account)).await {
            Ok(Ok(fresh)) => Ok(fresh),
            Ok(Err(_)) | Err(_) => Ok(addresses),
        }
    }

    /// How old addresses may be that are used for want of fresh ones.
    fn stale(&self) -> Duration {
        self.ttl.saturating_mul(limits::DNS_STALE_TTLS)
    }

    /// Asks for a name whether or not anybody waits for the answer.
    fn refresh(self: &Arc<Self>, name: &str, account: AccountNo, standing: Standing) {
        let (names, name) = (Arc::clone(self), name.to_owned());
        tokio::spawn(async move {
            let permit = names.slots(standing).take(account).await;
            if let Some(mut running) = names.start(&name, account, permit) {
                let _ = running.wait_for(Option::is_some).await;
            }
            if let Some(entry) = names.entries().get_mut(name.as_str()) {
                entry.refreshing = false;
            }
        });
    }

    /// Each account waits in a queue of its own, so that a name is not held up by who else asks for it.
    async fn ask(self: &Arc<Self>, name: &str, account: AccountNo) -> LookupAnswer {
        loop {
            let mut answer = match self.look(name, account) {
                Next::Done(answer) => return answer,
                Next::Wait(answer) => answer,
                Next::Ask(standing, mut answer) => {
                    let slots = self.slots(standing);
                    tokio::select! {
                        biased;
                        _ = answer.changed() => {}
                        permit = slots.take(account) => drop(self.start(name, account, permit)),
                    }
                    answer
                }
            };
            let found = answer.wait_for(Option::is_some).await.ok().and_then(|found| found.clone());
            if let Some(found) = found {
                return found;
            }
        }
    }

    fn slots(&self, standing: Standing) -> &FairBudget<AccountNo> {
        let [resolved, unknown, failed] = &self.slots;
        match standing {
            Standing::Resolved => resolved,
            Standing::Unknown => unknown,
            Standing::Failed => failed,
        }
    }

    fn look(&self, name: &str, account: AccountNo) -> Next {
        let now = clock::monotonic();
        let mut entries = self.entries();
        let entry = entry_of(&mut entries, name, account, self.stale(), now);
        if let Some(addresses) = entry.younger(self.ttl, now) {
            return Next::Done(Ok(Arc::clone(addresses)));
        }
        if let Some(error) = entry.failure(now) {
            return Next::Done(Err(error.clone()));
        }
        if entry.running {
            return Next::Wait(entry.answer.subscribe());
        }
        Next::Ask(entry.standing(), entry.answer.subscribe())
    }

    /// Starts a lookup, unless one is under way; where its answer will be.
    fn start(
        self: &Arc<Self>,
        name: &str,
        account: AccountNo,
        permit: Permit<AccountNo>,
    ) -> Option<watch::Receiver<Option<LookupAnswer>>> {
        let mut entries = self.entries();
        let entry = entry_of(&mut entries, name, account, self.stale(), clock::monotonic());
        if std::mem::replace(&mut entry.running, true) {
            drop(entries);
            drop(permit);
            return None;
        }
        entry.answer.send_replace(None);
        let answer = entry.answer.subscribe();
        drop(entries);
        let (names, name) = (Arc::clone(self), Box::<str>::from(name));
        tokio::spawn(async move {
            let answer = names.look_up(&name).await;
            names.remember(&name, account, answer);
            drop(permit);
        });
        Some(answer)
    }

    /// Asks for a name. A server of names that fails for this one says so in the same words as a resolver that has
    /// no one to ask; but then another name, which resolved before, does not resolve either.
    async fn look_up(self: &Arc<Self>, name: &str) -> LookupAnswer {
        let began = clock::monotonic();
        let mut asked = pin!(self.resolver.look_up(name));
        let answer = match timeout(limits::DNS_PATIENCE, &mut asked).await {
            Ok(answer) => answer,
            Err(_) => {
                self.probe(name, began);
                asked.await
            }
        };
        match answer {
            Err(error) if error.want == Some(Want::Resolver) => {
                let answered = self.is_answered(name, began).await;
                Err(LookupError { want: error.want.filter(|_| !answered), ..error })
            }
            answer => {
                // Of other addresses this host may know by itself, and of names that do not exist, too.
                if answer.as_ref().is_ok_and(|addresses| is_public(addresses)) {
                    self.note_answer(true);
                }
                answer
            }
        }
    }

    /// Finds out whether other names are answered for while one is waited for: attempts may give up before a resolver
    /// does. One such question at a time is enough, and takes no more than a thread.
    fn probe(self: &Arc<Self>, name: &str, began: Instant) {
        if self.probing.swap(true, Ordering::Relaxed) {
            return;
        }
        let (names, name) = (Arc::clone(self), name.to_owned());
        tokio::spawn(async move {
            names.is_answered(&name, began).await;
            names.probing.store(false, Ordering::Relaxed);
        });
    }

    /// Whether a resolver answers since then for any other name.
    async fn is_answered(&self, name: &str, began: Instant) -> bool {
        let LastAnswers { answer, silence } = *self.last_answers();
        let since = |at: Option<Instant>| at.is_some_and(|at| at >= began);
        if since(answer) || since(silence) {
            return since(answer);
        }
        let (Some(other), Ok(label)) = (self.resolved_last(name), clock::random_bytes::<8>()) else {
            return false;
        };
        // A name below it, which no cache or file of this host can know. That there is none is an answer, too.
        let other = format!("{}.{other}", hex::encode(label));
        let answered =
            self.resolver.look_up(&other).await.map_or_else(|error| error.want.is_none(), |_| true);
        self.note_answer(answered);
        answered
    }

    /// Whether a resolver answered since then.
    pub(super) fn answered_since(&self, at: Instant) -> bool {
        self.last_answers().answer.is_some_and(|answer| answer >= at)
    }

    /// The name with public addresses that resolved last, this one apart, if one more label fits before it.
    fn resolved_last(&self, name: &str) -> Option<Box<str>> {
        let entries = self.entries();
        let resolved = entries.iter().filter(|(other, _)| &***other != name).filter_map(|(other, entry)| {
            let (addresses, at) = entry.resolved.as_ref()?;
            (is_public(addresses) && other.len() <= LONGEST_PARENT).then_some((at, other))
        });
        resolved.max().map(|(_, other)| other.clone())
    }

    fn note_answer(&self, answered: bool) {
        let (mut last_answers, now) = (self.last_answers(), Some(clock::monotonic()));
        *(if answered { &mut last_answers.answer } else { &mut last_answers.silence }) = now;
    }

    fn last_answers(&self) -> MutexGuard<'_, LastAnswers> {
        self.last_answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, name: &str, account: AccountNo, answer: LookupAnswer) {
        let now = clock::monotonic();
        let mut entries = self.entries();
        let entry = entry_of(&mut entries, name, account, self.stale(), now);
        entry.running = false;
        match &answer {
            Ok(addresses) => {
                entry.resolved = Some((Arc::clone(addresses), now));
                entry.failed = None;
            }
            Err(LookupError { want: Some(Want::Network | Want::Own), .. }) => {}
            Err(error) => entry.failed = Some((error.clone(), after(now, limits::DNS_FAILURE))),
        }
        entry.answer.send_replace(Some(answer));
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<Box<str>, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The longest name that may have a label of 16 bytes before it (RFC 1035, 2.3.4).
const LONGEST_PARENT: usize = 253 - 17;

/// Whether addresses are those of the public internet: others may be known without asking anybody.
fn is_public(addresses: &[IpAddr]) -> bool {
    addresses.iter().any(|address| AddressPolicy::default().check(*address).is_ok())
}

/// A name's entry. A new one may cost others theirs: first those that say nothing any more, then those of
/// the account that has the most.
fn entry_of<'a>(
    entries: &'a mut HashMap<Box<str>, Entry>,
    name: &str,
    account: AccountNo,
    stale: Duration,
    now: Instant,
) -> &'a mut Entry {
    if entries.len() >= limits::DNS_ENTRIES && !entries.contains_key(name) {
        let says = |entry: &Entry| entry.younger(stale, now).is_some() || entry.failure(now).is_some();
        entries.retain(|_, entry| entry.is_busy() || says(entry));
        if entries.len() > limits::DNS_ENTRIES / 2 {
            let mut counts: HashMap<AccountNo, usize> = HashMap::new();
            entries.values().for_each(|entry| *counts.entry(entry.account).or_default() += 1);
            let most = counts.into_iter().max_by_key(|(_, count)| *count).map(|(account, _)| account);
            entries.retain(|_, entry| entry.is_busy() || Some(entry.account) != most);
        }
    }
    entries.entry(name.into()).or_insert_with(|| Entry::new(account))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_there_is_no_such_name_is_an_answer_and_that_nobody_answers_is_none() {
        let io = |code| io::Error::from_raw_os_error(code);
        let want = |kind| want_of_lookup(kind, &io(2));
        for answer in [LookupErrorKind::NoName, LookupErrorKind::NoData, LookupErrorKind::Family] {
            assert_eq!(want(answer), None, "{answer:?}");
        }
        for silence in [LookupErrorKind::Again, LookupErrorKind::Fail, LookupErrorKind::System] {
            assert_eq!(want(silence), Some(Want::Resolver), "{silence:?}");
        }
        assert_eq!(want(LookupErrorKind::Memory), Some(Want::Own));
        let descriptors = io(rustix::io::Errno::MFILE.raw_os_error());
        assert_eq!(want_of_lookup(LookupErrorKind::System, &descriptors), Some(Want::Own));
    }

    #[test]
    fn the_system_finds_this_host() {
        let found = ask_system("localhost").unwrap();
        assert!(!found.is_empty() && found.iter().all(IpAddr::is_loopback), "{found:?}");
    }
}
