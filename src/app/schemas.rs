//! JSON Schemas of event types. Schemas come from tenants: references lead nowhere but into the schema itself,
//! patterns run in linear time, and each schema has a price ([`Price`]) that is known before it is compiled, and
//! before any data is validated. What takes longer than a moment runs as [`TenantWork`].

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

use super::tenant_work::TenantWork;
use crate::domain::event_type::{EventType, EventTypeRecord};
use crate::domain::id::AccountNo;
use crate::domain::json;
use crate::domain::refusal::{Code, Invalid, Refusal};
use crate::domain::schema::explain::{errors, every_error, first_error};
use crate::domain::schema::{Price, Shape};
use crate::domain::time::Timestamp;
use crate::limits;

/// The drafts that a schema's `$schema` may name; without one it is the last.
const DRAFTS: &str = "http://json-schema.org/draft-04/schema#, draft-06 and draft-07, \
                      https://json-schema.org/draft/2019-09/schema and 2020-12";

/// A schema up to this long is reported with all that is wrong with its form; a longer one with the first fault.
const EXPLAINED_BYTES: usize = 4096;

/// A compiled schema.
#[derive(Debug)]
pub struct Checker {
    validator: Validator,
    price: Price,
    /// What searches for its patterns may have left in its memory, in bytes.
    growth: AtomicU64,
}

impl Checker {
    /// Compiles a schema. It takes up to some ten milliseconds and recurses deep.
    ///
    /// # Errors
    /// The places of it that make it one that cannot be used, with pointers that begin with `/schema`.
    pub fn compile(text: &str) -> Result<Self, Vec<Invalid>> {
        let wrong = |place: &str, detail: String| vec![Invalid::new(format!("/schema{place}"), detail)];
        let schema: Value = serde_json::from_str(text).map_err(|error| wrong("", error.to_string()))?;
        if let Some(reference) = outward_reference(&schema) {
            let detail = format!(
                "refers to \"{reference}\"; references must stay inside the schema, such as \"#/$defs/…\""
            );
            return Err(wrong("", detail));
        }
        let price = Price::of(&schema).map_err(|refusal| wrong(&refusal.pointer, refusal.detail))?;
        let Ok(rules) = jsonschema::meta::validator_for(&schema) else {
            return Err(wrong("/$schema", format!("is an unknown draft; known are {DRAFTS}")));
        };
        if !rules.is_valid(&schema) {
            let explain = if text.len() <= EXPLAINED_BYTES { every_error } else { first_error };
            return Err(explain(&rules, &schema, "/schema"));
        }
        let patterns = PatternOptions::regex()
            .size_limit(limits::SCHEMA_NFA_BYTES)
            .dfa_size_limit(limits::SCHEMA_SEARCH_BYTES);
        let validator =
            jsonschema::options().with_pattern_options(patterns).build(&schema).map_err(|error| {
                let place = error.instance_path().to_string();
                let detail = match error.kind() {
                    ValidationErrorKind::Format { .. } => "is not a supported regular expression".to_owned(),
                    _ => format!("is not a JSON Schema: {}", error.masked()),
                };
                wrong(&place, detail)
            })?;
        Ok(Self { validator, price, growth: AtomicU64::new(0) })
    }

    /// What does not fit in data, with pointers that begin with `prefix`. If the price is too high, it is not
    /// looked at, and that is what does not fit.
    pub fn faults(&self, data: &[u8], shape: &Shape, prefix: &str) -> Vec<Invalid> {
        if !self.price.allows(shape) {
            return vec![Invalid::new(prefix, self.too_dear(shape, limits::SCHEMA_STEPS))];
        }
        let data = json::value(data).unwrap_or_default();
        if self.validator.is_valid(&data) {
            return Vec::new();
        }
        errors(&self.validator, &self.price, &data, shape, prefix)
    }

    fn too_dear(&self, shape: &Shape, most: u64) -> String {
        if self.price.frames(shape) > limits::SCHEMA_FRAMES {
            return "is nested too deeply for its schema; send less deeply nested data, or use a schema with fewer references"
                .to_owned();
        }
        format!(
            "would take up to {} steps to check against its schema, and {most} are allowed; send less data at once, \
             or make the schema simpler",
            self.price.steps(shape)
        )
    }

    /// Whether data of this shape is checked within a moment, on a common stack.
    fn at_once(&self, shape: &Shape) -> bool {
        self.price.steps_explained(shape) <= limits::SCHEMA_STEPS_AT_ONCE
            && self.price.frames(shape) <= limits::SCHEMA_FRAMES_AT_ONCE
    }

    /// Whether what searches leave behind has become too much, once data of this shape was checked.
    fn overgrown(&self, shape: &Shape) -> bool {
        let more = self.price.growth(shape);
        self.growth.fetch_add(more, Ordering::Relaxed).saturating_add(more) > limits::SCHEMA_GROWTH_BYTES
    }
}

/// What checking the events of one request may still cost.
#[derive(Debug)]
pub struct Allowance {
    steps: u64,
}

impl Default for Allowance {
    fn default() -> Self {
        Self { steps: limits::SCHEMA_STEPS_REQUEST }
    }
}

/// Compiled schemas by event type. Those used longest ago make room: first of the same account, then of the
/// account that has most.
#[derive(Debug, Default)]
pub struct Schemas {
    kept: Arc<Mutex<Kept>>,
}

/// A compiled schema, or why it cannot be used.
type Outcome = Result<Arc<Checker>, Refusal>;

#[derive(Debug)]
struct Entry {
    /// When the declaration it came from was changed.
    at: Timestamp,
    outcome: Outcome,
    bytes: usize,
    /// The number of its last use.
    used: u64,
}

#[derive(Debug, Default)]
struct Own {
    entries: HashMap<EventType, Entry>,
    bytes: usize,
}

#[derive(Debug, Default)]
struct Kept {
    accounts: HashMap<AccountNo, Own>,
    bytes: usize,
    uses: u64,
}

/// What an entry takes besides the compiled schema.
const ENTRY_BYTES: usize = 1024;

impl Kept {
    fn get(&mut self, account: AccountNo, declared: &EventTypeRecord) -> Option<Outcome> {
        let entry = self.accounts.get_mut(&account)?.entries.get_mut(&declared.name)?;
        self.uses += 1;
        entry.used = self.uses;
        (entry.at == declared.updated_at).then(|| entry.outcome.clone())
    }

    fn put(&mut self, account: AccountNo, declared: &EventTypeRecord, outcome: Outcome) {
        self.remove(account, &declared.name);
        let bytes = ENTRY_BYTES + outcome.as_ref().map_or(0, |checker| checker.price.bytes());
        while self
            .accounts
            .get(&account)
            .is_some_and(|own| own.bytes + bytes > limits::SCHEMAS_KEPT_ACCOUNT_BYTES)
        {
            self.evict(account);
        }
        while self.bytes + bytes > limits::SCHEMAS_KEPT_BYTES {
            let Some(most) = self.accounts.iter().max_by_key(|(_, own)| own.bytes).map(|(no, _)| *no) else {
                break;
            };
            self.evict(most);
        }
        self.uses += 1;
        let own = self.accounts.entry(account).or_default();
        own.bytes += bytes;
        self.bytes += bytes;
        own.entries.insert(
            declared.name.clone(),
            Entry { at: declared.updated_at, outcome, bytes, used: self.uses },
        );
    }

    fn evict(&mut self, account: AccountNo) {
        let own = self.accounts.get(&account);
        let oldest = own.and_then(|own| own.entries.iter().min_by_key(|(_, entry)| entry.used));
        if let Some(name) = oldest.map(|(name, _)| name.clone()) {
            self.remove(account, &name);
        }
    }

    fn remove(&mut self, account: AccountNo, name: &EventType) {
        let Some(own) = self.accounts.get_mut(&account) else { return };
        if let Some(entry) = own.entries.remove(name) {
            own.bytes -= entry.bytes;
            self.bytes -= entry.bytes;
        }
        if own.entries.is_empty() {
            self.accounts.remove(&account);
        }
    }
}

/// The first reference that leads out of the schema, or names a place by anything but a pointer.
fn outward_reference(schema: &Value) -> Option<&str> {
    match schema {
        Value::Object(members) => members.iter().find_map(|(name, value)| match value {
            Value::String(target) if matches!(name.as_str(), "$ref" | "$dynamicRef" | "$recursiveRef") => {
                let inside = target == "#" || target.starts_with("#/");
                (!inside).then_some(target.as_str())
            }
            Value::String(target) if matches!(name.as_str(), "$id" | "id") && target.contains(':') => None,
            other => outward_reference(other),
        }),
        Value::Array(items) => items.iter().find_map(outward_reference),
        _ => None,
    }
}

impl Schemas {
    /// Checks an event's data against its type's schema, if that has one.
    ///
    /// # Errors
    /// Names the members of the data that do not fit, or says that the check would cost too much.
    pub async fn check(
        &self,
        work: &TenantWork,
        account: AccountNo,
        declared: &Arc<EventTypeRecord>,
        data: &Arc<[u8]>,
        allowance: &mut Allowance,
    ) -> Result<(), Refusal> {
        if declared.schema.is_none() {
            return Ok(());
        }
        let known = lock(&self.kept).get(account, declared);
        let checker = match known {
            Some(outcome) => outcome?,
            None => self.compile(work, account, declared).await?,
        };
        let shape = Shape::of(data);
        allowance.take(&checker, &shape)?;
        let overgrown = checker.overgrown(&shape);
        let faults = if checker.at_once(&shape) {
            checker.faults(data, &shape, "/data")
        } else {
            let data = Arc::clone(data);
            work.run(account, move || checker.faults(&data, &shape, "/data")).await?
        };
        if overgrown {
            lock(&self.kept).remove(account, &declared.name);
        }
        if faults.is_empty() { Ok(()) } else { Err(Refusal::invalid(faults)) }
    }

    async fn compile(
        &self,
        work: &TenantWork,
        account: AccountNo,
        declared: &Arc<EventTypeRecord>,
    ) -> Outcome {
        let (kept, declared) = (Arc::clone(&self.kept), Arc::clone(declared));
        work.run(account, move || {
            // Another request of the account may have waited for the same.
            if let Some(outcome) = lock(&kept).get(account, &declared) {
                return outcome;
            }
            let checker = Checker::compile(declared.schema.as_deref().unwrap_or("true"));
            let outcome = checker.map(Arc::new).map_err(|faults| unusable(&declared, &faults));
            lock(&kept).put(account, &declared, outcome.clone());
            outcome
        })
        .await?
    }
}

fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A schema that was stored when more was taken.
fn unusable(declared: &EventTypeRecord, faults: &[Invalid]) -> Refusal {
    let name = &declared.name;
    let first = faults.first().map(|fault| format!("{} {}", fault.pointer, fault.detail)).unwrap_or_default();
    tracing::warn!(event_type = %name, error = %first, "a stored schema cannot be used");
    let detail = format!(
        "the schema of the event type {name} cannot be used: {first}. Replace it with PUT /v1/event-types/{name}, \
         or delete the event type"
    );
    Refusal::new(Code::Invalid, detail.clone()).at("/type", detail)
}

impl Allowance {
    /// Takes what checking data of this shape may cost.
    ///
    /// # Errors
    /// When less than that is left.
    fn take(&mut self, checker: &Checker, shape: &Shape) -> Result<(), Refusal> {
        // What is too dear by itself is refused by the checker and costs nothing.
        let steps = if checker.price.allows(shape) { checker.price.steps(shape) } else { 0 };
        let Some(left) = self.steps.checked_sub(steps) else {
            let most = limits::SCHEMA_STEPS_REQUEST;
            let detail = format!("together with the events before it {}", checker.too_dear(shape, most));
            return Err(Refusal::invalid(vec![Invalid::new("/data", detail)]));
        };
        self.steps = left;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn declared(schema: &Value, updated: u64) -> EventTypeRecord {
        EventTypeRecord {
            name: "order.paid".parse().unwrap(),
            description: String::new(),
            schema: Some(schema.to_string().into()),
            example: None,
            managed_by: None,
            created_at: Timestamp::default(),
            updated_at: Timestamp::from_millis(updated),
        }
    }

    async fn checked(schemas: &Schemas, declared: EventTypeRecord, data: &str) -> Result<(), Refusal> {
        let (work, data) = (TenantWork::default(), data.as_bytes().into());
        schemas.check(&work, AccountNo(1), &Arc::new(declared), &data, &mut Allowance::default()).await
    }

    fn compile(schema: &Value) -> Result<Checker, Vec<Invalid>> {
        Checker::compile(&schema.to_string())
    }

    #[tokio::test]
    async fn data_that_does_not_fit_is_named_below_data() {
        let schemas = Schemas::default();
        let schema = json!({"required": ["id"], "properties": {"items": {"items": {"type": "integer"}}}});
        assert_eq!(checked(&schemas, declared(&schema, 1), r#"{"id":1,"items":[1]}"#).await, Ok(()));
        let problem = checked(&schemas, declared(&schema, 1), r#"{"items":[1,"x"]}"#).await.unwrap_err();
        let mut pointers: Vec<&str> = problem.errors.iter().map(|e| e.pointer.as_str()).collect();
        pointers.sort_unstable();
        assert_eq!(pointers, ["/data/id", "/data/items/1"]);
    }

    #[tokio::test]
    async fn whole_numbers_of_64_bits_are_compared_as_they_are_and_others_as_doubles() {
        let schemas = Schemas::default();
        let mut updated = 0;
        for (schema, data, fits) in [
            (json!({"const": 9_007_199_254_740_993_u64}), "9007199254740993", true),
            (json!({"const": 9_007_199_254_740_993_u64}), "9007199254740992", false),
            (json!({"maximum": u64::MAX - 1}), "18446744073709551615", false),
            (json!({"minimum": i64::MIN + 1}), "-9223372036854775808", false),
            (json!({"const": 0.1}), "1e-1", true),
            // What follows is told by no double, and so by no schema; filters tell it.
            (json!({"const": 0.1}), "0.10000000000000000001", true),
            (json!({"exclusiveMinimum": 0.1}), "0.10000000000000000001", false),
            (json!({"maximum": 1e20}), "100000000000000000001", true),
        ] {
            updated += 1;
            let checked = checked(&schemas, declared(&schema, updated), data).await;
            assert_eq!(checked.is_ok(), fits, "{schema} {data}");
        }
    }

    #[tokio::test]
    async fn a_problem_does_not_quote_the_data() {
        let keywords: Vec<Value> = (0..200).map(|n| json!({"pattern": format!("^{n}$")})).collect();
        let long = "x".repeat(100_000);
        let schema = declared(&json!({ "allOf": keywords }), 1);
        let problem =
            checked(&Schemas::default(), schema, &json!("x".repeat(1000)).to_string()).await.unwrap_err();
        assert_eq!(problem.errors.len(), limits::PROBLEM_ERRORS);
        assert!(problem.errors.iter().all(|error| error.detail.len() < 100), "{:?}", problem.errors[0]);
        // A name is in the pointer, so it is cut.
        let schema = declared(&json!({"additionalProperties": {"type": "integer"}}), 1);
        let problem =
            checked(&Schemas::default(), schema, &json!({ long: "é" }).to_string()).await.unwrap_err();
        let pointer = &problem.errors[0].pointer;
        assert!(pointer.ends_with("x…") && pointer.len() < 1100, "{}", pointer.len());
    }

    #[tokio::test]
    async fn a_changed_schema_is_compiled_again() {
        let schemas = Schemas::default();
        assert!(checked(&schemas, declared(&json!({"type": "integer"}), 1), "1").await.is_ok());
        assert!(checked(&schemas, declared(&json!({"type": "string"}), 2), "1").await.is_err());
    }

    #[tokio::test]
    async fn a_stored_schema_that_costs_too_much_says_what_to_do() {
        let twice = |no: u32| json!({"anyOf": [{"$ref": format!("#/$defs/a{no}")}, {"$ref": format!("#/$defs/a{no}")}]});
        let mut defs: serde_json::Map<String, Value> =
            (0..40).map(|no| (format!("a{no}"), twice(no + 1))).collect();
        defs.insert("a40".to_owned(), json!({"type": "string"}));
        let schema = json!({"$ref": "#/$defs/a0", "$defs": defs});
        let schemas = Schemas::default();
        for _ in 0..2 {
            let problem = checked(&schemas, declared(&schema, 1), "1").await.unwrap_err();
            assert_eq!((problem.code, problem.errors[0].pointer.as_str()), (Code::Invalid, "/type"));
            for words in
                ["order.paid", "/schema/$defs/a", "steps", "PUT /v1/event-types/order.paid", "delete"]
            {
                assert!(problem.detail.contains(words), "{words}: {}", problem.detail);
            }
        }
    }

    #[tokio::test]
    async fn data_that_costs_too_much_is_refused_unseen() {
        let flood = json!({"items": {"allOf": vec![json!({"type": "string"}); 2000]}});
        let data = json!(vec![1; 8000]).to_string();
        let problem = checked(&Schemas::default(), declared(&flood, 1), &data).await.unwrap_err();
        assert_eq!(problem.errors.len(), 1);
        let detail = &problem.errors[0].detail;
        assert!(
            problem.errors[0].pointer == "/data" && detail.contains("steps") && detail.contains("less data")
        );
        // Within the price, but too many errors to collect: the first is reported.
        let data = json!(vec![1; 150]).to_string();
        let problem = checked(&Schemas::default(), declared(&flood, 1), &data).await.unwrap_err();
        assert_eq!(problem.errors.len(), 1);
        assert_eq!(problem.errors[0].pointer, "/data/0");
    }

    #[tokio::test]
    async fn the_events_of_one_request_share_an_allowance() {
        let (schemas, work) = (Schemas::default(), TenantWork::default());
        let declared = Arc::new(declared(&json!({"items": {"multipleOf": 3}}), 1));
        let data: Arc<[u8]> = json!(vec![3; 4000]).to_string().as_bytes().into();
        let mut allowance = Allowance::default();
        let mut taken = 0;
        let problem = loop {
            match schemas.check(&work, AccountNo(1), &declared, &data, &mut allowance).await {
                Ok(()) => taken += 1,
                Err(problem) => break problem,
            }
            assert!(taken < 1000);
        };
        assert!(taken > 3 && problem.errors[0].detail.contains("together with the events before"), "{taken}");
        assert!(
            schemas.check(&work, AccountNo(1), &declared, &data, &mut Allowance::default()).await.is_ok()
        );
    }

    #[test]
    fn an_account_makes_room_among_its_own_first() {
        let mut kept = Kept::default();
        let large = || {
            let patterns: Vec<Value> =
                (0..4).map(|no| json!({"pattern": format!("[ab]*a[ab]{{30}}{no}")})).collect();
            Arc::new(compile(&json!({ "allOf": patterns })).unwrap())
        };
        let one = large();
        let bytes = one.price.bytes() + ENTRY_BYTES;
        let record =
            |name: String| EventTypeRecord { name: name.parse().unwrap(), ..declared(&json!({}), 1) };
        let fit = limits::SCHEMAS_KEPT_ACCOUNT_BYTES / bytes;
        kept.put(AccountNo(7), &record("other".to_owned()), Ok(Arc::clone(&one)));
        for no in 0..fit + 5 {
            kept.put(AccountNo(1), &record(format!("t{no}")), Ok(Arc::clone(&one)));
            assert!(kept.accounts[&AccountNo(1)].bytes <= limits::SCHEMAS_KEPT_ACCOUNT_BYTES);
            // What is used stays.
            assert!(kept.get(AccountNo(1), &record("t0".to_owned())).is_some());
        }
        assert!(kept.get(AccountNo(1), &record("t1".to_owned())).is_none());
        assert!(kept.get(AccountNo(7), &record("other".to_owned())).is_some());
        for account in 10..20 {
            for no in 0..fit {
                kept.put(AccountNo(account), &record(format!("t{no}")), Ok(Arc::clone(&one)));
                assert!(kept.bytes <= limits::SCHEMAS_KEPT_BYTES);
            }
        }
        assert!(kept.get(AccountNo(7), &record("other".to_owned())).is_some(), "the largest make room");
        assert_eq!(kept.bytes, kept.accounts.values().map(|own| own.bytes).sum::<usize>());
    }

    #[tokio::test]
    async fn what_searches_leave_behind_is_given_up() {
        let schemas = Schemas::default();
        let schema = json!({"pattern": "[ab]*a[ab]{30}"});
        let text = json!("ab".repeat(5000)).to_string();
        checked(&schemas, declared(&schema, 1), &text).await.unwrap();
        assert_eq!(lock(&schemas.kept).accounts.len(), 1);
        for _ in 0..100 {
            checked(&schemas, declared(&schema, 1), &text).await.unwrap();
            if lock(&schemas.kept).accounts.is_empty() {
                return;
            }
        }
        panic!("it is kept for ever");
    }

    #[test]
    fn schemas_stay_inside_themselves_and_end() {
        for bad in [
            json!({"$ref": "https://example.com/s.json"}),
            json!({"properties": {"a": {"$ref": "file:///etc/passwd"}}}),
            json!({"$ref": "other.json"}),
            json!({"$ref": "#"}),
            json!({"allOf": [{"$ref": "#"}]}),
            json!({"properties": {"a": {"$ref": "#/$defs/x"}}, "$defs": {"x": {"anyOf": [{"$ref": "#/$defs/y"}]}, "y": {"$ref": "#/$defs/x"}}}),
            json!({"pattern": "(?=x)"}),
            json!({"type": "frog"}),
            json!({"pattern": "("}),
            json!(7),
        ] {
            assert!(compile(&bad).is_err(), "{bad}");
        }
        let tree = json!({"properties": {"left": {"$ref": "#"}, "list": {"items": {"$ref": "#"}}}});
        let checker = compile(&tree).unwrap();
        assert!(checker.validator.is_valid(&json!({"left": {"left": {"list": [{}]}}})));
    }
}
