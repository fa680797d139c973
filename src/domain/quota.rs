//! What an account holds in the daemon's memory, and how much of it an account may hold.
//!
//! The store counts it where changes are committed, so no way of making something avoids it.

use std::ops::{Add, Sub};

use super::account::Token;
use super::actor::ActorRecord;
use super::event_type::{EventPattern, EventTypeRecord};
use super::secret::SecretRecord;
use super::webhook::Webhook;
use crate::limits;

/// What a thing takes in memory besides its texts: its record, its places in the indexes, and what
/// the dispatcher keeps for it. An estimate for webhooks, which are the largest.
const RECORD_BYTES: usize = 1024;
/// The same of a small thing: a pattern, a header, a token.
const ENTRY_BYTES: usize = 128;
/// A parsed filter takes a multiple of its text.
const FILTER_FACTOR: usize = 8;

/// What an account, or all accounts together, hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Held {
    /// Webhooks.
    pub webhooks: usize,
    /// Declared event types.
    pub event_types: usize,
    /// Replays that have not ended.
    pub replays: usize,
    /// What all of it takes in memory, in bytes, with actors, secrets and tokens.
    pub bytes: usize,
}

/// How much one account may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas(pub Held);

impl Default for Quotas {
    fn default() -> Self {
        Self(Held {
            webhooks: limits::WEBHOOKS,
            event_types: limits::EVENT_TYPES,
            replays: limits::REPLAYS,
            bytes: limits::ACCOUNT_MEMORY_BYTES,
        })
    }
}

/// A quota that a change would exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exceeded {
    /// Of what.
    pub what: &'static str,
    /// How much of it an account may have.
    pub most: usize,
    /// The setting that says so.
    pub setting: &'static str,
    /// Whether all accounts together hold too much, rather than this one.
    pub by_all: bool,
}

impl Quotas {
    /// Whether an account that holds `own`, where all accounts hold `all`, may hold `after` in
    /// place of `before`. Only growth is refused: anyone who is over a quota can still make less of it.
    ///
    /// # Errors
    /// Names the first quota that would be exceeded.
    pub fn check(&self, own: Held, all: Held, before: Held, after: Held) -> Result<(), Exceeded> {
        type Quota = (&'static str, &'static str, fn(&Held) -> usize);
        let quotas: [Quota; 4] = [
            ("webhooks", "quotas.webhooks", |held| held.webhooks),
            ("event types", "quotas.event_types", |held| held.event_types),
            ("replays that have not ended", "quotas.replays", |held| held.replays),
            (
                "bytes of memory for its webhooks, event types, actors and secrets",
                "quotas.memory_bytes",
                |held| held.bytes,
            ),
        ];
        for (what, setting, of) in quotas {
            let most = of(&self.0);
            let (before, after) = (of(&before), of(&after));
            if after <= before {
                continue;
            }
            let grown = |held: &Held| of(held).saturating_sub(before).saturating_add(after);
            let by_all = grown(&all) > most.saturating_mul(limits::ACCOUNTS_AT_QUOTA);
            if by_all || grown(&own) > most {
                return Err(Exceeded { what, most, setting, by_all: by_all && grown(&own) <= most });
            }
        }
        Ok(())
    }
}

impl Held {
    /// What a webhook takes.
    #[must_use]
    pub fn of_webhook(webhook: &Webhook) -> Self {
        let Webhook {
            name,
            managed_by,
            url,
            pending_url,
            events,
            profile,
            description,
            headers,
            filter,
            metadata,
            secrets,
            tls,
            terms,
            ..
        } = webhook;
        let patterns = events.iter().map(|pattern| {
            let text = match pattern {
                EventPattern::All => 0,
                EventPattern::Under(prefix) => prefix.len(),
                EventPattern::Exact(name) => name.as_str().len(),
            };
            // The webhook has it, and so has the index.
            2 * text + ENTRY_BYTES
        });
        let headers = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ENTRY_BYTES);
        let bytes = RECORD_BYTES
            + 2 * url.as_str().len()
            + pending_url.as_ref().map_or(0, |url| 2 * url.as_str().len())
            + patterns.sum::<usize>()
            + profile.len()
            + description.len()
            // The webhook has its name, and so has the index.
            + name.as_ref().map_or(0, |name| 2 * (name.as_str().len() + ENTRY_BYTES))
            + managed_by.as_ref().map_or(0, |tool| tool.as_str().len())
            + headers.sum::<usize>()
            + filter
                .as_ref()
                .map_or(0, |filter| FILTER_FACTOR * filter.as_json().len() + filter.pattern_bytes())
            + metadata.as_ref().map_or(0, |text| text.len())
            + secrets.previous.len() * 2 * ENTRY_BYTES
            + terms.key.as_ref().map_or(0, |key| 2 * key.as_str().len())
            + terms.scope.as_ref().map_or(0, |scope| 2 * scope.as_str().len())
            + tls.as_ref().map_or(0, |tls| tls.bytes())
            + terms.template_bytes();
        Self { webhooks: 1, bytes, ..Self::default() }
    }

    /// What a declared event type takes.
    #[must_use]
    pub fn of_event_type(record: &EventTypeRecord) -> Self {
        let EventTypeRecord { name, description, schema, example, managed_by, .. } = record;
        let managed_by = managed_by.as_ref().map_or(0, |tool| tool.as_str().len());
        let texts = [schema, example].into_iter().flatten().map(|text| text.len()).sum::<usize>();
        let bytes = 3 * ENTRY_BYTES + 2 * name.as_str().len() + description.len() + managed_by + texts;
        Self { event_types: 1, bytes, ..Self::default() }
    }

    /// What a secret takes.
    #[must_use]
    pub fn of_secret(record: &SecretRecord) -> Self {
        let bytes = 2 * ENTRY_BYTES + 2 * record.name.as_str().len() + record.text.expose().len();
        Self { bytes, ..Self::default() }
    }

    /// What a declared actor takes, its webhooks apart.
    #[must_use]
    pub fn of_actor(actor: &ActorRecord) -> Self {
        let bytes = 3 * ENTRY_BYTES + 2 * actor.id.as_str().len() + actor.declaration.len();
        Self { bytes, ..Self::default() }
    }

    /// What a token takes.
    #[must_use]
    pub fn of_token(token: &Token) -> Self {
        Self { bytes: 3 * ENTRY_BYTES + token.description.len(), ..Self::default() }
    }

    /// What a replay takes.
    #[must_use]
    pub fn of_replay() -> Self {
        Self { replays: 1, bytes: 2 * ENTRY_BYTES, ..Self::default() }
    }
}

impl Add for Held {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            webhooks: self.webhooks + other.webhooks,
            event_types: self.event_types + other.event_types,
            replays: self.replays + other.replays,
            bytes: self.bytes + other.bytes,
        }
    }
}

impl Sub for Held {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self {
            webhooks: self.webhooks.saturating_sub(other.webhooks),
            event_types: self.event_types.saturating_sub(other.event_types),
            replays: self.replays.saturating_sub(other.replays),
            bytes: self.bytes.saturating_sub(other.bytes),
        }
    }
}

impl std::iter::Sum for Held {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(webhooks: usize, bytes: usize) -> Held {
        Held { webhooks, bytes, ..Held::default() }
    }

    #[test]
    fn only_growth_beyond_a_quota_is_refused() {
        let quotas = Quotas(Held { webhooks: 2, event_types: 1, replays: 1, bytes: 100 });
        let check = |own, before, after| quotas.check(own, own, before, after).map_err(|e| e.setting);
        let none = Held::default();
        assert_eq!(check(held(1, 50), none, held(1, 50)), Ok(()));
        assert_eq!(check(held(2, 50), none, held(1, 1)), Err("quotas.webhooks"));
        assert_eq!(check(held(1, 50), none, held(1, 51)), Err("quotas.memory_bytes"));
        // A store that was filled under other settings: what is there may stay, change and shrink.
        let over = held(5, 500);
        assert_eq!(check(over, held(1, 100), held(1, 100)), Ok(()));
        assert_eq!(check(over, held(1, 100), held(1, 90)), Ok(()));
        assert_eq!(check(over, held(1, 100), held(1, 101)), Err("quotas.memory_bytes"));
    }

    #[test]
    fn all_accounts_together_may_hold_some_times_as_much() {
        let quotas = Quotas(Held { webhooks: 2, event_types: 1, replays: 1, bytes: 100 });
        let all = held(2 * limits::ACCOUNTS_AT_QUOTA, 0);
        let refused = quotas.check(held(0, 0), all, Held::default(), held(1, 1)).unwrap_err();
        assert!(refused.by_all && refused.setting == "quotas.webhooks");
        let refused = quotas.check(held(2, 0), all, Held::default(), held(1, 1)).unwrap_err();
        assert!(!refused.by_all, "whose quota it is, hears that");
    }
}
