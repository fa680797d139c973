//! What is sent, where it may go, and how much of it at once.

use std::time::Duration;

use ipnet::IpNet;

use super::super::field::Field;
use super::super::key::{Key, key};
use super::super::parse::{self, bytes, path};
use super::super::profile;
use super::super::settings::Ports;
use super::super::show::Show as _;
use crate::domain::form::Verification;
use crate::domain::profiles::Profiles;
use crate::limits;

pub(super) const KEYS: &[Key] = &[
    key!(
        "egress.allow",
        OnReload,
        "Address ranges to allow besides the public internet, such as [\"192.168.1.0/24\"].",
        egress.allow = |from, config| {
            let mut allow = from.list(parse::range).unwrap_or_default();
            if config.dev {
                allow.extend(loopback());
            }
            allow
        }
    ),
    key!(
        "egress.allow_http",
        OnReload,
        "Whether http:// targets may be used.",
        egress.allow_http = |from, config| from.take(config.dev, parse::boolean)
    ),
    key!(
        "egress.allow_special_names",
        OnReload,
        "Whether localhost, .local and single-label names may be used.",
        egress.allow_special_names = |from, config| from.take(config.dev, parse::boolean)
    ),
    key!(
        "egress.ports",
        OnReload,
        "\"standard\" (443, 80 where http is allowed, 1024 and up but for a deny list), \"any\", or a list of ports.",
        egress.ports = |from, config| {
            let default = if config.dev { Ports::Any } else { Ports::Standard };
            from.list(ports).into_iter().flatten().reduce(Ports::or).unwrap_or(default)
        }
    ),
    key!(
        "egress.extra_ca",
        OnReload,
        "PEM files of certificates to trust besides the system's: of authorities, or self-signed ones of receivers themselves.",
        egress.extra_ca = |from, _| from.list(path).unwrap_or_default()
    ),
    key!(
        "egress.allow_any_certificate",
        OnReload,
        "Whether webhooks may accept any certificate (tls.insecure; ignoreSslErrors of run webhooks). To trust a single one, name it in extra_ca or in the webhook's tls.ca.",
        egress.allow_any_certificate = |from, _| from.take(false, parse::boolean)
    ),
    key!(
        "egress.proxy",
        OnReload,
        "An HTTP proxy (CONNECT) for all requests to receivers: http://HOST:PORT, or http://USER:PASSWORD@HOST:PORT. It resolves their names, so it has to keep requests away from the inside of the network: allow there covers addresses that a URL names itself.",
        egress.proxy = |from, _| from.optional(parse::proxy),
        example "\"http://127.0.0.1:3128\""
    ),
    key!(
        "egress.no_proxy",
        OnReload,
        "What is reached without the proxy: domains with all names below them, addresses and ranges.",
        egress.no_proxy = |from, _| from.list(parse::direct).unwrap_or_default()
    ),
    key!(
        "api.default_profile", OnReload,
        "The profile of webhooks that POST /v1/webhooks creates without one. Existing webhooks keep theirs.",
        profiles = |from, config| default_profile(from, config.profiles.clone()),
        show |profiles: &Profiles| profiles.default_name().to_owned().show()
    ),
    key!(
        "dispatch.in_flight_global",
        OnReload,
        "Attempts in flight over all webhooks.",
        dispatch.in_flight_global =
            |from, _| from.bounded(limits::GLOBAL_IN_FLIGHT, (1, 65_536), parse::whole)
    ),
    key!(
        "dispatch.in_flight_per_webhook",
        OnReload,
        "Attempts in flight per webhook unless it says otherwise.",
        dispatch.in_flight_per_webhook =
            |from, _| from.bounded(limits::LANE_IN_FLIGHT, (1, limits::LANE_IN_FLIGHT_MAX), parse::whole)
    ),
    key!(
        "dispatch.drain_time",
        OnReload,
        "How long a stopping daemon waits for attempts in flight; what has not ended is sent again.",
        dispatch.drain_time = |from, _| from.take(Duration::from_secs(30), parse::duration)
    ),
    key!(
        "webhooks.verification", OnReload,
        "How receivers must confirm a webhook before anything is sent to them: \"x-hook-secret\", \"cloudevents\", \"websub\" or \"challenge\"; \"none\": only where its profile or the webhook itself asks for it. With any other value every webhook has to be confirmed, whatever its profile, callbacks of jobs included; a profile or a webhook may only choose another of these methods. It applies to webhooks created, or given another target, from then on.",
        profiles = |from, config| {
            let required = profile::verification(from.table(), None);
            config.profiles.clone().requiring(required)
        },
        show |profiles: &Profiles| profiles.required().map_or("none", Verification::as_str).to_owned().show()
    ),
    key!(
        "events.idempotency_window",
        OnReload,
        "How long an Idempotency-Key, or an event's own id, is remembered.",
        events.idempotency_window = |from, _| from.take(Duration::from_secs(24 * 3600), parse::duration)
    ),
    key!(
        "events.max_data_bytes", OnReload, "One event's data.",
        events.max_data_bytes =
            |from, _| from.bounded(limits::EVENT_DATA_BYTES, (1, limits::REQUEST_BODY_BYTES), bytes),
        as "\"1MiB\""
    ),
];

fn loopback() -> impl Iterator<Item = IpNet> {
    let all = [IpNet::new([127, 0, 0, 0].into(), 8), IpNet::new([0, 0, 0, 0, 0, 0, 0, 1].into(), 128)];
    all.into_iter().flatten()
}

fn ports(text: &str) -> Result<Ports, String> {
    match text {
        "standard" => Ok(Ports::Standard),
        "any" => Ok(Ports::Any),
        number => match number.parse() {
            Ok(port) if port > 0 => Ok(Ports::Only(vec![port])),
            _ => Err("must be \"standard\", \"any\" or a list of ports from 1 to 65535".to_owned()),
        },
    }
}

/// The profiles, with the one of webhooks that name none.
fn default_profile(from: &mut Field<'_, '_>, profiles: Profiles) -> Profiles {
    let Some(name) = from.optional(|name| Ok(name.to_owned())) else { return profiles };
    if profiles.get(&name).is_some() {
        return profiles.defaulting(name);
    }
    let names: Vec<&str> = profiles.names().collect();
    from.refuse(&format!("must be a profile's name; there are {}", names.join(", ")));
    profiles
}
