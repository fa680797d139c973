//! Limits do not multiply: for each product of two of them, the largest that a request may bring, and what bounds it.

use super::tests::webhook;
use super::*;
use crate::domain::filter::Filter;
use crate::domain::quota::Held;
use crate::domain::secret::SecretText;
use crate::domain::template::fill_headers;
use crate::domain::terms::Template;

fn now() -> Timestamp {
    Timestamp::from_millis(1_000_000)
}

fn listeners(count: usize, one: Webhook) -> Vec<Arc<Webhook>> {
    let one = Arc::new(one);
    vec![one; count]
}

fn planned(listeners: &[Arc<Webhook>], data: &str, request: &mut Allowance) -> Result<Plan, PlanError> {
    plan(listeners, &[], &Profiles::new([]), data.as_bytes(), now(), request)
}

fn templated(payload: String) -> Webhook {
    let mut webhook = webhook(1, &["*"]);
    let template =
        Template { payload: Some(payload.into()), interpolate_strings: true, ..Template::default() };
    webhook.terms.template = Some(Arc::new(template));
    webhook
}

/// Filters that end at their bound for [`LIST`].
fn dear() -> Webhook {
    let filter = format!("\"$..[?{}]\"", vec!["count($..*)==7"; 60].join("||"));
    Webhook { filter: Some(Filter::parse(&filter).unwrap()), ..webhook(1, &["*"]) }
}

fn list() -> String {
    format!("[{}1]", "1,".repeat(2_000))
}

#[test]
fn events_of_an_array_times_webhooks() {
    let most = limits::DELIVERIES_PER_REQUEST / limits::EVENTS_PER_ARRAY;
    let (fits, beyond) = (listeners(most, webhook(1, &["*"])), listeners(most + 1, webhook(1, &["*"])));
    let mut request = Allowance::default();
    let made: usize =
        (0..limits::EVENTS_PER_ARRAY).map(|_| planned(&fits, "1", &mut request).unwrap().shares.len()).sum();
    assert_eq!(made, limits::DELIVERIES_PER_REQUEST);
    assert_eq!(planned(&fits, "1", &mut request), Err(PlanError::Deliveries));
    let mut request = Allowance::default();
    let events = (0..limits::EVENTS_PER_ARRAY).take_while(|_| planned(&beyond, "1", &mut request).is_ok());
    assert_eq!(events.count(), limits::DELIVERIES_PER_REQUEST / (most + 1));
    assert!(request.is_exceeded());
    // One event by itself.
    let all = listeners(limits::DELIVERIES_PER_EVENT + 1, webhook(1, &["*"]));
    assert_eq!(planned(&all, "1", &mut Allowance::default()), Err(PlanError::TooWide));
}

#[test]
fn what_a_template_gives_times_webhooks_times_events() {
    let data = format!(r#"{{"a":"{}"}}"#, "x".repeat(60_000));
    let each = templated(format!("[{}1]", "{{a}},".repeat(60)));
    let webhooks = listeners(2_500, each);
    let mut request = Allowance::default();
    let plan = planned(&webhooks, &data, &mut request).unwrap();
    let bodies: Vec<usize> =
        plan.shares.iter().filter_map(|share| share.body.as_ref()).map(|b| b.len()).collect();
    let one = bodies[0];
    assert!(one > 3_600_000 && one <= limits::TEMPLATE_OUTPUT_BYTES);
    assert_eq!(bodies.len(), limits::TEMPLATED_PER_EVENT / one, "as many as are kept are made, and no more");
    assert_eq!(plan.shares.len(), webhooks.len(), "the others' deliveries say that theirs was not");
    assert_eq!(request.templates.given, limits::TEMPLATED_PER_REQUEST - bodies.len() * one);
    // Those that give nothing have read the data, until that was too much as well.
    assert_eq!(request.templates.work, 0);
    assert_eq!(planned(&webhooks, &data, &mut request), Err(PlanError::Templated));
    assert!(request.is_exceeded());
}

#[test]
fn what_a_template_reads_times_webhooks_times_events() {
    // It gives next to nothing.
    let data = format!(r#"{{"a":{{"a":{{"a":["{}"]}}}}}}"#, "x".repeat(100_000));
    let webhooks = listeners(1_000, templated("{{a.a.a.1}}".to_owned()));
    let mut request = Allowance::default();
    let plan = planned(&webhooks, &data, &mut request).unwrap();
    let made = plan.shares.iter().filter(|share| share.body.is_some()).count();
    let most = limits::TEMPLATE_WORK_PER_EVENT / (5 * data.len());
    assert!((most - 1..=most + 1).contains(&made), "each of five levels is read: {made}");
    assert_eq!(request.templates.work, 0);
    assert_eq!(planned(&webhooks, &data, &mut request), Err(PlanError::Templated));
    // The same over many events, each of which takes a part.
    let (few, mut request) = (listeners(20, templated("{{a.a.a.1}}".to_owned())), Allowance::default());
    let events =
        (0..limits::EVENTS_PER_ARRAY).take_while(|_| planned(&few, &data, &mut request).is_ok()).count();
    assert_eq!(events, limits::TEMPLATE_WORK_PER_REQUEST / (few.len() * 5 * data.len()));
}

#[test]
fn the_length_of_templates_times_webhooks() {
    let text = format!("1{}", " ".repeat(limits::TEMPLATE_BYTES - 1));
    let webhook = templated(text);
    // What is stored of them counts among what an account may hold.
    let held = Held::of_webhook(&webhook).bytes;
    assert!(held >= limits::TEMPLATE_BYTES && limits::ACCOUNT_MEMORY_BYTES / held <= 50);
    let webhooks = listeners(limits::ACCOUNT_MEMORY_BYTES / held, webhook);
    let mut request = Allowance::default();
    let plan = planned(&webhooks, "1", &mut request).unwrap();
    let made = plan.shares.iter().filter(|share| share.body.is_some()).count();
    assert_eq!(made, limits::TEMPLATED_PER_EVENT / limits::TEMPLATE_BYTES);
    assert!(
        request.templates.work
            <= limits::TEMPLATE_WORK_PER_REQUEST - 2 * webhooks.len() * limits::TEMPLATE_BYTES
    );
}

#[test]
fn filters_times_webhooks_times_events() {
    let most = usize::try_from(limits::FILTER_STEPS_PER_EVENT / limits::FILTER_STEPS).unwrap();
    let (fits, beyond, data) = (listeners(most, dear()), listeners(most + 1, dear()), list());
    let mut request = Allowance::default();
    assert_eq!(planned(&beyond, &data, &mut request), Err(PlanError::Filters));
    assert!(!request.is_exceeded(), "such an event is refused, whatever request it is in");
    let mut request = Allowance::default();
    for _ in 0..limits::FILTER_STEPS_PER_REQUEST / limits::FILTER_STEPS_PER_EVENT {
        let plan = planned(&fits, &data, &mut request).unwrap();
        assert_eq!(plan.skipped, vec![(WebhookNo(1), Skip::FilterCost); most]);
    }
    assert_eq!(planned(&fits, &data, &mut request), Err(PlanError::FiltersOfRequest));
    assert!(request.is_exceeded());
    // As many webhooks with a common filter as an event may reach pay for it.
    let common = Filter::parse(r#""$[?@.amount > 100 && @.currency == 'EUR']""#).unwrap();
    let common =
        listeners(limits::DELIVERIES_PER_EVENT, Webhook { filter: Some(common), ..webhook(1, &["*"]) });
    let plan = planned(&common, r#"{"amount":101,"currency":"EUR"}"#, &mut Allowance::default()).unwrap();
    assert_eq!(plan.shares.len(), limits::DELIVERIES_PER_EVENT);
}

#[test]
fn bytes_of_templates_of_headers_times_webhooks() {
    let none = |_: &str| None::<&SecretText>;
    let data = format!(r#"{{"a":"{}"}}"#, "x".repeat(limits::CUSTOM_HEADER_BYTES - 4));
    let headers = |count: usize, value: &str| {
        let each: Vec<String> = (10..10 + count).map(|n| format!(r#""x-{n}":{value}"#)).collect();
        fill_headers(&format!("{{{}}}", each.join(",")), data.as_bytes(), now(), none)
    };
    // Made for one attempt at a time, so those in flight bound them, however many webhooks there are.
    let largest = headers(limits::CUSTOM_HEADERS, "{{a}}").unwrap();
    let bytes: usize = largest.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    assert_eq!(bytes, limits::CUSTOM_HEADERS * limits::CUSTOM_HEADER_BYTES);
    assert!(bytes * limits::GLOBAL_IN_FLIGHT as usize <= 64 << 20);
    // More is not made: neither of many variables, nor of a large value.
    assert!(headers(limits::TEMPLATE_VARIABLES, "{{a}}").is_err());
    assert!(headers(1, "[{{a}},{{a}}]").is_err());
    // What is stored of them counts among what an account may hold.
    let mut webhook = webhook(1, &["*"]);
    let text = " ".repeat(limits::TEMPLATE_BYTES);
    webhook.terms.template = Some(Arc::new(Template { headers: Some(text.into()), ..Template::default() }));
    assert!(Held::of_webhook(&webhook).bytes >= limits::TEMPLATE_BYTES);
}
