//! What the rooms below are given of a configuration.

use std::sync::Arc;

use super::files::Files;
use super::process;
use crate::api::context::{ApiSettings, Rules as ApiRules};
use crate::app::Rules as AppRules;
use crate::config::{Config, Ports};
use crate::dispatch::Rules as DispatchRules;
use crate::domain::proxy::Proxy;
use crate::domain::target::{PortPolicy, TargetPolicy};
use crate::egress::EgressConfig;
use crate::http::proxies::Proxies;
use crate::limits;
use crate::schedule::SchedulerConfig;
use crate::store::upkeep::RetentionPolicy;

pub(super) fn api(config: &Config) -> Arc<ApiRules> {
    let settings = ApiSettings {
        requests_per_second: config.quotas.requests_per_second,
        requests_per_second_per_token: config.quotas.requests_per_second_per_token,
        connections: config.quotas.connections,
        waits: config.quotas.waits,
        auth_failures_per_minute: config.quotas.auth_failures_per_minute,
        ..ApiSettings::default()
    };
    Arc::new(ApiRules {
        settings,
        proxies: Proxies(config.trusted_proxies.clone()),
        open_metrics: config.metrics.open_on_loopback,
    })
}

pub(super) fn app(config: &Config) -> Arc<AppRules> {
    Arc::new(AppRules {
        profiles: Arc::new(config.profiles.clone()),
        targets: targets(config),
        any_certificate: config.egress.allow_any_certificate,
        idempotency_window: config.events.idempotency_window,
        event_data_bytes: config.events.max_data_bytes,
        rs256_from_file: config.rs256_key.is_some(),
    })
}

pub(super) fn dispatch(config: &Config) -> Arc<DispatchRules> {
    let in_flight = u32::try_from(process::descriptors() / 4).unwrap_or(u32::MAX).max(1);
    let scheduler = SchedulerConfig {
        global_in_flight: config.dispatch.in_flight_global.min(in_flight),
        lane_in_flight: config.dispatch.in_flight_per_webhook,
        ..SchedulerConfig::default()
    };
    let profiles = Arc::new(config.profiles.clone());
    Arc::new(DispatchRules { profiles, scheduler })
}

pub(super) fn egress(config: &Config, files: &Files) -> EgressConfig {
    EgressConfig {
        addresses: targets(config).addresses,
        extra_roots: files.extra_roots.clone(),
        allow_any_certificate: config.egress.allow_any_certificate,
        idle_connections: limits::IDLE_CONNECTIONS.min(process::descriptors() / 8),
        proxy: config.egress.proxy.clone().map(|url| Proxy { url, direct: config.egress.no_proxy.clone() }),
        ..EgressConfig::default()
    }
}

pub(super) fn retention(config: &Config) -> RetentionPolicy {
    RetentionPolicy {
        events_for: config.retention.events,
        attempts_for: config.retention.attempts,
        audit_for: config.retention.audit,
        audit_entries: limits::AUDIT_ENTRIES,
        max_bytes: config.retention.max_store_bytes,
    }
}

fn targets(config: &Config) -> TargetPolicy {
    let mut policy = if config.dev { TargetPolicy::dev() } else { TargetPolicy::default() };
    policy.allow_http |= config.egress.allow_http;
    policy.allow_special_names |= config.egress.allow_special_names;
    policy.addresses.allow.extend(config.egress.allow.iter().copied());
    policy.ports = match &config.egress.ports {
        Ports::Standard => policy.ports,
        Ports::Only(ports) => PortPolicy::Only(ports.clone()),
        Ports::Any => PortPolicy::Any,
    };
    policy
}
