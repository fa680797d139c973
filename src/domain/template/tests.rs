use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::secret::SecretText;
use crate::domain::time::Timestamp;
use crate::limits;

const ROOTS: Roots = Roots { data: &["userId", "eventData", "resource"], secrets: false };
const WITH_SECRETS: Roots = Roots { secrets: true, ..ROOTS };
const DATA: &str = r#"{"userId":"u1","eventData":{"n":1.0,"list":[{"a":true}]},
    "resource":{"id":"run \"1\"\n","stats":{ "x": [1, "\ud83d\ude00"] },"{{userId}}":1,"text":"{{userId}} {{secrets.A}}"}}"#;

fn at() -> Timestamp {
    Timestamp::from_millis(1_777_638_896_789)
}

fn none(_: &str) -> Option<&'static SecretText> {
    None
}

/// Fills a template in with as much as one may take.
fn fill(compiled: &Compiled<'_>, data: &[u8]) -> Result<Vec<u8>, FillError> {
    compiled.fill(&Data::new(data), at(), none, &mut budget()).map(|filled| filled.to_vec())
}

fn budget() -> FillBudget {
    FillBudget { work: limits::TEMPLATE_WORK_PER_EVENT, given: limits::TEMPLATED_PER_EVENT }
}

fn filled_with(template: &str, strings: bool, data: &str) -> String {
    let compiled = Compiled::read(template, strings).unwrap();
    String::from_utf8(fill(&compiled, data.as_bytes()).unwrap()).unwrap()
}

fn filled(template: &str, strings: bool) -> String {
    filled_with(template, strings, DATA)
}

#[test]
fn a_bare_variable_becomes_json() {
    for (template, want) in [
        (r#"{"runId":{{resource.id}}}"#, r#"{"runId":"run \"1\"\n"}"#),
        (r#"{"n":{{ eventData.n }},"at":{{globals.dateUnix}}}"#, r#"{"n":1.0,"at":1777638896}"#),
        ("{{resource.stats}}", r#"{ "x": [1, "\ud83d\ude00"] }"#),
        ("[{{eventData.list.0.a}},{{eventData.list.1}},{{eventData.list.a}}]", "[true,null,null]"),
        (r#"{"a":{{resource.none}},"b":{{userId.none}}}"#, r#"{"a":null,"b":null}"#),
        (r#"{"a":{"b":{"c":{{userId}}}}}"#, r#"{"a":{"b":{"c":"u1"}}}"#),
        ("{{globals.dateISO}}", r#""2026-05-01T12:34:56.789Z""#),
    ] {
        assert_eq!(filled(template, false), want, "{template}");
        assert_eq!(filled(template, true), want, "{template}");
    }
}

#[test]
fn run_webhooks_23_strings_are_filled_in_only_where_asked() {
    for (template, with, without) in [
        (r#"{"t":"Run {{userId}}"}"#, r#"{"t":"Run u1"}"#, r#"{"t":"Run {{userId}}"}"#),
        (r#"["{{eventData.n}}"]"#, "[1.0]", r#"["{{eventData.n}}"]"#),
        (r#"["{{resource.stats}}"]"#, r#"[{ "x": [1, "\ud83d\ude00"] }]"#, r#"["{{resource.stats}}"]"#),
        (r#"" {{eventData.n}}""#, r#"" 1.0""#, r#"" {{eventData.n}}""#),
        (r#""{{resource.id}}!""#, r#""run \"1\"\n!""#, r#""{{resource.id}}!""#),
        (r#""{{userId}}{{userId}}""#, r#""u1u1""#, r#""{{userId}}{{userId}}""#),
        (r#""a {{none.x}}""#, r#""a null""#, r#""a {{none.x}}""#),
        (r#""\\{{userId}}""#, r#""\\u1""#, r#""\\{{userId}}""#),
        (r#"{"{{userId}}" : 1}"#, r#"{"{{userId}}" : 1}"#, r#"{"{{userId}}" : 1}"#),
        (
            r#""is {{resource.stats}}""#,
            r#""is { \"x\": [1, \"\\ud83d\\ude00\"] }""#,
            r#""is {{resource.stats}}""#,
        ),
    ] {
        assert_eq!(filled(template, true), with, "{template}");
        assert_eq!(filled(template, false), without, "{template}");
    }
}

#[test]
fn what_is_filled_in_is_not_a_template() {
    let want = r#"["{{userId}} {{secrets.A}}","see {{userId}} {{secrets.A}}"]"#;
    assert_eq!(filled(r#"["{{resource.text}}","see {{resource.text}}"]"#, true), want);
}

#[test]
fn what_is_not_json_is_no_template() {
    use TemplateError as E;
    for template in [
        "",
        "{{userId}}{{userId}}",
        "1{{userId}}",
        "{ {{userId}}: 1 }",
        "{{userId}} x",
        "[{{userId}},]",
        r#""a"#,
        r#"{"a":"b}"#,
    ] {
        for strings in [false, true] {
            let refused = Compiled::read(template, strings).unwrap_err();
            assert!(matches!(refused, E::NotJson(_)), "{template}: {refused}");
        }
    }
    // Half an escape before a variable would be completed by its value.
    for template in [r#""\u00{{userId}}41""#, r#""\{{userId}}n""#] {
        assert!(matches!(Compiled::read(template, true), Err(E::NotJson(_))), "{template}");
    }
}

#[test]
fn only_variables_stand_in_braces() {
    let deep = format!("{{{{{}}}}}", vec!["a"; limits::TEMPLATE_PATH + 1].join("."));
    for template in
        ["{{#each x}}", "{{a b}}", "{{}}", "{{a..b}}", "{{.a}}", "{{f(x)}}", "{{{userId}}}", "{{a", &deep]
    {
        assert_eq!(Compiled::read(template, false), Err(TemplateError::Variable), "{template}");
        let inside = format!("\"x {template}\"");
        assert_eq!(Compiled::read(&inside, true), Err(TemplateError::Variable), "{inside}");
    }
}

#[test]
fn variables_are_those_there_are() {
    let check = |template: &str, roots| Compiled::read(template, true).unwrap().check(roots);
    for template in ["{{userId}}", "{{resource.a.b}}", "{{globals.dateUnix}}", "\"{{eventData.x}}!\""] {
        assert_eq!(check(template, ROOTS), Ok(()), "{template}");
    }
    for template in
        ["{{user}}", "\"{{nobody.x}}\"", "{{globals}}", "{{globals.now}}", "{{secrets.A}}", "{{userid}}"]
    {
        assert!(matches!(check(template, ROOTS), Err(TemplateError::Unknown { .. })), "{template}");
    }
    assert_eq!(check("\"{{secrets.A}}\"", WITH_SECRETS), Ok(()));
    assert!(check("\"{{secrets.A.B}}\"", WITH_SECRETS).is_err());
    let told = check("[{{user.x}}]", ROOTS).unwrap_err().to_string();
    assert_eq!(
        told,
        "there is no variable {{user.x}} here; they begin with userId, eventData, resource, or are \
         globals.dateISO and globals.dateUnix"
    );
}

#[test]
fn sizes_are_bounded() {
    let long = format!("\"{}\"", "x".repeat(limits::TEMPLATE_BYTES));
    assert_eq!(Compiled::read(&long, false), Err(TemplateError::Length));
    let many = format!("[{}{{{{userId}}}}]", "{{userId}},".repeat(limits::TEMPLATE_VARIABLES));
    assert_eq!(Compiled::read(&many, false), Err(TemplateError::Variables));
    let deep = "[".repeat(limits::TEMPLATE_DEPTH + 1);
    assert_eq!(Compiled::read(&deep, false), Err(TemplateError::Depth));
    let wide = format!("[{}{{{{userId}}}}]", "{{userId}},".repeat(limits::TEMPLATE_VARIABLES - 1));
    let data = format!(r#"{{"userId":"{}"}}"#, "x".repeat(10_000));
    let wide = Compiled::read(&wide, false).unwrap();
    assert_eq!(fill(&wide, data.as_bytes()), Err(FillError::TooLarge(limits::TEMPLATE_OUTPUT_BYTES)));
}

#[test]
fn of_members_of_one_name_it_is_the_last() {
    let data = r#"{"a":1,"b":{"x":1},"\u0061":2,"b":{"y":[3,4]}}"#;
    assert_eq!(filled_with("[{{a}},{{b.x}},{{b.y.1}},{{b.y.2}}]", false, data), "[2,null,4,null]");
}

#[test]
fn what_a_template_reads_is_counted_before_it_is_read() {
    let data = format!(r#"{{"a":{{"a":{{"a":["{}"]}}}},"b":1}}"#, "x".repeat(10_000));
    for (template, levels) in [
        ("1", 0),
        ("{{globals.dateUnix}}", 0),
        ("{{b}}", 2),
        ("[{{b}},{{c}},{{b.x}}]", 2),
        ("{{a.b}}", 3),
        ("[{{a.a.a.1}},{{a.a.a.9}},{{a.b}}]", 5),
    ] {
        let compiled = Compiled::read(template, false).unwrap();
        let mut left = budget();
        let given = compiled.fill(&Data::new(data.as_bytes()), at(), none, &mut left).unwrap().len();
        let work = budget().work - left.work;
        assert_eq!((work - given) / 10_000, levels, "{template}: {work}");
        assert_eq!(budget().given - left.given, given);
        // With a byte less it ends before it gives anything.
        let mut short = FillBudget { work: work - 1, ..budget() };
        let ended = compiled.fill(&Data::new(data.as_bytes()), at(), none, &mut short);
        assert_eq!((ended.map(drop), short.work), (Err(FillError::Work), 0), "{template}");
        let mut short = FillBudget { given: given - 1, ..budget() };
        let ended = compiled.fill(&Data::new(data.as_bytes()), at(), none, &mut short);
        assert_eq!((ended.map(drop), short.given), (Err(FillError::TooLarge(given - 1)), given - 1));
    }
}

#[test]
fn what_would_be_too_large_is_not_measured_to_its_end() {
    // A thousand times a megabyte, each byte of which is looked at.
    let data = format!(r#"{{"a":[{}1]}}"#, "1,".repeat(500_000));
    let template = format!("[{}1]", "\"{{a}}\",".repeat(limits::TEMPLATE_VARIABLES));
    let compiled = Compiled::read(&template, true).unwrap();
    let mut left = budget();
    let filled = compiled.fill(&Data::new(data.as_bytes()), at(), none, &mut left);
    assert_eq!(filled.map(drop), Err(FillError::TooLarge(limits::TEMPLATE_OUTPUT_BYTES)));
    let work = budget().work - left.work;
    assert!(work <= 2 * data.len() + limits::TEMPLATE_OUTPUT_BYTES + data.len(), "{work}");
    assert_eq!(left.given, budget().given, "what is not made is not counted as given");
}

#[test]
fn a_name_that_no_text_can_hold_hides_nothing() {
    let data = r#"{"\ud800":1,"userId":"u\ud800"}"#;
    assert_eq!(filled_with("{{userId}}", false, data), "\"u\u{FFFD}\"");
}

fn secret(name: &str) -> Option<&'static SecretText> {
    static SECRET: std::sync::OnceLock<SecretText> = std::sync::OnceLock::new();
    (name == "KEY").then(|| SECRET.get_or_init(|| SecretText::parse(r#"p"a\ss w"#).unwrap()))
}

fn made(template: &str) -> Result<Vec<(String, String)>, HeadersError> {
    let headers = fill_headers(template, DATA.as_bytes(), at(), secret)?;
    let text = |value: &http::HeaderValue| value.to_str().unwrap().to_owned();
    Ok(headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect())
}

#[test]
fn headers_are_filled_in_with_secrets() {
    let template = r#"{"Authorization":"Bearer {{secrets.KEY}}","X-Key":"{{secrets.KEY}}","X-Id":{{userId}},
        "X-N":"{{eventData.n}}","X-None":"{{resource.none}}","X-Yes":true,"Host":"forged"}"#;
    assert_eq!(check_headers(template, WITH_SECRETS), Ok(()));
    let made = made(template).unwrap();
    let want = [
        ("authorization", r#"Bearer p"a\ss w"#),
        ("x-id", "u1"),
        ("x-key", r#"p"a\ss w"#),
        ("x-n", "1.0"),
        ("x-yes", "true"),
    ];
    let want: Vec<_> = want.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let mut sorted = made;
    sorted.sort();
    assert_eq!(sorted, want);
    let shown = format!("{:?}", fill_headers(template, DATA.as_bytes(), at(), secret).unwrap());
    assert!(!shown.contains("ss w"), "{shown}");
}

#[test]
fn invalid_headers_are_named_without_their_values() {
    assert_eq!(made(r#"{"X":"{{secrets.NONE}}"}"#), Err(FillError::SecretMissing("NONE".into()).into()));
    for template in [r#"{"X-A":"{{resource.id}}"}"#, r#"{"X-A":{{resource.stats}}}"#] {
        let refused = made(template).unwrap_err();
        assert!(matches!(&refused, HeadersError::Value(name) if name == "x-a"), "{template}: {refused}");
        assert!(!refused.to_string().contains("run"), "{refused}");
    }
    let check = |template: &str| check_headers(template, WITH_SECRETS).unwrap_err();
    assert_eq!(check("[1]"), HeadersError::NotObject);
    assert_eq!(check("{{resource}}"), HeadersError::NotObject);
    assert_eq!(check(r#"{"a b":"c"}"#), HeadersError::Name("a b".into()));
    assert!(matches!(check(r#"{"a":{"b":1}}"#), HeadersError::Value(_)));
    assert!(matches!(check(r#"{"a":"ä"}"#), HeadersError::Value(_)));
    assert!(matches!(check(r#"{"a":"{{nobody.x}}"}"#), HeadersError::Template(_)));
    let many: Vec<String> = (0..=limits::CUSTOM_HEADERS).map(|n| format!(r#""x-{n}":1"#)).collect();
    assert_eq!(check(&format!("{{{}}}", many.join(","))), HeadersError::Many);
}

#[test]
fn headers_are_not_made_of_what_no_headers_can_be() {
    let most = limits::HEADERS_TEMPLATE_OUTPUT_BYTES;
    let padded = |bytes: usize| format!("{{\"X\":1{}}}", " ".repeat(bytes - 7));
    assert_eq!(check_headers(&padded(most), WITH_SECRETS), Ok(()));
    assert_eq!(check_headers(&padded(most + 1), WITH_SECRETS), Err(FillError::TooLarge(most).into()));
    // A list of so many numbers would be some megabytes of values.
    let data = format!(r#"{{"resource":[{}1]}}"#, "1,".repeat(most / 2));
    let filled = fill_headers(r#"{"X":{{resource}}}"#, data.as_bytes(), at(), none);
    assert_eq!(filled.map(drop), Err(FillError::TooLarge(most).into()));
}

/// JSON as events have it, with what is special to templates in it.
fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        r#"[a{}"\\u0-9 é\n]{0,8}"#,
        Just("{{userId}}".to_owned()),
        Just("}}".to_owned()),
        Just("userId".to_owned()),
        Just("a".to_owned()),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((text.clone(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Templates of all kinds, most of them whole.
fn any_template() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("{{userId}}".to_owned()),
        Just("\"{{a.a}}\"".to_owned()),
        Just("\"x {{a.0}} {{ userId }}\\n\"".to_owned()),
        Just("{{globals.dateISO}}".to_owned()),
        Just("\"{{globals.dateUnix}} \\\\{{a}}\"".to_owned()),
        Just("{\"{{a}}\":{{a}}}".to_owned()),
        Just("[{{a}},[{{a.userId}}]]".to_owned()),
        r#"[{}"\\:a,\[\]u0-9 ]{0,12}"#,
        any_json().prop_map(|value| value.to_string()),
    ];
    prop::collection::vec(piece, 1..4).prop_map(|pieces| match pieces.as_slice() {
        [one] => one.clone(),
        many => format!("[{}]", many.join(",")),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn an_accepted_template_always_gives_json(template in any_template(), strings: bool, user in any_json(), a in any_json()) {
        let data = json!({"userId": user, "a": a}).to_string();
        if let Ok(compiled) = Compiled::read(&template, strings) {
            match fill(&compiled, data.as_bytes()) {
                Ok(out) => {
                    prop_assert!(out.len() <= limits::TEMPLATE_OUTPUT_BYTES);
                    let read = serde_json::from_slice::<serde::de::IgnoredAny>(&out);
                    prop_assert!(read.is_ok(), "{} gave {}", template, String::from_utf8_lossy(&out));
                    prop_assert_eq!(&out, &fill(&compiled, data.as_bytes()).unwrap());
                }
                Err(refused) => prop_assert!(matches!(refused, FillError::SecretMissing(_) | FillError::TooLarge(_))),
            }
        }
    }

    #[test]
    fn any_text_is_a_template_or_an_error(text: String, marked in r#"[{}"\\:a.,\[\]u0-9é]{0,40}"#, data: Vec<u8>, strings: bool) {
        for text in [&text, &marked] {
            let _ = check_headers(text, WITH_SECRETS);
            if let Ok(compiled) = Compiled::read(text, strings) {
                let out = fill(&compiled, &data);
                prop_assert!(!out.is_ok_and(|out| serde_json::from_slice::<serde::de::IgnoredAny>(&out).is_err()));
            }
        }
    }

    #[test]
    fn bare_values_are_what_the_data_holds(a in any_json()) {
        let data = json!({"a": a}).to_string();
        let out = filled_with(r#"{"x":{{a}},"y":"{{a}}"}"#, true, &data);
        let read: Value = serde_json::from_str(&out).unwrap();
        prop_assert_eq!((&read["x"], &read["y"]), (&a, &a));
    }

    #[test]
    fn values_inside_are_what_the_data_holds(a in any_json()) {
        let data = json!({"a": a}).to_string();
        let out = filled_with("[{{a.0}},{{a.1.a}},{{a.a}},{{a.userId.0}},{{a.a.a}},{{a.00}},{{a.x}}]", false, &data);
        let read: Value = serde_json::from_str(&out).unwrap();
        let inside = |value: &Value, name: &str| match value {
            Value::Array(values) => name.parse().ok().and_then(|at: usize| values.get(at)).cloned(),
            other => other.get(name).cloned(),
        };
        let paths = [&["0"][..], &["1", "a"], &["a"], &["userId", "0"], &["a", "a"], &["00"], &["x"]];
        for (path, read) in paths.iter().zip(read.as_array().unwrap()) {
            let want = path.iter().try_fold(a.clone(), |value, name| inside(&value, name));
            prop_assert_eq!(&want.unwrap_or_default(), read, "{:?}", path);
        }
    }

    #[test]
    fn a_text_in_a_string_is_itself(text: String) {
        let data = json!({"a": text}).to_string();
        let out = filled_with(r#"{"x":"<{{a}}>"}"#, true, &data);
        let read: Value = serde_json::from_str(&out).unwrap();
        prop_assert_eq!(read["x"].as_str().unwrap(), format!("<{text}>"));
    }
}

#[test]
fn masks_stand_for_every_value_but_variables() {
    for (template, want) in [
        (r#"{"X-Pin":123456789,"X-B":true}"#, r#"{"X-Pin":"***","X-B":"***"}"#),
        (r#"{"a" : -1.5e3 , "b":{{userId}},"c":null}"#, r#"{"a" : "***" , "b":{{userId}},"c":null}"#),
        (r#"[1,[false],{"n":{{ eventData.n }}},9]"#, r#"["***",["***"],{"n":{{ eventData.n }}},"***"]"#),
        (
            r#"{"a":"Bearer {{secrets.A}}","b":"{{secrets.B}}"}"#,
            r#"{"a":"***{{secrets.A}}","b":"{{secrets.B}}"}"#,
        ),
        (r#"{"a":"x\"1","***":""}"#, r#"{"a":"***","***":""}"#),
        ("7", r#""***""#),
    ] {
        assert_eq!(masked(template), want, "{template}");
        assert_eq!(masked(want), want, "{template}");
    }
    for held in [r#"{"a":"***"}"#, r#"{"a":"***b"}"#, r#"{"a":"Bearer *\u002a*"}"#, r#"["{{userId}}***"]"#] {
        assert!(holds_mask(held), "{held}");
    }
    for free in [r#"{"***":"a"}"#, r#"{"a":"**","b":"*","c":{{userId}}}"#, "7"] {
        assert!(!holds_mask(free), "{free}");
    }
}
