//! Names to addresses, remembered for a short while. It vets nothing: who connects does.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, watch};

use super::after;
use crate::clock;
use crate::limits;

/// A name's addresses.
type Answers = dyn Fn(&str) -> Vec<IpAddr> + Send + Sync;

/// Who resolves names.
#[derive(Clone)]
pub enum Resolver {
    /// The operating system.
    System,
    /// A function of the name, for tests and closed networks; no address: the name is unknown.
    Fixed(Arc<Answers>),
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "System",
            Self::Fixed(_) => "Fixed",
        })
    }
}

impl Resolver {
    async fn ask(&self, name: &str) -> Answer {
        let addresses: Vec<IpAddr> = match self {
            Self::Fixed(answers) => answers(name),
            Self::System => match tokio::net::lookup_host((name, 0)).await {
                Ok(found) => found.map(|address| address.ip()).collect(),
                Err(error) => return Err(error.to_string().into()),
            },
        };
        if addresses.is_empty() { Err("it has no address".into()) } else { Ok(addresses.into()) }
    }
}

/// A name's addresses, in the resolver's order and never none, or why there are none.
pub(super) type Answer = Result<Arc<[IpAddr]>, Arc<str>>;

pub(super) struct Names {
    resolver: Resolver,
    ttl: Duration,
    /// Bounds lookups, not exchanges: a lookup holds its blocking thread even when nobody waits.
    lookups: Semaphore,
    entries: Mutex<HashMap<Box<str>, Entry>>,
}

enum Entry {
    Known {
        addresses: Arc<[IpAddr]>,
        until: Instant,
    },
    /// One lookup per name, whoever asks.
    Asked(Arc<watch::Sender<Option<Answer>>>),
}

impl Names {
    pub(super) fn new(resolver: Resolver, ttl: Duration) -> Arc<Self> {
        Arc::new(Self {
            resolver,
            ttl,
            lookups: Semaphore::new(limits::DNS_LOOKUPS),
            entries: Mutex::new(HashMap::new()),
        })
    }

    /// The addresses, if they are known.
    pub(super) fn known(&self, name: &str) -> Option<Arc<[IpAddr]>> {
        match self.entries().get(name) {
            Some(Entry::Known { addresses, until }) if *until > clock::monotonic() => {
                Some(Arc::clone(addresses))
            }
            _ => None,
        }
    }

    /// The addresses, asked for if need be. A dropped wait leaves the lookup to whoever else waits.
    pub(super) async fn resolve(self: &Arc<Self>, name: &str) -> Answer {
        let mut answer = self.ask(name);
        let answer = answer.wait_for(Option::is_some).await;
        answer.ok().and_then(|answer| answer.clone()).unwrap_or_else(|| Err("the lookup was given up".into()))
    }

    fn ask(self: &Arc<Self>, name: &str) -> watch::Receiver<Option<Answer>> {
        let mut entries = self.entries();
        if let Some(Entry::Asked(asked)) = entries.get(name) {
            return asked.subscribe();
        }
        let (asked, answer) = watch::channel(None);
        let asked = Arc::new(asked);
        entries.insert(name.into(), Entry::Asked(Arc::clone(&asked)));
        drop(entries);
        tokio::spawn(Arc::clone(self).look_up(name.into(), asked));
        answer
    }

    async fn look_up(self: Arc<Self>, name: Box<str>, asked: Arc<watch::Sender<Option<Answer>>>) {
        let _permit = self.lookups.acquire().await;
        if self.is_abandoned(&name, &asked) {
            return;
        }
        let answer = self.resolver.ask(&name).await;
        self.remember(name, &answer);
        asked.send_replace(Some(answer));
    }

    /// Whether everybody gave up while the lookup waited for its turn; then it is unasked.
    fn is_abandoned(&self, name: &str, asked: &watch::Sender<Option<Answer>>) -> bool {
        let mut entries = self.entries();
        let abandoned = asked.receiver_count() == 0;
        if abandoned {
            entries.remove(name);
        }
        abandoned
    }

    fn remember(&self, name: Box<str>, answer: &Answer) {
        let mut entries = self.entries();
        let Ok(addresses) = answer else {
            entries.remove(&name);
            return;
        };
        let now = clock::monotonic();
        if entries.len() > limits::DNS_ENTRIES {
            let size = entries.len();
            entries.retain(|_, entry| !matches!(entry, Entry::Known { until, .. } if *until <= now));
            if entries.len() > size / 2 {
                // Mostly fresh ones: forget them all, or every new name would look at each.
                entries.retain(|_, entry| matches!(entry, Entry::Asked(_)));
            }
        }
        let addresses = Arc::clone(addresses);
        entries.insert(name, Entry::Known { addresses, until: after(now, self.ttl) });
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<Box<str>, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
