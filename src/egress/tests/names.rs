//! Lookups that hang, fail and are late, by a resolver that does as a test says.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex};

use super::*;
use crate::domain::outcome::Want;
use crate::egress::resolve::{LookupError, Names};

/// What a name server does with a name; it answers all others at once.
#[derive(Clone, Copy, PartialEq)]
enum Act {
    Silent,
    Unknown,
    Address(u8),
}

#[derive(Default)]
struct Server {
    acts: Mutex<(HashMap<String, Act>, bool)>,
    changed: Condvar,
    asked: Mutex<Vec<String>>,
}

impl Server {
    fn set(&self, name: &str, act: Act) {
        self.acts.lock().unwrap().0.insert(name.to_owned(), act);
        self.changed.notify_all();
    }

    fn answer(&self, name: &str) -> Vec<IpAddr> {
        self.asked.lock().unwrap().push(name.to_owned());
        let act = |acts: &(HashMap<String, Act>, bool)| acts.0.get(name).copied().unwrap_or(Act::Address(1));
        let silent = |acts: &mut (HashMap<String, Act>, bool)| !acts.1 && act(acts) == Act::Silent;
        let acts = self.changed.wait_while(self.acts.lock().unwrap(), silent).unwrap();
        match act(&acts) {
            Act::Silent | Act::Unknown => Vec::new(),
            Act::Address(last) => vec![IpAddr::from([192, 0, 2, last])],
        }
    }

    fn asked(&self, name: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| asked.starts_with(name)).count()
    }
}

struct Rig {
    server: Arc<Server>,
    names: Arc<Names>,
}

impl Rig {
    fn new(ttl: Duration) -> Self {
        let server = Arc::new(Server::default());
        let answers = Arc::clone(&server);
        let resolver = Resolver::Fixed(Arc::new(move |name| answers.answer(name)));
        Self { server, names: Names::new(resolver, ttl) }
    }

    async fn resolve(&self, account: u32, name: &str) -> Result<u8, String> {
        let found = match self.names.known(name, AccountNo(account)) {
            Some(known) => Ok(known),
            None => self.names.resolve(name, AccountNo(account)).await,
        };
        let last = |ip: &IpAddr| match ip {
            IpAddr::V4(v4) => v4.octets()[3],
            IpAddr::V6(_) => 0,
        };
        found.map(|found| last(&found[0])).map_err(|LookupError { why, .. }| why.to_string())
    }

    /// Starts asking for as many silent names, which goes on in the background.
    async fn silent(&self, account: u32, count: usize) {
        let before = self.server.asked("silent");
        for n in 0..count {
            let name = format!("silent-{account}-{n}.test");
            self.server.set(&name, Act::Silent);
            let names = Arc::clone(&self.names);
            tokio::spawn(async move { drop(names.resolve(&name, AccountNo(account)).await) });
        }
        while self.server.asked("silent") == before {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    async fn until(&self, what: impl Fn(&Server) -> bool) {
        while !what(&self.server) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

impl Drop for Rig {
    /// Blocking threads would be waited for.
    fn drop(&mut self) {
        self.server.acts.lock().unwrap().1 = true;
        self.server.changed.notify_all();
    }
}

const FAIR: Duration = Duration::from_secs(60);

#[tokio::test]
async fn silent_names_of_one_account_hold_up_no_other() {
    let rig = Rig::new(limits::DNS_TTL);
    rig.silent(1, 200).await;
    for n in 0..20 {
        let name = format!("fresh-{n}.test");
        let fresh = tokio::time::timeout(FAIR, rig.resolve(2, &name)).await;
        assert_eq!(fresh.expect("no lookup of another account is in the way"), Ok(1));
    }
    assert!(rig.server.asked("silent") <= limits::DNS_LOOKUPS[1] / 2, "one account has half at most");
    rig.silent(2, 200).await;
    assert_eq!(tokio::time::timeout(FAIR, rig.resolve(3, "third.test")).await.unwrap(), Ok(1));
}

#[tokio::test]
async fn a_name_is_not_held_up_by_who_else_asks_for_it() {
    let rig = Rig::new(limits::DNS_TTL);
    rig.silent(1, 200).await;
    let names = Arc::clone(&rig.names);
    let attacker = tokio::spawn(async move { names.resolve("shop.test", AccountNo(1)).await.is_ok() });
    tokio::task::yield_now().await;
    assert_eq!(tokio::time::timeout(FAIR, rig.resolve(2, "shop.test")).await.unwrap(), Ok(1));
    assert!(attacker.await.unwrap(), "the answer is for all who wait");
    assert_eq!(rig.server.asked("shop.test"), 1);
}

#[tokio::test]
async fn names_that_resolved_before_have_slots_of_their_own() {
    let rig = Rig::new(Duration::from_millis(1));
    assert_eq!(rig.resolve(1, "old.test").await, Ok(1));
    // Of the same account.
    rig.silent(1, 200).await;
    rig.server.set("old.test", Act::Address(2));
    // Past its time, so that it must be asked for again.
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(tokio::time::timeout(FAIR, rig.resolve(1, "old.test")).await.unwrap(), Ok(2));
}

#[tokio::test]
async fn a_failure_is_remembered_for_a_while() {
    let rig = Rig::new(limits::DNS_TTL);
    rig.server.set("gone.test", Act::Unknown);
    for _ in 0..10 {
        assert_eq!(rig.resolve(1, "gone.test").await, Err("it has no address".to_owned()));
    }
    assert_eq!(rig.server.asked("gone.test"), 1);
    rig.server.set("gone.test", Act::Address(1));
    tokio::time::timeout(FAIR, async {
        while rig.resolve(1, "gone.test").await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .expect("a failure is forgotten");
}

#[tokio::test]
async fn a_name_that_resolved_before_is_used_while_it_is_asked_for() {
    let rig = Rig::new(Duration::from_secs(2));
    assert_eq!(rig.resolve(1, "a.test").await, Ok(1));
    // Late in its time it is asked for again, and what it led to is used meanwhile.
    rig.server.set("a.test", Act::Silent);
    tokio::time::timeout(FAIR, async {
        while rig.server.asked("a.test") < 2 {
            assert_eq!(rig.resolve(1, "a.test").await, Ok(1));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("it is asked for ahead of need");
    // Past its time as well, and when the lookup fails.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(tokio::time::timeout(FAIR, rig.resolve(1, "a.test")).await.unwrap(), Ok(1));
    rig.server.set("a.test", Act::Unknown);
    assert_eq!(tokio::time::timeout(FAIR, rig.resolve(1, "a.test")).await.unwrap(), Ok(1));
    // An answer counts as soon as there is one.
    rig.server.set("a.test", Act::Address(3));
    tokio::time::timeout(FAIR, async {
        while rig.resolve(1, "a.test").await != Ok(3) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .expect("a name that resolves again is found");
}

#[tokio::test]
async fn old_addresses_are_not_used_for_ever() {
    let ttl = Duration::from_millis(20);
    let rig = Rig::new(ttl);
    assert_eq!(rig.resolve(1, "a.test").await, Ok(1));
    rig.server.set("a.test", Act::Unknown);
    tokio::time::timeout(FAIR, async {
        while rig.resolve(1, "a.test").await.is_ok() {
            tokio::time::sleep(ttl).await;
        }
    })
    .await
    .expect("what a name led to is given up in the end");
}

#[tokio::test]
async fn names_of_one_account_push_out_their_own() {
    let rig = Rig::new(limits::DNS_TTL);
    assert_eq!(rig.resolve(2, "kept.test").await, Ok(1));
    for n in 0..limits::DNS_ENTRIES + 10 {
        rig.resolve(1, &format!("flood-{n}.test")).await.unwrap();
    }
    rig.until(|server| server.asked("flood") > limits::DNS_ENTRIES).await;
    assert_eq!(rig.resolve(2, "kept.test").await, Ok(1));
    assert_eq!(rig.server.asked("kept.test"), 1);
}

/// The wants of a lookup of each name, one after the other, by a resolver that does not answer for some.
async fn wants(
    names: &[&'static str],
    silent: impl Fn(&str) -> bool + Send + Sync + 'static,
) -> Vec<Option<Want>> {
    let answers = move |name: &str| {
        if silent(name) {
            return Err(Want::Resolver);
        }
        let address = if name == "inside.test" { [10, 0, 0, 7] } else { [93, 184, 216, 34] };
        Ok(Vec::from_iter((name != "unknown.test").then_some(IpAddr::from(address))))
    };
    let resolver = Resolver::Failing(Arc::new(answers));
    let resolving = Names::new(resolver, limits::DNS_TTL);
    let mut wants = Vec::new();
    for name in names {
        wants.push(resolving.resolve(name, AccountNo(1)).await.err().and_then(|error| error.want));
    }
    wants
}

#[tokio::test]
async fn a_name_that_no_server_answers_for_is_not_taken_for_a_want_of_a_resolver() {
    let broken = |name: &str| name.starts_with("broken");
    assert_eq!(wants(&["broken.test"], broken).await, [Some(Want::Resolver)], "nobody ever answered");
    assert_eq!(wants(&["fine.test", "broken.test", "broken-2.test"], broken).await, [None; 3]);
    // With no one to ask, those do not resolve any more that did.
    let down = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let answered_once = move |_: &str| down.fetch_add(1, std::sync::atomic::Ordering::SeqCst) > 0;
    let silence = Some(Want::Resolver);
    assert_eq!(
        wants(&["fine.test", "other.test", "third.test"], answered_once).await,
        [None, silence, silence]
    );
    // One that a file or a cache of this host knows is no sign of a resolver.
    assert_eq!(wants(&["fine.test", "broken.test"], |name: &str| name != "fine.test").await, [None, silence]);
    // What this host may know by itself says nothing of a resolver.
    assert_eq!(wants(&["inside.test", "broken.test"], broken).await, [None, silence]);
    assert_eq!(wants(&["fine.test", "unknown.test", "broken.test"], broken).await, [None; 3]);
}

#[tokio::test]
async fn that_others_are_answered_is_known_while_one_is_waited_for() {
    let (release, released) = std::sync::mpsc::sync_channel::<()>(1);
    let released = std::sync::Mutex::new(released);
    let answers = move |name: &str| {
        if name == "silent.test" {
            let _ = released.lock().unwrap().recv_timeout(FAIR);
            return Err(Want::Resolver);
        }
        Ok(Vec::from_iter((name == "fine.test").then_some(IpAddr::from([93, 184, 216, 34]))))
    };
    let resolving = Names::new(Resolver::Failing(Arc::new(answers)), limits::DNS_TTL);
    resolving.resolve("fine.test", AccountNo(1)).await.unwrap();
    let began = crate::clock::monotonic();
    let silent = tokio::spawn({
        let resolving = Arc::clone(&resolving);
        async move { resolving.resolve("silent.test", AccountNo(1)).await }
    });
    tokio::time::timeout(FAIR / 3, async {
        while !resolving.answered_since(began) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("another name is asked for before the silent one ends");
    assert!(!silent.is_finished());
    release.send(()).unwrap();
    assert_eq!(silent.await.unwrap().err().and_then(|error| error.want), None);
}
