//! Reads a configuration by the table of its keys, and warns of what works but may surprise.

use std::path::PathBuf;

use super::field::Field;
use super::keys::{SECTIONS, all};
use super::profile;
use super::reader::Section;
use super::settings::{Config, Listen, SealKey};
use crate::domain::profiles::Profiles;

/// Defaults that the surroundings decide.
pub(super) struct Around {
    pub(super) state_dir: Option<PathBuf>,
    pub(super) sealed_credential: Option<PathBuf>,
}

pub(super) fn read(mut root: Section<'_>, around: Around) -> Config {
    let mut config = Config::unread();
    config.data_dir = around.state_dir.unwrap_or_else(|| PathBuf::from("./ringback-data"));
    if let Some(credential) = around.sealed_credential {
        config.seal_key = SealKey::Configured(credential);
    }
    section(&mut root, None, &mut config);
    config.profiles = Profiles::new(root.section("profiles").tables(profile::read));
    for (name, _) in SECTIONS {
        let mut inner = root.section(name);
        section(&mut inner, Some(name), &mut config);
        inner.finish();
    }
    #[cfg(not(feature = "otlp"))]
    root.withhold("otlp", "is not part of this build; remove it, or build with `--features otlp`");
    root.finish();
    config
}

/// Reads the keys of one table.
fn section(section: &mut Section<'_>, name: Option<&str>, config: &mut Config) {
    for key in all() {
        let (place, leaf) = key.place();
        if place == name {
            (key.read)(&mut Field::of(section, leaf), config);
        }
    }
}

/// What an operator should know about a configuration that works.
pub(super) fn warnings(config: &Config) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Listen::Tcp(address) = config.admin_listen
        && !address.ip().is_loopback()
    {
        warnings.push(format!("the admin listener is reachable from outside: {address}"));
    }
    if config.dev && !config.listen.ip().is_loopback() {
        warnings.push(
            "dev is on and the API listens outside this host: callers can reach this host's own services"
                .to_owned(),
        );
    }
    if config.trusted_proxies.iter().any(|range| range.prefix_len() == 0) {
        warnings.push("trusted_proxies holds every address: clients can claim any address".to_owned());
    }
    let asking = config.profiles.iter().find(|(_, profile)| profile.verification.is_some());
    if let Some((name, _)) = asking.filter(|_| config.profiles.required().is_none()) {
        warnings.push(format!(
            "profiles.{name}.verification can be avoided: callers who create webhooks may choose a profile without confirmation. Set webhooks.verification if every receiver has to confirm"
        ));
    }
    if config.egress.allow_any_certificate {
        let risk = "webhooks may accept any certificate: anyone between the daemon and their receivers can then read and change what is sent, secrets included";
        warnings.push(format!("egress.allow_any_certificate is on: {risk}"));
    }
    warnings
}
