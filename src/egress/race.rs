//! Addresses of one name, tried side by side as RFC 8305 says, TLS included: the next one a moment after
//! the one before, or as soon as that has failed. The first that works is the connection.

use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::time::{sleep, sleep_until};

use super::connect::{Connector, Reached};
use super::failure::Failure;
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
    any_certificate: bool,
    by: Instant,
) -> Result<Reached, Lost> {
    let tries: Vec<Try> =
        addresses.into_iter().map(|address| Try { address, shakes: AtomicBool::new(false) }).collect();
    let doing = |tries: &[Try]| doing(tries, |address| connector.name(target, address));
    let mut next = tries.iter();
    let mut running = FuturesUnordered::new();
    let mut failures = Failures::default();
    let mut late = pin!(sleep_until(by.into()));
    loop {
        let Some(one) = next.next() else {
            // The last ones have what time is left.
            let tried = tokio::select! {
                tried = running.next() => tried,
                () = &mut late => return Err(lost(&tries, Why::Late(doing(&tries)))),
            };
            match tried {
                Some(Ok(reached)) => return Ok(reached),
                Some(Err(failure)) => failures.add(failure),
                None => return Err(lost(&tries, Why::Failed(failures.into_failure()))),
            }
            continue;
        };
        running.push(connector.reach(target, one.address, any_certificate, &one.shakes));
        let mut soon = pin!(sleep(limits::CONNECT_STAGGER));
        tokio::select! {
            tried = running.next() => match tried {
                Some(Ok(reached)) => return Ok(reached),
                Some(Err(failure)) => failures.add(failure),
                None => {}
            },
            () = &mut soon => {}
            () = &mut late => return Err(lost(&tries, Why::Late(doing(&tries)))),
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
    use super::*;

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
