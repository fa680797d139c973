use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

fn exact(value: &Value) -> Exact {
    Exact::read(value.to_string().as_bytes(), Halves::Refused).unwrap()
}

impl Filter {
    fn judged(&self, data: &Value) -> (Verdict, u64) {
        let mut steps = limits::FILTER_STEPS;
        let verdict = self.judge(&Data::read(data.to_string().as_bytes()), &mut steps);
        (verdict, limits::FILTER_STEPS - steps)
    }

    pub(crate) fn matches(&self, data: &Value) -> bool {
        match self.judged(data).0 {
            Verdict::Wanted => true,
            Verdict::Unwanted => false,
            other => panic!("{other:?}"),
        }
    }
}

fn filter(value: &Value) -> Filter {
    Filter::parse(&value.to_string()).unwrap()
}

fn refusal(value: &Value) -> String {
    Filter::parse(&value.to_string()).unwrap_err().to_string()
}

#[test]
fn data_that_nests_deeper_than_an_event_may_is_looked_through_all_the_same() {
    // A job's input is one level deeper in the event about it.
    let input = format!("{}{}", "[".repeat(limits::JSON_DEPTH), "]".repeat(limits::JSON_DEPTH));
    let data = Data::read(format!("{{\"job\":{{\"type\":\"report\",\"input\":{input}}}}}").as_bytes());
    let filter = filter(&json!({"$.job.type": "report"}));
    let mut steps = limits::FILTER_STEPS;
    assert_eq!(filter.judge(&data, &mut steps), Verdict::Wanted);
}

#[test]
fn members_equal_a_scalar_or_one_of_a_list() {
    let order = json!({"status": "paid", "amount": 1.0, "test": false, "note": null, "tags": ["a"]});
    for (conditions, want) in [
        (json!({}), true),
        (json!({"status": "paid"}), true),
        (json!({"status": "Paid"}), false),
        (json!({"status": ["open", "paid"], "amount": 1}), true),
        (json!({"status": "paid", "amount": 2}), false),
        (json!({"amount": "1"}), false),
        (json!({"test": false, "note": null}), true),
        (json!({"absent": null}), false),
        (json!({"tags": "a"}), false),
        (json!({"$.tags[*]": ["b", "a"]}), true),
        (json!({"$.tags[*]": "b"}), false),
        (json!({"$..status": "paid"}), true),
    ] {
        assert_eq!(filter(&conditions).matches(&order), want, "{conditions}");
    }
    assert!(!filter(&json!({"status": "paid"})).matches(&json!("paid")));
}

#[test]
fn a_query_that_can_find_nothing_in_a_list_of_the_data_is_refused_with_the_one_that_was_meant() {
    for (query, meant) in [
        ("$.amount", "$[0].amount"),
        ("$['amount']", "$[0]['amount']"),
        ("$.items[?@.price > 100]", "$[0].items[?@.price > 100]"),
        ("$['a', 'b', 1].c", "$[0]['a', 'b', 1].c"),
        ("$[1].amount", "$[0][1].amount"),
    ] {
        let why = refusal(&json!(query));
        assert_eq!(
            why,
            format!(
                "{query:?}: can never match: the query is run on a list that holds the data; write {meant:?}"
            )
        );
        assert_eq!(refusal(&json!(query)), Filter::faults(&json!(query).to_string())[0].1.to_string());
        filter(&json!(meant));
        // One that was stored before goes on as it did.
        assert!(
            !Filter::stored(&json!(query).to_string())
                .matches(&json!({"amount": 1, "items": [{"price": 120}]}))
        );
    }
    assert!(filter(&json!("$[0].items[?@.price > 100]")).matches(&json!({"items": [{"price": 120}]})));
    for query in ["$", "$..amount", "$[0]", "$[-1]", "$[*]", "$[:1]", "$[1, 0]", "$['a', ?@.b]"] {
        filter(&json!(query));
    }
}

#[test]
fn a_query_is_run_on_a_list_of_the_data() {
    let order = json!({"amount": 150, "name": "Ada", "lines": [{"sku": "x", "n": 2}, {"sku": "y", "n": 1}]});
    for (query, want) in [
        ("$[?@.amount > 100]", true),
        ("$[?@.amount > 200]", false),
        ("$[?@.amount == 150.0]", true),
        ("$[?@.amount > 100 && @.name == 'Ada']", true),
        ("$[?@.lines[?@.sku == 'x' && @.n >= 2]]", true),
        ("$[?@.lines[?@.sku == 'z']]", false),
        ("$[?!@.cancelled]", true),
        ("$[?length(@.lines) == 2]", true),
        ("$[?count(@.lines[*]) > 2]", false),
        ("$[?match(@.name, 'A.a')]", true),
        ("$[?search(@.name, '^d')]", false),
        ("$[0].lines[1].sku", true),
        ("$[0].missing", false),
        ("$..sku", true),
    ] {
        assert_eq!(filter(&json!(query)).matches(&order), want, "{query}");
    }
}

#[test]
fn refusals_name_what_is_wrong() {
    assert_eq!(Filter::parse("{").unwrap_err().to_string().get(..12), Some("is not JSON:"));
    assert_eq!(Filter::parse(&" ".repeat(4097)), Err(FilterError::Length));
    assert!(refusal(&json!(7)).starts_with("must be an object"));
    assert!(refusal(&json!({"a": {"b": 1}})).starts_with("\"a\": must be a string"));
    assert!(refusal(&json!({"a": []})).starts_with("\"a\": must be a string"));
    assert!(refusal(&json!({"a": [1, [2]]})).starts_with("\"a\": must be a string"));
    let syntax = refusal(&json!({"$.[": 1}));
    assert!(syntax.starts_with("\"$.[\": is not JSONPath"), "{syntax}");
    let numbers = |count: usize| json!((0..count).collect::<Vec<_>>());
    assert_eq!(
        refusal(&json!({"$.a": numbers(33)})),
        "\"$.a\": a query may be compared with 32 values at most"
    );
    assert!(filter(&json!({"a": numbers(33)})).matches(&json!({"a": 32})));
    let many: serde_json::Map<_, _> = (0..33).map(|n| (n.to_string(), json!(n))).collect();
    assert_eq!(refusal(&Value::Object(many)), "may hold 32 conditions at most");
}

#[test]
fn every_fault_is_named_where_it_is() {
    let faults = Filter::faults(r#"{"a":[],"b":1,"c/d":{},"$.x[":1}"#);
    let pointers: Vec<&str> = faults.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(pointers, ["/$.x[", "/a", "/c~1d"]);
    assert!(faults[0].1.to_string().ends_with("is not JSONPath (RFC 9535) from byte 4 on"), "{faults:?}");
    assert_eq!(Filter::faults("\"$[\"")[0].0, "");
    assert_eq!(Filter::faults("{}"), []);
}

#[test]
fn filters_are_their_text() {
    let one = Filter::parse("{\"a\":1}").unwrap();
    assert_eq!(one, one.clone());
    assert_ne!(one, Filter::parse("{\"a\": 1}").unwrap());
    assert_eq!(one.as_json(), "{\"a\":1}");
    assert_eq!(format!("{one:?}"), "Filter(\"{\\\"a\\\":1}\")");
}

#[test]
fn numbers_are_compared_as_they_are_written() {
    let judge = |filter: &str, number: &str| {
        let data = Data::read(format!("{{\"n\":{number},\"one\":1}}").as_bytes());
        Filter::parse(filter).unwrap().judge(&data, &mut { limits::FILTER_STEPS }) == Verdict::Wanted
    };
    // Each with its two neighbours.
    for (number, below, above, same) in [
        ("9007199254740993", "9007199254740992", "9007199254740994", "9007199254740993.0"),
        ("-9007199254740993", "-9007199254740994", "-9007199254740992", "-90071992547409.93e2"),
        ("18446744073709551617", "18446744073709551616", "18446744073709551618", "1844674407370955161.7E+1"),
        ("1e400", "9.99999999999999999999e399", "1.00000000000000000001e400", "10e399"),
        ("0.1", "0.09999999999999999999999999", "0.10000000000000000000000001", "1e-1"),
        ("1e-400", "1e-401", "1.1e-400", "0.1e-399"),
        ("1e999999999", "1e999999998", "1e1000000000", "10e999999998"),
    ] {
        for written in [number, same] {
            let all = [below, written, above];
            let judged = |filter: &dyn Fn(&str) -> String| all.map(|data| judge(&filter(number), data));
            let query = |comparison: &str| judged(&|n| format!("\"$[?@.n {comparison} {n}]\""));
            assert_eq!(judged(&|n| format!("{{\"n\":{n}}}")), [false, true, false], "{number}");
            assert_eq!(judged(&|n| format!("{{\"n\":[\"x\",1,{n}]}}")), [false, true, false], "{number}");
            assert_eq!(judged(&|n| format!("{{\"$.n\":[7,{n}]}}")), [false, true, false], "{number}");
            assert_eq!(query("=="), [false, true, false], "{number}");
            assert_eq!(query("!="), [true, false, true], "{number}");
            assert_eq!(query("<"), [true, false, false], "{number}");
            assert_eq!(query("<="), [true, true, false], "{number}");
            assert_eq!(query(">"), [false, false, true], "{number}");
            assert_eq!(query(">="), [false, true, true], "{number}");
        }
    }
    assert!(judge("{\"one\":1e0}", "0") && judge("\"$[?@.one == 100e-2]\"", "0"));
    for bad in ["{\"n\":01}", "{\"n\":1e}", "\"$[?@.n == 1.]\"", "\"$[?@.n == +1]\""] {
        assert!(Filter::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn what_long_numbers_cost_is_counted() {
    let digits = "7".repeat(100_000);
    let of = |number: &str| Data::read(format!("{{\"a\":{number},\"b\":{number}}}").as_bytes());
    let steps = |data: &Data, query: &str| {
        let mut left = limits::FILTER_STEPS;
        let _ = Filter::parse(query).unwrap().judge(data, &mut left);
        limits::FILTER_STEPS - left
    };
    for long in
        [digits.clone(), format!("1e{digits}"), format!("1e-{digits}"), format!("0.{digits}e{digits}")]
    {
        let data = of(&long);
        for query in ["\"$[?@.a < @.b]\"", "\"$[?@.a != @.b]\""] {
            assert!(steps(&data, query) > 3000, "{query} {}", &long[..5]);
        }
        assert!(steps(&data, "\"$[?@.a < 1e999999999999]\"") < 100, "only digits that are compared cost");
        assert!(steps(&data, "\"$[?@.a > 12.5e3]\"") < 100, "only digits that are compared cost");
    }
}

/// Nested as deep as data may be, with a value beside each level.
fn deep() -> Value {
    (0..29).fold(json!(vec![1; 1_000]), |inner, _| json!([{ "a": inner, "b": 1 }, 1]))
}

#[test]
fn what_a_filter_takes_is_bounded_whatever_the_data() {
    let wide = json!([vec![vec![1; 2_000]; 50]]);
    let text = json!({ "text": "a".repeat(1 << 20), "texts": vec!["a".repeat(1000); 1000] });
    let objects = json!({ "list": vec![json!({ "x": 1, "y": [1, 2, { "z": 3 }] }); 5_000] });
    let names: Value = (0..200).map(|n| (format!("{}{n}", "n".repeat(4_000)), json!(1))).collect();
    let named = json!({ "one": names, "other": names });
    let terms = |term: &str| format!("$..[?{}]", vec![term; 1000 / (term.len() + 2)].join("||"));
    let inside = |term: &str, times: usize| vec![term; times].join("||");
    for (data, query) in [
        // Each term at each node.
        (&wide, terms("@!=@")),
        (&wide, terms("@==2")),
        (&wide, terms("length(@)==7")),
        // Whole values, again and again.
        (&objects, format!("$[?{}]", inside("@.list!=@.list", 60))),
        (&objects, terms("@<@")),
        (&named, format!("$[?{}]", inside("@.one!=@.other", 60))),
        (&text, format!("$[?{}]", inside("@.text!=@.text", 60))),
        (&text, format!("$[?{}]", inside("@.text<@.text", 60))),
        (&text, format!("$[?{}]", inside("length(@.text)==7", 50))),
        // All that is below each node.
        (&wide, terms("count(@..*)==7")),
        (&deep(), terms("value(@..c)==7")),
        (&deep(), "$..a..a..a..a..a..a..b..c".to_owned()),
        (&deep(), format!("$..{}c", "*..".repeat(8))),
        // The document at each node.
        (&wide, "$..[?count($..*)==7]".to_owned()),
        // A filter in a filter.
        (&wide, format!("$..[?@[?{}]]", inside("@==2", 120))),
        (&wide, "$..[?@[?@[?@[?@[?@]]]] || count(@[?@==1]) == 7]".to_owned()),
        (&deep(), "$..[?@..[?@..[?@..[?@.c]]]]".to_owned()),
        // As deep as both may nest, from the top each time.
        (&deep(), format!("{}$..c{}", "$..[?".repeat(8), "]".repeat(8))),
        // A row of unions, and one of slices.
        (&deep(), format!("$[0]{}", "[*,*,*,*]".repeat(100))),
        (&deep(), format!("$[0]{}", "[0,0,'a','a']".repeat(60))),
        (&deep(), format!("$[0]{}", "[:,'a',::-1,'a']".repeat(62))),
        (&wide, format!("$..[{}].c", inside("::1", 200).replace("||", ","))),
        // Long texts and patterns with many states.
        (&text, "$[?search(@.text, '([ab]{1,9}){1,9}x')]".to_owned()),
        (&text, "$[?@.texts[?search(@, '[ab]*a[ab]{20}x')]]".to_owned()),
        (&text, format!("$[?{}]", inside("search(@.text,'b')", 40))),
    ] {
        let filter = filter(&json!(query));
        assert_eq!(filter.judged(data), (Verdict::TooCostly, limits::FILTER_STEPS), "{query}");
        let condition = Filter::parse(&json!({ &query: ["x", 7] }).to_string()).unwrap();
        let (verdict, steps) = condition.judged(data);
        assert!(steps <= limits::FILTER_STEPS && verdict != Verdict::OutOfSteps, "{query}: {verdict:?}");
    }
}

#[test]
fn each_part_of_a_run_is_counted() {
    let count = |query: &str, data: &Value| filter(&json!(query)).judged(data).1;
    let list = |len: usize| json!({ "list": vec![1; len], "text": "a".repeat(32 * len) });
    for (query, each) in [
        ("$..c", 2),
        ("$[0].list[?@ == 2]", 4),
        ("$[0].list[*].c", 2),
        ("$[0].list[::2].c", 1),
        ("$[?@.list != @.list]", 1),
        ("$[?@.text != @.text]", 1),
        ("$[?length(@.text) == 1]", 1),
        ("$[?count(@.list[*]) == 1]", 1),
        ("$[?search(@.text, 'b')]", 4),
        ("$[?@.list[?@ == 2 || @ == 3]]", 8),
        (r"$[?search(@.text, '\\p{L}b')]", 32 * 100),
    ] {
        let (few, many) = (count(query, &list(10)), count(query, &list(210)));
        assert!(many - few >= 200 * each, "{query}: {few}, {many}");
        assert!(many < 200_000_000, "{query}");
    }
}

#[test]
fn with_fewer_steps_than_a_filter_may_take_it_says_so() {
    let filter = filter(&json!("$[?@.a == 1]"));
    let one = Data::read(br#"{"a":1}"#);
    let (verdict, took) = filter.judged(&json!({"a": 1}));
    assert_eq!(verdict, Verdict::Wanted);
    let mut steps = took - 1;
    assert_eq!(filter.judge(&one, &mut steps), Verdict::OutOfSteps);
    assert_eq!(steps, 0);
    let mut steps = took;
    assert_eq!((filter.judge(&one, &mut steps), steps), (Verdict::Wanted, 0));
    assert!(took <= filter.price(7), "{took} > {}", filter.price(7));
}

#[test]
fn what_does_not_grow_with_the_data_costs_the_same_for_all_of_it() {
    for (query, grows) in [
        (json!("$[?@.amount > 100 && @['name'] != 'Ada']"), false),
        (json!({"status": ["paid", "open"], "$.lines[0].sku": "x"}), false),
        (json!("$[?@.lines[?@.sku == 'x']]"), true),
        (json!("$[?@.a == @.b]"), true),
        (json!("$[?length(@.a) == 2]"), true),
        (json!("$..a"), true),
        (json!({"$[?@.sku]": "x"}), true),
    ] {
        let filter = filter(&query);
        assert_eq!(filter.price(1 << 20) > filter.price(10), grows, "{query}");
    }
}

#[test]
fn the_patterns_of_a_filter_share_their_memory() {
    let size = r"$[?match(@.a,'[\\p{L}\\p{N}]{40}')]";
    let why = refusal(&json!(size));
    assert!(why.contains("may take 65536 bytes of memory"), "{why}");
    let one = r"search(@.a,'\\p{L}')";
    let fits = filter(&json!(format!("$[?{one}]")));
    assert!((1..=limits::FILTER_PATTERNS_BYTES).contains(&fits.pattern_bytes()));
    let many = vec![one; limits::FILTER_QUERY_BYTES / (one.len() + 2)].join("||");
    assert!(refusal(&json!(format!("$[?{many}]"))).contains("smaller counts"), "together they are too large");
    for bad in ["$[?match(@.a, '(')]", "$[?match(@.a, @.b)]", "$[?match(@.a)]"] {
        assert!(Filter::parse(&json!(bad).to_string()).is_err(), "{bad}");
    }
    assert!(filter(&json!("$[?@.b[?match(@.a, 'x+')]]")).matches(&json!({"b": [{"a": "xx"}]})));
}

#[test]
fn a_stored_filter_is_always_one() {
    let large = json!(r"$[?@.b == 1 && match(@.a,'[\\p{L}\\p{N}]{40}')]").to_string();
    let stored = Filter::stored(&large);
    assert_eq!(stored.as_json(), large);
    assert_eq!(stored.judged(&json!({"b": 2, "a": "x"})).0, Verdict::Unwanted);
    assert_eq!(stored.judged(&json!({"b": 1, "a": "x"})).0, Verdict::TooCostly);
    assert_eq!(Filter::stored("what is this").judged(&json!(1)).0, Verdict::TooCostly);
    assert!(Filter::stored(r#"{"a":1}"#).matches(&json!({"a": 1})));
}

/// The nodes that a query gives, in order.
fn found(query: &str, data: &Value) -> Vec<Value> {
    let query = Reading::default().read(query, false).unwrap();
    let data = exact(data);
    let mut runner = Runner { root: &data, left: limits::FILTER_STEPS };
    let mut found = Vec::new();
    let ran = runner.nodes(&query, &data, &mut |_, node| {
        found.push(Value::from(node));
        Ok(Continue(()))
    });
    let _ = ran.unwrap();
    found
}

/// Examples of RFC 9535, sections 2.3.4.3, 2.3.5.3, 2.5.2.3 and 2.6.1.
#[test]
fn examples_of_the_standard_give_what_it_says() {
    let letters = json!(["a", "b", "c", "d", "e", "f", "g"]);
    let items = json!({
        "a": [3, 5, 1, 2, 4, 6, {"b": "j"}, {"b": "k"}, {"b": {}}, {"b": "kilo"}],
        "o": {"p": 1, "q": 2, "r": 3, "s": 5, "t": {"u": 6}}, "e": "f"
    });
    let below = json!({"o": {"j": 1, "k": 2}, "a": [5, 3, [{"j": 4}, {"k": 6}]]});
    let nulls = json!({"a": null, "b": [null], "c": [{}], "null": 1});
    for (data, query, want) in [
        (&letters, "$[1:3]", json!(["b", "c"])),
        (&letters, "$[5:]", json!(["f", "g"])),
        (&letters, "$[1:5:2]", json!(["b", "d"])),
        (&letters, "$[5:1:-2]", json!(["f", "d"])),
        (&letters, "$[::-1]", json!(["g", "f", "e", "d", "c", "b", "a"])),
        (&letters, "$[-2:99, 0:0, 1:2:0]", json!(["f", "g"])),
        (&items, "$.a[?@.b == 'kilo']", json!([{"b": "kilo"}])),
        (&items, "$.a[?(@.b == 'kilo')]", json!([{"b": "kilo"}])),
        (&items, "$.a[?@>3.5]", json!([5, 4, 6])),
        (&items, "$.a[?@.b]", json!([{"b": "j"}, {"b": "k"}, {"b": {}}, {"b": "kilo"}])),
        (&items, "$[?@.*]", json!([items["a"], items["o"]])),
        (&items, "$[?@[?@.b]]", json!([items["a"]])),
        (&items, "$.o[?@<3, ?@<3]", json!([1, 2, 1, 2])),
        (&items, "$.a[?@<2 || @.b == \"k\"]", json!([1, {"b": "k"}])),
        (&items, "$.a[?match(@.b, \"[jk]\")]", json!([{"b": "j"}, {"b": "k"}])),
        (&items, "$.a[?search(@.b, \"[jk]\")]", json!([{"b": "j"}, {"b": "k"}, {"b": "kilo"}])),
        (&items, "$.o[?@>1 && @<4]", json!([2, 3])),
        (&items, "$.o[?@.u || @.x]", json!([{"u": 6}])),
        (&items, "$.a[?@.b == $.x]", json!([3, 5, 1, 2, 4, 6])),
        (&items, "$.a[?@ == @]", items["a"].clone()),
        (&below, "$..j", json!([4, 1])),
        (&below, "$..[0]", json!([5, {"j": 4}])),
        (&below, "$..o", json!([{"j": 1, "k": 2}])),
        (&below, "$.o..[*, *]", json!([1, 2, 1, 2])),
        (&below, "$.a..[0, 1]", json!([5, 3, {"j": 4}, {"k": 6}])),
        (&nulls, "$.a", json!([null])),
        (&nulls, "$.a[0]", json!([])),
        (&nulls, "$.a.d", json!([])),
        (&nulls, "$.b[?@]", json!([null])),
        (&nulls, "$.b[?@==null]", json!([null])),
        (&nulls, "$.c[?@.d==null]", json!([])),
        (&nulls, "$.null", json!([1])),
        (&nulls, r"$['\u0061']", json!([null])),
        (&json!([[1], [2]]), "$[?@[-1]==1]", json!([[1]])),
        (&json!({"😀": 1}), r"$['\ud83d\uDE00']", json!([1])),
    ] {
        assert_eq!(Value::from(found(query, data)), want, "{query}");
    }
    assert_eq!(found("$..*", &below).len(), 11);
}

/// The same, section 2.3.5.3: comparisons.
#[test]
fn comparisons_are_those_of_the_standard() {
    let data = json!({"obj": {"x": "y"}, "arr": [2, 3]});
    for (comparison, want) in [
        ("$.absent1 == $.absent2", true),
        ("$.absent1 <= $.absent2", true),
        ("$.absent == 'g'", false),
        ("$.absent1 != $.absent2", false),
        ("$.absent != 'g'", true),
        ("1 <= 2", true),
        ("1 > 2", false),
        ("13 == '13'", false),
        ("'a' <= 'b'", true),
        ("'a' > 'b'", false),
        ("$.obj == $.arr", false),
        ("$.obj != $.arr", true),
        ("$.obj == $.obj", true),
        ("$.obj != $.obj", false),
        ("$.arr == $.arr", true),
        ("$.arr != $.arr", false),
        ("$.obj == 17", false),
        ("$.obj != 17", true),
        ("$.obj <= $.arr", false),
        ("$.obj < $.arr", false),
        ("$.obj <= $.obj", true),
        ("$.arr <= $.arr", true),
        ("1 <= $.arr", false),
        ("1 >= $.arr", false),
        ("1 > $.arr", false),
        ("1 < $.arr", false),
        ("true <= true", true),
        ("true > true", false),
        ("length($.arr) == 2", true),
        ("length($.absent) == $.absent", true),
        ("count($.arr[*]) >= 2.0", true),
        ("value($.arr[*]) == $.absent", true),
        ("value($.arr[1]) == 3", true),
        ("count($.arr[*]) == length($.arr)", true),
        ("count($) == count($.arr[-1])", true),
        ("length($.absent) <= length($.absent)", true),
    ] {
        let some = found(&format!("$[?{comparison}]"), &data);
        assert_eq!(!some.is_empty(), want, "{comparison}");
    }
}

#[test]
fn queries_are_those_of_the_standard() {
    for bad in [
        "",
        "a",
        "$ ",
        "$.",
        "$..",
        "$[",
        "$[]",
        "$['a",
        "$[01]",
        "$[-0]",
        "$[9007199254740992]",
        "$.1a",
        "$['\\x']",
        "$['\\ud800']",
        "$[?1]",
        "$[?@.*==1]",
        "$[?@..a==1]",
        "$[?length(@.*)==1]",
        "$[?count(1)==1]",
        "$[?length(@.a)]",
        "$[?match(@.a,'a')==true]",
        "$[?!@.a==1]",
        "$[?!!@.a]",
        "$[?@.a=1]",
        "$[?@.a==]",
        "$[?(@.a]",
        "$[?@.a==[1]]",
        "$[?@.a==01]",
        "$.a.b.",
        "$[1:2:3:4]",
        "$[?nothing(@.a)==1]",
    ] {
        assert!(Reading::default().read(bad, true).is_err(), "{bad}");
    }
    assert!(refusal(&json!("$[?((((((((((@.a))))))))))]")).ends_with("be nested 8 deep at most"));
    assert!(refusal(&json!(format!("$.{}", "a".repeat(1023)))).ends_with("1024 bytes long at most"));
    assert!(refusal(&json!("$[?@..a == 1]")).contains("use count() or value()"));
}

proptest! {
    #[test]
    fn any_text_is_a_filter_or_an_error(text: String) {
        let _ = Filter::parse(&text);
        let query = Value::String(format!("${text}"));
        if let Ok(filter) = Filter::parse(&query.to_string()) {
            let _ = filter.judged(&json!({"a": [1, {"b": null}]}));
        }
    }

    #[test]
    fn any_query_is_read_as_others_read_it(
        text in r#"\$(\[[?]?|[\]().?@*,:$'a10 -]|\.\.|&&|\|\||==|!|<|@\.a|match\(@.a,'[a(]'\)|length\(){0,12}\]?"#
    ) {
        let mine = Reading::default().read(&text, true);
        let theirs = serde_json_path::JsonPath::parse(&text);
        let refused = matches!(mine, Err(QueryError::Pattern(_) | QueryError::Nesting | QueryError::PatternLiteral));
        prop_assert!(refused || mine.is_ok() == theirs.is_ok(), "{text}: {:?}, {theirs:?}", mine.err());
    }

    #[test]
    fn any_quoted_name_is_read_as_others_read_it(text in r#"['"]([a'" é]|\\[abfnrt'"/.pu\\]|\\u(00[eE]9|d83d|00)){0,4}['"]"#) {
        let query = format!("$[{text}]");
        let mine = Reading::default().read(&query, true);
        let theirs = serde_json_path::JsonPath::parse(&query);
        prop_assert_eq!(mine.is_ok(), theirs.is_ok(), "{}: {:?}", query, mine.err());
    }

    #[test]
    fn queries_find_what_another_implementation_finds(query in query(), data in data()) {
        let list = json!([data]);
        let theirs = serde_json_path::JsonPath::parse(&query).unwrap().query(&list).all();
        let mine = found(&query, &list);
        let sorted = |mut nodes: Vec<Value>| {
            nodes.sort_by_key(ToString::to_string);
            nodes
        };
        prop_assert_eq!(sorted(mine), sorted(theirs.into_iter().cloned().collect()));
    }
}

fn data() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-2_i64..3).prop_map(Value::from),
        "[ab]{0,2}".prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map("[ab]", inner, 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Queries that two implementations understand alike: the other one lets values be greater that have no
/// order, what is nothing not be equal to itself in `<=`, and finds in a filter no element from the end that is the
/// first.
fn query() -> impl Strategy<Value = String> {
    let singular = r"(\.[ab]|\['[ab]'\]|\[[012]\]){0,2}";
    let inside =
        r"(\.[ab*]|\['[ab]'\]|\[0\]|\[\*\]|\.\.[ab*]|\[(-?[12])?:(-?[12])?(:-?[12])?\]|\['a',1,\*\]){0,3}";
    let plain = r"(\.[ab*]|\['[ab]'\]|\[0\]|\[-[12]\]|\[\*\]|\.\.[ab*]|\[(-?[12])?:(-?[12])?(:-?[12])?\]|\['a',1,\*\]){0,3}";
    let literal = prop_oneof![Just("1"), Just("-1.0"), Just("'a'"), Just("true"), Just("null")];
    let operand = prop_oneof![
        literal.clone().prop_map(str::to_owned),
        singular.prop_map(|way| format!("@{way}")),
        singular.prop_map(|way| format!("length(@{way})")),
        inside.prop_map(|way| format!("count(@{way})")),
        inside.prop_map(|way| format!("value(@{way})")),
    ];
    let sign = prop_oneof![Just("=="), Just("!="), Just("<")];
    let nodes = (operand.clone(), sign, operand.clone())
        .prop_map(|(left, sign, right)| format!("{left} {sign} {right}"));
    let literals = (operand, literal).prop_map(|(left, right)| format!("{left} <= {right}"));
    let test = prop_oneof![
        nodes,
        literals,
        (any::<bool>(), inside).prop_map(|(not, way)| format!("{}@{way}", if not { "!" } else { "" })),
        (any::<bool>(), singular, "[ab.]{1,2}[+*]?").prop_map(|(whole, way, pattern)| {
            format!("{}(@{way}, '{pattern}')", if whole { "match" } else { "search" })
        }),
    ];
    let test = test.prop_recursive(2, 6, 2, |inner| {
        let joined = |by: &'static str| {
            (inner.clone(), inner.clone()).prop_map(move |(a, b)| format!("({a}) {by} {b}"))
        };
        prop_oneof![joined("&&"), joined("||"), inner.clone().prop_map(|test| format!("!({test})"))]
    });
    (plain, proptest::option::of(test), plain).prop_map(|(before, test, after)| match test {
        Some(test) => format!("${before}[?{test}]{after}"),
        None => format!("${before}"),
    })
}
