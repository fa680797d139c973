//! A webhook as somebody wants it to be, and what is checked of it.

use crate::app::masked;
use crate::clock::{self, EntropyError};
use crate::domain::dialect::Dialect;
use crate::domain::hmac_scheme::HmacKey;
use crate::domain::id::{AccountNo, WebhookId, WebhookNo};
use crate::domain::profile::{Profile, SignatureScheme};
use crate::domain::profiles::Profiles;
use crate::domain::secret::Secret;
use crate::domain::target::{Scheme, TargetPolicy, TargetUrl};
use crate::domain::template::{self, Compiled, Roots, check_headers};
use crate::domain::terms::Template;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{Settings, Webhook};
use crate::limits;

/// A member of a webhook that cannot be as it is asked for. Each API has its own name for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Member {
    /// Its URL.
    Url,
    /// The event types it receives.
    Events,
    /// How it is rendered, signed and sent.
    Profile,
    /// Its own headers.
    Headers,
    /// Whether its deliveries keep an order.
    Ordering,
    /// When it ends.
    ExpiresAt,
    /// The template of its bodies.
    PayloadTemplate,
    /// The template of its headers.
    HeadersTemplate,
    /// Whether any certificate is taken.
    AnyCertificate,
    /// Whom it trusts, and who it says that it is.
    Tls,
    /// What it signs with.
    Secret,
}

/// What is wrong with a member, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The member.
    pub member: Member,
    /// A sentence without its subject, which is the member.
    pub detail: String,
}

/// What webhooks are checked against: the operator's rules, and what the caller may do.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// The configured profiles, and how receivers have to confirm.
    pub profiles: &'a Profiles,
    /// What the URL gate lets through.
    pub targets: &'a TargetPolicy,
    /// Whether the operator lets webhooks take any certificate.
    pub any_certificate: bool,
    /// Whether the caller may manage the account's secrets. Anyone who may not cannot name one in a template
    /// either, or its own receiver would be sent it.
    pub secrets: bool,
    /// When it is asked.
    pub now: Timestamp,
}

/// A webhook as somebody wants it to be. It has no target before that is checked, and its state is decided then.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Its id; the number in that of a new one is the store's to give.
    pub(crate) id: WebhookId,
    /// The tenant it belongs to.
    account: AccountNo,
    /// What is asked of it.
    pub settings: Settings,
    /// The target, as it was given; `None`: it stays.
    pub url: Option<String>,
    /// Whether its receiver is a listener, which has no URL.
    pub listener: bool,
    /// What the variables of its templates may begin with.
    pub template_roots: &'static [&'static str],
}

impl Draft {
    /// A plain webhook that listens to everything, with a secret of its own.
    ///
    /// # Errors
    /// When nothing unpredictable can be made.
    pub fn new(account: AccountNo, now: Timestamp) -> Result<Self, EntropyError> {
        let random = clock::random_bytes().map(u64::from_be_bytes)?;
        let settings = Settings::plain(fresh_secret()?);
        let id = WebhookId::new(now, WebhookNo(0), random);
        Ok(Self { id, account, settings, url: None, listener: false, template_roots: &[] })
    }

    /// A webhook as it stands.
    #[must_use]
    pub fn of(webhook: &Webhook) -> Self {
        let (id, account) = (webhook.id, webhook.account);
        let (settings, listener) = (webhook.settings(), webhook.has_listener());
        Self { id, account, settings, url: None, listener, template_roots: &[] }
    }
}

/// A fresh secret.
///
/// # Errors
/// When nothing unpredictable can be made.
pub fn fresh_secret() -> Result<Secret, EntropyError> {
    clock::random_bytes().map(Secret::from_random)
}

/// The faults of a draft.
#[derive(Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn add(&mut self, member: Member, detail: impl std::fmt::Display) {
        self.0.push(Fault { member, detail: detail.to_string() });
    }

    fn check<T, E: std::fmt::Display>(&mut self, member: Member, value: Result<T, E>) -> Option<T> {
        value.map_err(|error| self.add(member, error)).ok()
    }

    /// The value, if there is one and nothing is wrong with it.
    pub(super) fn unless<T>(self, value: Option<T>) -> Result<T, Vec<Fault>> {
        value.filter(|_| self.0.is_empty()).ok_or(self.0)
    }
}

/// The webhook that a draft makes, or that `before` becomes; `None` where it has no target that can be. What has
/// not changed since `before` was checked when it was made: an operator's later rules do not stand in the way of
/// other changes.
pub(super) fn checked(
    draft: Draft,
    before: Option<&Webhook>,
    asking: &Asking<'_>,
    faults: &mut Faults,
) -> Option<Webhook> {
    let Draft { id, account, mut settings, url, listener, template_roots } = draft;
    let url = match url.filter(|text| !(listener && text == TargetUrl::listener().as_str())) {
        Some(_) if listener => {
            faults.add(
                Member::Url,
                "cannot be set: a listener receives what goes to this webhook; create another one",
            );
            None
        }
        None if listener => Some(TargetUrl::listener()),
        Some(text) => target(&text, before, asking, faults),
        None => before.map(|before| before.url.clone()),
    };
    unmask_template(&mut settings, before, faults);
    let fresh = |same: fn(&Webhook, &Settings) -> bool| before.is_none_or(|before| !same(before, &settings));
    if fresh(|a, b| a.profile == b.profile) && asking.profiles.get(&settings.profile).is_none() {
        let known: Vec<&str> = asking.profiles.names().collect();
        let known = known.join(", ");
        faults.add(Member::Profile, format_args!("is not a configured profile; there are {known}"));
    }
    if fresh(|a, b| a.profile == b.profile && a.secrets.current == b.secrets.current)
        && let Some(why) = unfit_secret(asking.profiles.named(&settings.profile), &settings.secrets.current)
    {
        faults.add(Member::Secret, why);
    }
    if settings.events.len() > limits::EVENT_PATTERNS {
        let most = limits::EVENT_PATTERNS;
        faults.add(Member::Events, format_args!("must hold 1 to {most} types or patterns"));
    }
    if settings.headers.len() > limits::CUSTOM_HEADERS {
        let most = limits::CUSTOM_HEADERS;
        faults.add(Member::Headers, format_args!("may hold at most {most} headers"));
    }
    if fresh(|a, b| a.expires_at == b.expires_at) && settings.expires_at.is_some_and(|at| at <= asking.now) {
        faults.add(Member::ExpiresAt, "must be in the future");
    }
    let asks_anew = fresh(|a, b| a.terms.any_certificate == b.terms.any_certificate);
    check_tls(&settings, url.as_ref(), asks_anew && !asking.any_certificate, faults);
    if fresh(|a, b| a.terms.template == b.terms.template)
        && let Some(template) = settings.terms.template.as_deref()
    {
        check_template(template, template_roots, asking, faults);
    }
    url.map(|url| Webhook::new(id, account, url, settings, asking.now))
}

/// TLS of its own is for a target that speaks TLS, and no authority vouches where none is asked.
fn check_tls(settings: &Settings, url: Option<&TargetUrl>, is_denied: bool, faults: &mut Faults) {
    let any = settings.terms.any_certificate;
    if any && is_denied {
        let detail = "is not allowed here; the operator would have to set egress.allow_any_certificate";
        faults.add(Member::AnyCertificate, detail);
    }
    if any && settings.tls.as_ref().is_some_and(|tls| !tls.authorities.is_empty()) {
        let detail = "cannot be true beside ca, since then any certificate is taken; leave out one of both";
        faults.add(Member::AnyCertificate, detail);
    }
    // Providers' contracts let any target say that it takes any certificate.
    let speaks = settings.tls.is_some() || any && settings.terms.dialect == Dialect::Native;
    if let Some(url) = url.filter(|url| speaks && (url.scheme() != Scheme::Https || url.is_listener())) {
        let what = if url.is_listener() { "a listener has no TLS" } else { "the URL begins with http://" };
        faults.add(
            Member::Tls,
            format_args!(
                "needs a URL that begins with https://, and {what}; set tls to null, or change the URL"
            ),
        );
    }
}

/// Why a secret cannot sign as a profile says.
#[must_use]
pub fn unfit_secret(profile: &Profile, secret: &Secret) -> Option<String> {
    let needs_bytes = |scheme: &SignatureScheme| match scheme {
        SignatureScheme::Standard => true,
        SignatureScheme::Hmac(scheme) => scheme.key == HmacKey::Bytes,
        SignatureScheme::Timestamped { .. } | SignatureScheme::Jwt { .. } => false,
    };
    let only_symmetric = |scheme: &SignatureScheme| match scheme {
        SignatureScheme::Timestamped { header, .. } => Some(header.clone()),
        SignatureScheme::Hmac(scheme) => Some(scheme.header.clone()),
        SignatureScheme::Standard | SignatureScheme::Jwt { .. } => None,
    };
    if secret.public().is_some() {
        let header = profile.signature.iter().find_map(only_symmetric)?;
        return Some(format!(
            "is an Ed25519 key, and the profile's signature in {header} needs a secret that begins with whsec_; give one, or choose another profile"
        ));
    }
    let why = secret.is_text_only()?;
    let needed = profile.signature.iter().any(needs_bytes);
    needed.then(|| format!("{why}. Any text will do for a profile that signs with the secret's text"))
}

/// A target as it was given; one that comes back masked is the one that stands.
fn target(
    text: &str,
    before: Option<&Webhook>,
    asking: &Asking<'_>,
    faults: &mut Faults,
) -> Option<TargetUrl> {
    let known = before.into_iter().flat_map(|before| std::iter::once(&before.url).chain(&before.pending_url));
    let mut stands = false;
    for url in known {
        if masked::comes_back(text, &url.masked()) {
            return Some(url.clone());
        }
        stands |= url.as_str() == text;
    }
    let url = faults.check(Member::Url, TargetUrl::parse(text, asking.targets))?;
    if !stands && url.holds_mask() {
        faults.add(Member::Url, masked::UNKNOWN);
        return None;
    }
    Some(url)
}

/// Puts a template of headers that comes back masked back to what stands.
fn unmask_template(settings: &mut Settings, before: Option<&Webhook>, faults: &mut Faults) {
    let Some(template) = &settings.terms.template else { return };
    let Some(text) = template.headers.as_deref() else { return };
    let stands = before.and_then(|before| before.terms.template.as_deref()?.headers.as_deref());
    if stands == Some(text) {
        return;
    }
    if let Some(stands) = stands.filter(|stands| masked::comes_back(text, &template::masked(stands))) {
        let template = Template { headers: Some(stands.into()), ..Template::clone(template) };
        settings.terms.template = Some(template.into());
    } else if template::holds_mask(text) {
        faults.add(Member::HeadersTemplate, masked::UNKNOWN);
    }
}

fn check_template(
    template: &Template,
    data: &'static [&'static str],
    asking: &Asking<'_>,
    faults: &mut Faults,
) {
    let roots = Roots { data, secrets: false };
    if let Some(text) = &template.payload {
        let read = Compiled::read(text, template.interpolate_strings);
        faults.check(Member::PayloadTemplate, read.and_then(|compiled| compiled.check(roots)));
    }
    if let Some(text) = &template.headers {
        let read = check_headers(text, Roots { secrets: true, ..roots });
        if faults.check(Member::HeadersTemplate, read).is_some()
            && !asking.secrets
            && check_headers(text, roots).is_err()
        {
            let detail = "names a secret; only a caller with the role manager may";
            faults.add(Member::HeadersTemplate, detail);
        }
    }
}
