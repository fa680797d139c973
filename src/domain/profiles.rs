//! Every profile by its name: the built-in ones, overlaid with those of the configuration.

mod built_in;

use std::collections::BTreeMap;

use super::form::Verification;
use super::profile::{DEFAULT_PROFILE, Profile};
use super::webhook::Webhook;

/// All profiles by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Profiles {
    named: BTreeMap<String, Profile>,
    fallback: Profile,
    /// The profile of webhooks that name none.
    default: String,
    /// How receivers have to confirm webhooks where neither the webhook nor its profile says how.
    required: Option<Verification>,
}

impl Profiles {
    /// The built-in profiles, overlaid with `configured`.
    #[must_use]
    pub fn new(configured: impl IntoIterator<Item = (String, Profile)>) -> Self {
        let mut all = built_in::all();
        all.extend(configured);
        let fallback = all.get(DEFAULT_PROFILE).cloned().unwrap_or_default();
        Self { named: all, fallback, default: DEFAULT_PROFILE.to_owned(), required: None }
    }

    /// With a profile, which must be one of these, for webhooks that name none.
    #[must_use]
    pub fn defaulting(self, default: String) -> Self {
        Self { default, ..self }
    }

    /// The profile of webhooks that name none.
    #[must_use]
    pub fn default_name(&self) -> &str {
        &self.default
    }

    /// With a confirmation that no profile can do without: one may say another way, but not none.
    #[must_use]
    pub fn requiring(self, required: Option<Verification>) -> Self {
        Self { required, ..self }
    }

    /// The confirmation that every webhook needs.
    #[must_use]
    pub fn required(&self) -> Option<Verification> {
        self.required
    }

    /// The profile of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Profile> {
        self.named.get(name)
    }

    /// The profile a webhook is served by. One whose profile is no longer configured is served by
    /// the default, so that its deliveries go on.
    #[must_use]
    pub fn of(&self, webhook: &Webhook) -> &Profile {
        self.named(&webhook.profile)
    }

    /// The profile of a name, or the default.
    #[must_use]
    pub fn named(&self, name: &str) -> &Profile {
        self.get(name).unwrap_or(&self.fallback)
    }

    /// How the receiver of a webhook has to confirm it: as its terms say, else as its profile does, else as
    /// all have to.
    #[must_use]
    pub fn verification(&self, webhook: &Webhook) -> Option<Verification> {
        // A listener has its caller's token, which is more than a confirmation.
        if webhook.has_listener() {
            return None;
        }
        webhook.terms.verification.or(self.of(webhook).verification).or(self.required)
    }

    /// Every profile by its name, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Profile)> {
        self.named.iter().map(|(name, profile)| (name.as_str(), profile))
    }

    /// The names there are, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.named.keys().map(String::as_str)
    }
}
