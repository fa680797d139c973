//! Whether there is a network at all.
//!
//! An attempt that finds no route says so at once, unless another was answered while it was under
//! way. A resolver that does not answer says so only when it happens several times in a row, in two lanes
//! or more, with nothing else in between. Lanes that were wrong before, or fail anyway, have no say.
//!
//! Without a network one attempt at a time is made over all lanes, ever more rarely; whatever else comes of
//! any attempt ends it. A lane that was not tried since waits no longer than the first time: it may be one
//! that the others' trouble does not concern.

use std::time::Duration;

use crate::domain::id::{Seq, WebhookNo};
use crate::domain::time::Timestamp;
use crate::limits;

use super::flights::Flight;
use super::pace::Rest;
use super::types::Health;

/// The state of the uplink.
#[derive(Debug, Default)]
pub(super) struct Uplink {
    outage: Option<Outage>,
    dns: DnsRun,
    /// The count of starts when an attempt last heard from the network.
    last_reached: u64,
}

#[derive(Debug)]
struct Outage {
    /// The wait for a lane that was tried, and for one that was not.
    rests: (Rest, Rest),
    step: Duration,
    probe: Option<(WebhookNo, Seq)>,
    /// The count of starts when it began.
    since: u64,
    /// The lane whose attempt said so.
    by: WebhookNo,
}

#[derive(Debug, Default)]
struct DnsRun {
    length: u32,
    first: Option<WebhookNo>,
    /// Whether it is seen in more than one lane.
    wide: bool,
}

/// A change that an attempt's end brought about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UplinkChange {
    /// None.
    Same,
    /// There is no network.
    Lost,
    /// There is one again. The lane that found none has itself to blame, if it is another.
    Found {
        /// That lane.
        blame: Option<WebhookNo>,
    },
}

impl Uplink {
    pub(super) fn is_offline(&self) -> bool {
        self.outage.is_some()
    }

    /// When a lane whose last turn was at the start `turn` may be probed, unless another is: never then.
    pub(super) fn probes(&self, turn: u64) -> Option<Timestamp> {
        let out = self.outage.as_ref().filter(|out| out.probe.is_none())?;
        let (tried, untried) = out.rests;
        Some(if turn > out.since { tried } else { untried }.until())
    }

    pub(super) fn clamp(&mut self, now: Timestamp) {
        if let Some(out) = &mut self.outage {
            out.rests.0.clamp(now);
            out.rests.1.clamp(now);
        }
    }

    /// The attempt that was started is the probe, if there is no network.
    pub(super) fn began(&mut self, webhook: WebhookNo, event: Seq) {
        if let Some(out) = &mut self.outage {
            out.probe = Some((webhook, event));
        }
    }

    /// Takes notice of an attempt's end. Of a lane with `own_fault` the want of a network says
    /// nothing; `ticket` is the scheduler's count of starts.
    pub(super) fn ended(
        &mut self,
        webhook: WebhookNo,
        flight: &Flight,
        health: Health,
        own_fault: bool,
        ticket: u64,
        now: Timestamp,
    ) -> UplinkChange {
        self.forget(|probe| probe == (webhook, flight.event), now);
        match health {
            Health::Neutral => UplinkChange::Same,
            Health::NoRoute if self.is_offline() => UplinkChange::Same,
            Health::NoRoute if own_fault || flight.ticket <= self.last_reached => UplinkChange::Same,
            Health::NoRoute => self.lose(webhook, ticket, now),
            Health::Unresolved if self.is_offline() || own_fault => UplinkChange::Same,
            Health::Unresolved => {
                self.dns.note(webhook);
                if self.dns.is_an_outage() { self.lose(webhook, ticket, now) } else { UplinkChange::Same }
            }
            Health::Success
            | Health::Failure
            | Health::TimedOut
            | Health::Throttled
            | Health::RetryAfter(_) => self.reached(webhook, ticket),
        }
    }

    /// The lane is gone, and its probe with it.
    pub(super) fn removed(&mut self, webhook: WebhookNo, now: Timestamp) {
        self.forget(|probe| probe.0 == webhook, now);
    }

    /// The probe is over if it `is` this one; the next is later.
    fn forget(&mut self, is: impl Fn((WebhookNo, Seq)) -> bool, now: Timestamp) {
        if let Some(out) = &mut self.outage
            && out.probe.is_some_and(is)
        {
            out.probe = None;
            out.step = (out.step * 2).min(limits::OFFLINE_PROBE_MAX);
            out.rests = (Rest::new(now, out.step), Rest::new(now, limits::PROBE_FIRST));
        }
    }

    fn lose(&mut self, by: WebhookNo, since: u64, now: Timestamp) -> UplinkChange {
        let step = limits::PROBE_FIRST;
        let rest = Rest::new(now, step);
        self.outage = Some(Outage { rests: (rest, rest), step, probe: None, since, by });
        UplinkChange::Lost
    }

    fn reached(&mut self, webhook: WebhookNo, ticket: u64) -> UplinkChange {
        self.dns = DnsRun::default();
        self.last_reached = ticket;
        match self.outage.take() {
            Some(out) => UplinkChange::Found { blame: Some(out.by).filter(|by| *by != webhook) },
            None => UplinkChange::Same,
        }
    }
}

impl DnsRun {
    fn note(&mut self, webhook: WebhookNo) {
        self.length = self.length.saturating_add(1);
        self.wide |= *self.first.get_or_insert(webhook) != webhook;
    }

    fn is_an_outage(&self) -> bool {
        self.wide && self.length >= limits::OFFLINE_DNS_RUN
    }
}
