//! Addresses of one name, tried side by side as RFC 8305 says, TLS included: the next one a moment after
//! the one before, or as soon as that has failed. The first that works is the connection.

use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::time::{sleep, sleep_until};

use super::connect::{Connector, Reached};
use super::failure::Failure;
use super::tls::Security;
use crate::domain::outcome::{ErrorKind, Want};
use crate::domain::target::TargetUrl;
use crate::limits;

/// There is no connection.
pub(super) struct Lost {
    /// The first address that was connected to, if any was.
    pub(super) reached: Option<IpAddr>,
    pub(super) why: Why,
}

/// Why there is no connection.
pub(super) enum Why {
    /// Every address failed.
    Failed(Failure),
    /// The time was over first; what was being done then.
    Late(String),
}

/// One address' try.
struct Try {
    address: SocketAddr,
    /// TLS has begun.
    shakes: AtomicBool,
}

/// Connects to the first of the addresses that answers, until `by`.
pub(super) async fn race(
    connector: &Connector,
    target: &TargetUrl,
    addresses: Vec<SocketAddr>,
    security: &Security,
    by: Instant,
) -> Result<Reached, Lost> {
    let tries: Vec<Try> =
        addresses.into_iter().map(|address| Try { address, shakes: AtomicBool::new(false) }).collect();
    let reached = stagger(
        &tries,
        |one| connector.reach(target, one.address, security, &one.shakes),
        limits::CONNECT_STAGGER,
        by,
    );
    reached.await.map_err(|failed| {
        let late = || Why::Late(doing(&tries, |address| connector.name(target, address)));
        lost(&tries, failed.map_or_else(late, Why::Failed))
    })
}

/// What the first gives of those that work, each tried a `moment` after the one before; `None` in place of their failure when the time was over first.
async fn stagger<'t, T, R: Future<Output = Result<T, Failure>>>(
    tries: &'t [Try],
    reach: impl Fn(&'t Try) -> R,
    moment: Duration,
    by: Instant,
) -> Result<T, Option<Failure>> {
    let mut next = tries.iter();
    let mut running = FuturesUnordered::new();
    let mut failures = Failures::default();
    let mut late = pin!(sleep_until(by.into()));
    loop {
        let Some(one) = next.next() else {
            // The last ones have what time is left.
            let tried = tokio::select! {
                tried = running.next() => tried,
                () = &mut late => return Err(None),
            };
            match tried {
                Some(Ok(reached)) => return Ok(reached),
                Some(Err(failure)) => failures.add(failure),
                None => return Err(Some(failures.into_failure())),
            }
            continue;
        };
        running.push(reach(one));
        let mut soon = pin!(sleep(moment));
        tokio::select! {
            tried = running.next() => match tried {
                Some(Ok(reached)) => return Ok(reached),
                Some(Err(failure)) => failures.add(failure),
                None => {}
            },
            () = &mut soon => {}
            () = &mut late => return Err(None),
        }
    }
}

fn lost(tries: &[Try], why: Why) -> Lost {
    let reached = tries.iter().find(|one| one.shakes.load(Ordering::Relaxed));
    Lost { reached: reached.map(|one| one.address.ip()), why }
}

/// What the first tries were doing; the others are much the same.
fn doing(tries: &[Try], name: impl Fn(SocketAddr) -> String) -> String {
    let step = |one: &Try| {
        let what =
            if one.shakes.load(Ordering::Relaxed) { "the TLS handshake with" } else { "connecting to" };
        format!("{what} {}", name(one.address))
    };
    tries.iter().take(2).map(step).collect::<Vec<_>>().join(", ")
}

/// What became of the addresses that failed.
#[derive(Default)]
struct Failures {
    last: Option<Failure>,
    /// What all that failed were in want of, or one where that is the daemon's own: it might have worked.
    want: Option<Want>,
}

impl Failures {
    /// One that came further says more.
    fn add(&mut self, failure: Failure) {
        self.want = match (self.want, failure.want) {
            (Some(Want::Own), _) | (_, Some(Want::Own)) => Some(Want::Own),
            (before, want) => want.filter(|_| self.last.is_none() || before == want),
        };
        let further = |failure: &Failure| failure.error.kind != ErrorKind::Connect;
        if self.last.as_ref().is_none_or(|last| further(&failure) || !further(last)) {
            self.last = Some(failure);
        }
    }

    fn into_failure(self) -> Failure {
        let none = || Failure::new(ErrorKind::Connect, "no address to connect to");
        let failure = self.last.unwrap_or_else(none);
        Failure { want: self.want, ..failure }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::clock;

    const HOUR: Duration = Duration::from_secs(3600);
    const MOMENT: Duration = Duration::from_millis(20);

    /// What an address does: it works or fails, at once or after a time, or says nothing ever.
    #[derive(Debug, Clone, Copy)]
    enum Does {
        Works(Duration),
        Fails,
        Silent,
    }
    use Does::{Fails, Silent, Works};

    const AT_ONCE: Does = Works(Duration::ZERO);

    /// When each address was tried, and which one was the connection.
    async fn raced(does: &[Does], moment: Duration, by: Duration) -> (Vec<Duration>, Result<usize, bool>) {
        let begun = clock::monotonic();
        let address = |port: usize| SocketAddr::from(([127, 0, 0, 1], u16::try_from(port).unwrap()));
        let tries: Vec<Try> = (0..does.len())
            .map(|port| Try { address: address(port), shakes: AtomicBool::new(false) })
            .collect();
        let tried = RefCell::new(Vec::new());
        let reach = |one: &Try| {
            tried.borrow_mut().push(begun.elapsed());
            let port = usize::from(one.address.port());
            async move {
                match does[port] {
                    Works(after) => {
                        sleep(after).await;
                        Ok(port)
                    }
                    Fails => Err(Failure::new(ErrorKind::Connect, "refused")),
                    Silent => std::future::pending().await,
                }
            }
        };
        let found = stagger(&tries, reach, moment, begun + by).await;
        (tried.into_inner(), found.map_err(|failed| failed.is_none()))
    }

    #[tokio::test]
    async fn the_next_address_is_tried_a_moment_after_the_one_before() {
        assert_eq!(limits::CONNECT_STAGGER, Duration::from_millis(250), "as RFC 8305 recommends");
        for (does, found) in [
            (vec![Silent, AT_ONCE], 1),
            (vec![Silent, Silent, AT_ONCE], 2),
            // One that was tried before is not given up for it.
            (vec![Works(MOMENT * 3), Silent], 0),
            (vec![Silent, Works(MOMENT * 3), Silent], 1),
        ] {
            let (tried, connected) = raced(&does, MOMENT, HOUR).await;
            assert_eq!((tried.len(), connected), (does.len(), Ok(found)), "{does:?}");
            let early = tried.iter().zip(0..).find(|(at, place)| **at < MOMENT * *place);
            assert_eq!(early, None, "{does:?}: {tried:?}");
        }
    }

    #[tokio::test]
    async fn the_next_address_is_tried_at_once_when_one_has_failed_and_none_when_one_works() {
        for (does, tried, found) in [
            (vec![AT_ONCE, AT_ONCE], 1, Ok(0)),
            (vec![Fails, AT_ONCE, AT_ONCE], 2, Ok(1)),
            (vec![Fails, Fails, AT_ONCE], 3, Ok(2)),
            (vec![Fails, Fails], 2, Err(false)),
        ] {
            let (times, connected) = raced(&does, HOUR, HOUR).await;
            assert_eq!((times.len(), connected), (tried, found), "{does:?}");
        }
        // All of them together have one time, also before the last was tried.
        for (moment, tried) in [(HOUR, 1), (Duration::ZERO, 2)] {
            let (times, connected) = raced(&[Silent, Silent], moment, MOMENT * 3).await;
            assert_eq!((times.len(), connected), (tried, Err(true)), "{moment:?}");
        }
    }

    #[test]
    fn what_the_daemon_lacks_for_one_address_is_not_charged_and_what_the_network_lacks_for_all_is_not() {
        let want = |wants: &[Option<Want>]| {
            let mut failures = Failures::default();
            for want in wants {
                failures.add(Failure { want: *want, ..Failure::new(ErrorKind::Connect, "") });
            }
            failures.into_failure().want
        };
        let (network, own) = (Some(Want::Network), Some(Want::Own));
        assert_eq!(want(&[network, network]), network);
        assert_eq!(want(&[network, None]), None);
        assert_eq!(want(&[None, network]), None);
        for wants in [[own, None], [None, own], [own, network], [network, own]] {
            assert_eq!(want(&wants), own, "{wants:?}");
        }
    }
}
