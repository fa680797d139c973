//! Exports: everything in them, byte for byte; whole or refused.

use std::collections::BTreeSet;

use http::{HeaderMap, HeaderName, HeaderValue};
use redb::ReadableDatabase as _;
use serde_json::Value;

use super::jobs::{about, queued};
use super::sample::{self, Rig, at, options};
use super::upkeep::new_replay;
use crate::domain::account::{Account, Role, Roles, Token};
use crate::domain::actor::ActorRecord;
use crate::domain::delivery::Reason;
use crate::domain::event::{Key, Skip};
use crate::domain::event_type::EventTypeRecord;
use crate::domain::fanout::{Plan, Share};
use crate::domain::filter::Filter;
use crate::domain::form::PayloadForm;
use crate::domain::id::{AccountId, AccountNo, EventId, TokenId, WebhookNo};
use crate::domain::json;
use crate::domain::result_rows::ResultRows;
use crate::domain::secret::{SecretRecord, SecretText};
use crate::domain::signing_key::SigningKey;
use crate::domain::terms::Terms;
use crate::domain::webhook::{DisabledWhy, Failing, Ordering, RateLimit, Webhook, WebhookState};
use crate::store::audit::Actor;
use crate::store::backup::RestoreError;
use crate::store::command::{Accept, ActorChange, AppendRows, CreateJob, DeliveryChange, Edit};
use crate::store::export::{ExportSummary, import, verify};
use crate::store::query::Counted;
use crate::store::{OpenOptions, Store, tables};

const ACCOUNT: AccountNo = AccountNo(1);

fn exported(store: &Store) -> (String, ExportSummary) {
    let mut bytes = Vec::new();
    let summary = store.export(&mut bytes).unwrap();
    assert_eq!(summary.bytes, bytes.len() as u64);
    (String::from_utf8(bytes).unwrap(), summary)
}

/// The lines of a kind.
fn lines(export: &str, kind: &str) -> Vec<Value> {
    let lines = export.lines().map(|line| json::value(line.as_bytes()).unwrap());
    lines.filter(|line| line["kind"] == kind).collect()
}

async fn settings(rig: &Rig) {
    let id = AccountId::new(at(0), AccountNo(0), 5);
    let account = Account { id, name: "two".into(), created_at: at(0) };
    let token = Token {
        id: TokenId::new(at(0), 9),
        digest: [0xab; 32],
        account: ACCOUNT,
        roles: Roles::of(&[Role::Manager, Role::Producer]),
        description: "größer \"than\"\n".into(),
        created_at: at(0),
        expires_at: Some(at(9)),
        last_used_at: Some(at(3)),
    };
    let declared = EventTypeRecord {
        name: "order.paid".parse().unwrap(),
        description: String::new(),
        schema: Some("{}".into()),
        example: None,
        managed_by: Some("apply:shop".parse().unwrap()),
        created_at: at(0),
        updated_at: at(1),
    };
    let actor = ActorRecord {
        id: "my-actor".parse().unwrap(),
        declaration: "{}".into(),
        webhooks: vec![],
        created_at: at(1),
        updated_at: at(1),
    };
    let make = vec![sample::webhook(0)];
    let text = SecretText::parse("canary-named").unwrap();
    for edit in [
        Edit::CreateAccount(account),
        Edit::CreateToken(token),
        Edit::PutEventType(ACCOUNT, declared),
        Edit::PutActor(ACCOUNT, Box::new(ActorChange { actor, make, update: vec![], remove: vec![] })),
        Edit::PutSecret(
            ACCOUNT,
            SecretRecord { name: "KEY".parse().unwrap(), text, created_at: at(0), updated_at: at(0) },
        ),
        Edit::AddSigningKeys(vec![SigningKey::new(&[3; 32], at(0), at(0))]),
    ] {
        rig.store().edit(edit, Actor::Token(TokenId::new(at(0), 9)), at(1)).await.unwrap().unwrap();
    }
}

/// One webhook of which every member is unlike its default, one that gathers, one that is disabled; and
/// the number of a plain one.
async fn webhooks(rig: &Rig) -> (WebhookNo, WebhookNo) {
    let rich = Webhook {
        headers: vec![(http::header::AUTHORIZATION, HeaderValue::from_static("Bearer canary-header"))],
        filter: Some(Filter::parse(r#"{"status":"paid"}"#).unwrap()),
        rate_limit: Some(RateLimit { per_second: 0.5, burst: 2 }),
        max_in_flight: Some(3),
        ordering: Ordering::Key,
        expires_at: Some(at(1_000_000)),
        metadata: Some(r#"{"a":1}"#.into()),
        state: WebhookState::Paused { since: at(7) },
        terms: sample::terms(),
        ..sample::webhook(0)
    };
    let state = WebhookState::Disabled { why: DisabledWhy::Gone, since: at(8) };
    rig.webhook(rich).await;
    rig.webhook(Webhook { state, ..sample::webhook(0) }).await;
    let batch = Some(crate::domain::terms::Batch {
        max_events: 10,
        max_bytes: 1000,
        max_wait: std::time::Duration::from_secs(1),
    });
    let gathers =
        rig.webhook(Webhook { terms: Terms { batch, ..Terms::default() }, ..sample::webhook(0) }).await;
    (rig.webhook(sample::webhook(0)).await, gathers)
}

/// Deliveries in every state, with attempts; one batch that was sent and one that is gathered.
async fn events(rig: &mut Rig, plain: WebhookNo, gathers: WebhookNo) -> EventId {
    let mut ids = Vec::new();
    for data in [r#"{ "n":1.0,"big":1e999 }"#, "{\n  \"n\": 2\n}", "[3]", " 4", "\"größe\\u0000\""] {
        ids.push(rig.accept(sample::accept(data, &[plain])).await);
    }
    let mut rows = Vec::new();
    while rows.len() < ids.len() {
        rows.extend(rig.rows().await.into_iter().map(|(_, row)| row));
    }
    let retry = DeliveryChange::Retry { due: at(3_600_000), spent: true };
    for (row, (change, ip)) in rows.into_iter().zip([
        (DeliveryChange::Delivered, "128.0.0.1"),
        (DeliveryChange::Failed(Reason::FinalAnswer), "2001:db8::1"),
        (retry, "::1"),
    ]) {
        let mut complete = sample::complete(plain, row, change, at(1));
        complete.attempt.request_headers = HeaderMap::from_iter([
            (HeaderName::from_static("x-a"), HeaderValue::from_bytes(&[0xff, 0x80]).unwrap()),
            (HeaderName::from_static("x-b"), HeaderValue::from_static("c")),
        ]);
        complete.attempt.exchange.remote_ip = Some(ip.parse().unwrap());
        rig.complete(complete, at(2)).await;
    }
    rig.store()
        .edit(
            Edit::Cancel(rig.store().delivery(ids[3].seq(), plain).unwrap().unwrap().id),
            Actor::Daemon,
            at(3),
        )
        .await
        .unwrap()
        .unwrap();
    let share = Share {
        webhook: plain,
        form: PayloadForm::Template,
        body: Some(b"{\"made\":true}".as_slice().into()),
        due: at(0),
        room: u32::MAX,
    };
    let mut rich = Accept {
        plan: Plan { shares: vec![share], skipped: vec![(WebhookNo(1), Skip::Paused)] },
        idempotency: vec![sample::idempotency("once", 3, at(9_000))],
        ..sample::accept("{}", &[])
    };
    rich.event.source_id = Key::new("mine").ok();
    rich.event.order_key = Key::new("k").ok();
    rich.event.metadata = Some("{}".into());
    rich.event.occurred_at = Some(at(0));
    let templated = rig.accept(rich).await;
    rig.accept(sample::accept("1", &[gathers])).await;
    rig.accept(sample::accept("2", &[gathers])).await;
    rig.store().close_batches(at(2_000)).await.unwrap();
    rig.accept(sample::accept("3", &[gathers])).await;
    templated
}

async fn job(rig: &Rig) {
    let job = queued(rig.store().reserve(AccountNo(1), 0).await.unwrap().unwrap().job, Some(100));
    let emit = vec![about(&job, &[])];
    let create = CreateJob { job: job.clone(), input: Some((*b"[1]").into()), webhooks: vec![], emit };
    rig.store().create_job(create, at(0)).await.unwrap().unwrap();
    let mut rows = ResultRows::default();
    for row in [r#"{"row": 1.50}"#, "null"] {
        rows.push(row.as_bytes());
    }
    rig.store()
        .append_rows(
            AppendRows { account: AccountNo(1), job: job.id, offset: None, rows: rows.into() },
            at(2),
        )
        .await
        .unwrap()
        .unwrap();
}

/// A store with some of everything.
pub(super) async fn populated() -> Rig {
    let mut rig = Rig::new();
    settings(&rig).await;
    let (plain, gathers) = webhooks(&rig).await;
    let event = events(&mut rig, plain, gathers).await;
    job(&rig).await;
    rig.edit(new_replay(plain, Some(5), Counted { count: 1, exact: true })).await.unwrap();
    rig.store().set_failing(plain, Some(Failing { since: at(3), attempts: 4, warned: true })).unwrap();
    rig.store().mark_suspects(vec![(plain, event.seq())]).await.unwrap();
    let id = rig.store().delivery(event.seq(), plain).unwrap().unwrap().id;
    assert_eq!(rig.store().use_resource(id, at(5)).await, Ok(true));
    rig
}

/// An export without its end, and without where the audit log's is.
fn apart_from_ends(export: &str) -> Vec<&str> {
    let is_end = |line: &&str| line.contains(r#""kind":"end""#) || line.contains(r#""name":"audit""#);
    export.lines().filter(|line| !is_end(line)).collect()
}

#[tokio::test]
async fn an_export_of_an_import_is_the_export_and_one_entry() {
    let rig = populated().await;
    let (export, summary) = exported(&rig.store());
    assert_eq!(export.lines().count() as u64, summary.rows() + 2);
    assert!(!export.contains("\"raw"), "some rows have no form:\n{export}");
    let kinds: BTreeSet<&str> = summary.counts.keys().copied().collect();
    assert_eq!(kinds.len(), 28, "some of everything: {kinds:?}");
    assert_eq!(verify(export.as_bytes(), Some(&options())).unwrap(), summary);

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store");
    assert_eq!(import(export.as_bytes(), &path, &options(), false).unwrap(), summary);
    let again = Store::open(&path, &options()).unwrap();
    assert!(!again.was_unclean);
    assert_eq!(again.store.figures().pending, rig.store().figures().pending);
    assert_eq!(again.lanes.len(), 2);
    let (second, _) = exported(&again.store);
    let (first, mut second) = (apart_from_ends(&export), apart_from_ends(&second));
    second.retain(|line| !line.contains(r#""action":"store.import""#));
    assert_eq!(second, first);
    let check = super::audit::verified(&again.store);
    assert_eq!((check.entries, check.breaks), (summary.counts["audit"] + 1, vec![]));
    let (one, two) = (rig.store(), &again.store);
    assert!(one.directory().webhooks().eq(two.directory().webhooks()), "their secrets included");
}

#[tokio::test]
async fn lines_are_for_people() {
    let rig = populated().await;
    let (export, _) = exported(&rig.store());
    let payloads = export.lines().filter(|line| line.starts_with("{\"kind\":\"payload\""));
    assert!(
        payloads.into_iter().any(|line| line.ends_with(r#","data":{ "n":1.0,"big":1e999 }}"#)),
        "{export}"
    );
    assert!(export.contains(r#""data_bytes":"{\n  \"n\": 2\n}""#) && export.contains(r#""data_bytes":" 4""#));
    let attempts = lines(&export, "attempt");
    assert_eq!(attempts[1]["remote_ip"], "2001:db8::1");
    assert_eq!(attempts[1]["error"], "status");
    assert_eq!(attempts[1]["request_headers"][0][1]["base64"], "/4A=");
    assert_eq!(attempts[1]["request_headers"][1], serde_json::json!(["x-b", "c"]));
    assert!(attempts[1]["delivery"].as_str().unwrap().starts_with("dlv_"));
    let deliveries = lines(&export, "delivery");
    let states: BTreeSet<&str> = deliveries.iter().map(|line| line["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["cancelled", "delivered", "failed", "pending"].into());
    assert!(deliveries.iter().any(|line| line["reason"] == "final_answer"));
    let webhook = &lines(&export, "webhook")[1];
    assert_eq!(webhook["state"]["is"], "paused");
    assert_eq!(webhook["state"]["since"], at(7).to_string());
    assert!(webhook["id"].as_str().unwrap().parse::<crate::domain::id::WebhookId>().is_ok());
    assert_eq!(lines(&export, "event")[5]["skipped"][0]["skip"], "paused");
    assert_eq!(lines(&export, "token").len(), 1);
    let token = &lines(&export, "token")[0];
    assert_eq!(token["digest"].as_str().unwrap(), "ab".repeat(32));
    assert_eq!(token["roles"], serde_json::json!(["producer", "manager"]));
    let times = [at(9), at(3)].map(|time| time.to_string());
    assert_eq!([&token["expires_at"], &token["last_used_at"]], times.each_ref().map(String::as_str));
    let rows = export.lines().find(|line| line.starts_with("{\"kind\":\"job_rows\"")).unwrap();
    assert!(rows.ends_with(r#""rows":[{"row": 1.50},null]}"#), "{rows}");
    for secret in ["canary-", "Y2FuYXJ5"] {
        assert!(!export.contains(secret), "{secret} is readable");
    }
}

#[tokio::test]
async fn a_damaged_export_is_refused_by_line_and_what_is_there_stays() {
    let rig = populated().await;
    let (export, _) = exported(&rig.store());
    let pending = rig.store().figures().pending;
    let dir = rig.stop().await;
    let path = dir.path().join("store");
    let refused = |bytes: &[u8], with: &OpenOptions| {
        assert!(verify(bytes, Some(with)).is_err());
        let error = import(bytes, &path, with, true).unwrap_err();
        let there = redb::Database::open(&path).unwrap();
        let due = tables::DUE.read(&there.begin_read().unwrap()).unwrap();
        assert!(due.len().unwrap() > 2, "{error}");
        error.to_string()
    };
    let bytes = export.as_bytes();
    let last = export.lines().count();
    assert_eq!(
        refused(&bytes[..bytes.len() - 1], &options()),
        format!("line {last}: the export is cut off here")
    );
    let cut = &export[..=export.trim_end().rfind('\n').unwrap()];
    assert_eq!(refused(cut.as_bytes(), &options()), format!("line {last}: the export is cut off here"));
    assert_eq!(refused(b"", &options()), "line 1: the export is cut off here");
    assert_eq!(refused(b"{\"kind\":\"account\"}\n", &options()), "line 1: this is not an export of Ringback");
    assert_eq!(
        refused(export.replace("\"schema\":2}", "\"schema\":200}").as_bytes(), &options()),
        "line 1: the export has schema 200; this program knows up to 2"
    );
    assert_eq!(
        refused(export.replace("\"state\":\"failed\"", "\"state\":\"done\"").as_bytes(), &options())
            .split_once(": ")
            .unwrap()
            .1,
        "state: \"done\" is not one of its values"
    );
    assert_eq!(
        refused(export.replace("\"roles\":[\"producer\"", "\"roles\":[\"admin\"").as_bytes(), &options()),
        format!("line {last}: the export was changed")
    );
    let without: String =
        export.lines().filter(|line| !line.contains("\"kind\":\"audit\"")).flat_map(|l| [l, "\n"]).collect();
    assert!(refused(without.as_bytes(), &options()).ends_with("the export was changed"));
    assert!(refused(format!("{export}\n").as_bytes(), &options()).ends_with("something comes after the end"));
    let other = OpenOptions { seal_key: [8; 32], ..options() };
    refused(bytes, &other);
    assert!(matches!(import(bytes, &path, &other, true), Err(RestoreError::WrongKey)));
    assert!(matches!(import(bytes, &path, &options(), false), Err(RestoreError::Exists(_))));
    let open = Store::open(&path, &options()).unwrap();
    assert_eq!(
        import(bytes, &path, &options(), true).unwrap_err().to_string(),
        "another process has the store open"
    );
    let mut head = open.store.watch();
    drop(open);
    while head.changed().await.is_ok() {}
    import(bytes, &path, &options(), true).unwrap();
    assert_eq!(Store::open(&path, &options()).unwrap().store.figures().pending, pending);
}
