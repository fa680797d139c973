use super::*;
use proptest::prelude::*;

/// The shared list's verdicts hold with plain http allowed and nothing opened.
fn listed() -> TargetPolicy {
    TargetPolicy { allow_http: true, ..TargetPolicy::default() }
}

fn verdict(text: &str, policy: &TargetPolicy) -> &'static str {
    match TargetUrl::parse(text, policy).map_err(|error| error.kind()) {
        Ok(_) => "ALLOW",
        Err(TargetErrorKind::Syntax) => "DENY_SYNTAX",
        Err(TargetErrorKind::Scheme) => "DENY_SCHEME",
        Err(TargetErrorKind::Port) => "DENY_PORT",
        Err(TargetErrorKind::Host) => "DENY_HOST",
        Err(TargetErrorKind::Ip) => "DENY_IP",
    }
}

#[test]
fn every_listed_url_gets_its_verdict() {
    let rows = include_str!("../../../tests/data/hostile-urls.tsv").lines().skip(1);
    let mut wrong = Vec::new();
    for row in rows {
        let mut cells = row.split('\t');
        let (url, expected) = (cells.next().unwrap(), cells.next().unwrap());
        let url = url.replace("<TAB>", "\t").replace("<CR>", "\r").replace("<LF>", "\n").replace("<SP>", " ");
        // Names that lead somewhere bad are refused when connecting.
        let expected = if expected == "DENY_CONNECT" { "ALLOW" } else { expected };
        let got = verdict(&url, &listed());
        if got != expected {
            wrong.push(format!("{url:?}: {got}, expected {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn more_of_each_kind() {
    for (expected, urls) in [
        (
            "DENY_SYNTAX",
            "http://0xa9fea9fe/ http://3232235521/ http://127.0.1/ http://1.1/ http://127.0.0.0x1/ http://127.0.0.01/ \
             http://1.1.1.1./ http://example.com.1/ http://example.0x/ http://256.1.1.1/ http://08.1.1.1/ http://4294967296/ \
             HTTPS://example.com/ hTTp://example.com/ https:///example.com/ https:////example.com/ https://// https:// http: https:example.com \
             https://@example.com/ https://a@b/ https://:@example.com/ https://example.com/#x https://example.com# https:\\\\example.com \
             https://example.com:/ https://example.com:080/ https://example.com:65536/ https://example.com:99999999999/ \
             https://example.com:-1/ https://example.com:80a/ https://example.com:0x50/ https://:443/ https://?x \
             https://-a.example.com/ https://a-.example.com/ https://a..example.com/ https://example.com%2eevil.test/ \
             https://ex*mple.com/ https://exa$mple.com/ https://[::1 https://::1/ https://[]/ https://[::1]x/ https://[::1]443/ \
             https://[1.2.3.4]/ https://[2606:4700:4700:0:0:0:0:1111]/ https://[2606:4700:04700::1111]/ https://[v1.a]/ https://[::g]/ https://[1:2:3:4:5:6:7:8:9]/ https://[::ffff:1.2.3]/ https://[::1]]/ \
             https://xn--/ https://xn--0.example/ https://xn--a.example.com/ https://example.com/<x> https://example.com;evil.test/ https://a,b.example.com/",
        ),
        (
            "DENY_SCHEME",
            "ws://example.com/ wss://example.com/ gopher://example.com/ data:text/plain,x mailto:a@example.com example.com \
             example.com/path //127.0.0.1/ httpss://example.com/ https+unix://x/ blob:https://example.com/ jar:http://example.com!/ about:blank",
        ),
        (
            "DENY_PORT",
            "https://example.com:22/ https://example.com:1/ https://example.com:8/ https://example.com:1023/ https://example.com:81/ \
             https://example.com:6379/ https://example.com:11211/ https://example.com:2375/ https://example.com:6667/ https://1.1.1.1:25/",
        ),
        (
            "DENY_HOST",
            "https://localhost:8443/ https://a.localhost/ https://LocalHost/ https://localhost./ https://x.LOCAL/ https://internal/ \
             https://a.b.internal./ https://router.home.arpa/ https://home.arpa/ https://localhost.localdomain/ https://db/ https://ip6-localhost/ https://a_b/",
        ),
        (
            "DENY_IP",
            "https://0.0.0.0/ https://127.255.255.254:8443/ https://172.31.255.255/ https://100.64.0.1/ https://198.19.0.1/ https://192.175.48.1/ \
             https://240.0.0.1/ https://[::1]:8443/ https://[::127.0.0.1]/ https://[::FFFF:10.0.0.1]/ https://[64:ff9b::a00:1]/ https://[fe80::1]/ \
             https://[FD00::1]/ https://[2001::1]/ https://[2620:4f:8000::1]/ https://[3fff::1]/ https://[0:0:0:0:0:0:0:1]/ https://[4000::1]/",
        ),
        (
            "ALLOW",
            "https://example.com https://example.com?x=1 https://EXAMPLE.com/ https://example.com./a https://example.com:8443/a?b=c&d=%20 \
             http://example.com/ http://example.com:80/ https://1.1.1.1/ https://8.8.8.8:8443/ https://[2606:4700:4700::1111]:8443/x \
             https://example.com//a/../b https://example.com/@a:b https://example.com/?u=http://10.0.0.1/ https://1.example.com/ \
             https://0x.example.com/ https://locals.example/ https://mylocalhost.example/ https://xn--bcher-kva.example/ https://a--b.example/ https://example.com:65535/",
        ),
    ] {
        for url in urls.split_whitespace() {
            assert_eq!(verdict(url, &listed()), expected, "{url}");
        }
    }
}

#[test]
fn characters_outside_printable_ascii() {
    for url in [
        "https://example.com/ ",
        " https://example.com/",
        "https://exam\tple.com/",
        "https://example.com/\n",
        "https://example.com/a b",
        "https://example.com/\u{0}",
        "https://example.com/\u{7f}",
        "https://b\u{fc}cher.example/",
        "https://example\u{3002}com/",
        "https://example.com/\u{202e}",
        "",
    ] {
        assert_ne!(verdict(url, &TargetPolicy::dev()), "ALLOW", "{url:?}");
    }
}

#[test]
fn policies() {
    let strict = TargetPolicy::default();
    assert_eq!(verdict("http://example.com/", &strict), "DENY_SCHEME");
    assert_eq!(verdict("https://example.com:80/", &strict), "DENY_PORT");
    assert_eq!(verdict("https://example.com/", &strict), "ALLOW");
    let dev = TargetPolicy::dev();
    for url in ["http://localhost:1/", "http://127.0.0.1:22/a", "http://[::1]:9/", "https://db:5432/"] {
        assert_eq!(verdict(url, &dev), "ALLOW", "{url}");
    }
    assert_eq!(verdict("http://10.0.0.1/", &dev), "DENY_IP");
    assert_eq!(verdict("http://127.1/", &dev), "DENY_SYNTAX");
    let some = TargetPolicy { ports: PortPolicy::Only(vec![9000]), ..strict };
    assert_eq!(verdict("https://example.com:9000/", &some), "ALLOW");
    assert_eq!(verdict("https://example.com/", &some), "DENY_PORT");
}

#[test]
fn length() {
    let url = |len: usize| format!("https://example.com/{}", "a".repeat(len - 20));
    assert_eq!(verdict(&url(2048), &listed()), "ALLOW");
    assert_eq!(verdict(&url(2049), &listed()), "DENY_SYNTAX");
}

#[test]
fn parts() {
    let parts = |text: &str| {
        let url = TargetUrl::from_stored(text).unwrap();
        let host = match url.host() {
            Host::Name(name) => name.to_owned(),
            Host::Ip(ip) => format!("<{ip}>"),
        };
        format!(
            "{:?} {host} {} {} {}",
            url.scheme(),
            url.port(),
            url.path_and_query(),
            url.authority().to_str().unwrap()
        )
    };
    assert_eq!(parts("https://Example.com"), "Https Example.com 443 / Example.com");
    assert_eq!(parts("http://a.example:8080?q=%20"), "Http a.example 8080 /?q=%20 a.example:8080");
    assert_eq!(
        parts("https://[2606:4700::1]:8443/a//b?c"),
        "Https <2606:4700::1> 8443 /a//b?c [2606:4700::1]:8443"
    );
    assert_eq!(parts("http://10.0.0.1/x"), "Http <10.0.0.1> 80 /x 10.0.0.1");
}

#[test]
fn errors_say_what_would_be_right() {
    let says = |text: &str| TargetUrl::parse(text, &TargetPolicy::default()).unwrap_err().to_string();
    assert!(says("https://10.1.2.3/").contains("egress.allow = [\"10.1.2.3/32\"]"));
    assert!(says("https://bücher.example/").contains("write it as \"xn--bcher-kva.example\""));
    assert!(says("https://example.com/bücher").contains("percent-encode"));
    assert!(says("ftp://example.com/").contains("use \"https://\""));
    assert!(says("https://127.1/").contains("four decimal numbers"));
    assert!(says("https://example.com:25/").contains("port 25 is not allowed; use 443"));
}

/// Texts made of the pieces that readers of URLs trip over.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "http://",
        "https://",
        "http:",
        "/",
        "//",
        "\\",
        "@",
        ":",
        "#",
        "?",
        "[",
        "]",
        "::",
        "::1",
        "ffff:",
        "127.0.0.1",
        "1",
        "0x7f",
        "017",
        ".",
        "..",
        "%2e",
        "%",
        "-",
        "_",
        "xn--",
        "a",
        "example",
        ".com",
        "localhost",
        "443",
        "80",
        "0",
        "\t",
        "é",
        "１",
    ]);
    prop::collection::vec(piece, 0..9).prop_map(|parts| parts.concat())
}

fn holds(text: &str) -> Result<(), TestCaseError> {
    let Ok(url) = TargetUrl::parse(text, &TargetPolicy::dev()) else { return Ok(()) };
    prop_assert_eq!(url.as_str(), text);
    prop_assert_eq!(&TargetUrl::parse(url.as_str(), &TargetPolicy::dev()).unwrap(), &url);
    prop_assert_eq!(&TargetUrl::from_stored(text).unwrap(), &url);
    let theirs = url::Url::parse(text).unwrap();
    let host = match url.host() {
        Host::Name(name) => name.to_ascii_lowercase(),
        Host::Ip(ip) => ip.to_string(),
    };
    match theirs.host().unwrap() {
        url::Host::Domain(name) => prop_assert_eq!(host, name),
        url::Host::Ipv4(ip) => prop_assert_eq!(host, ip.to_string()),
        url::Host::Ipv6(ip) => prop_assert_eq!(host, ip.to_string()),
    }
    prop_assert_eq!(theirs.port_or_known_default(), Some(url.port()));
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_refused_or_read_one_way(text: String) {
        holds(&text)?;
    }

    #[test]
    fn any_pieces_are_refused_or_read_one_way(text in pieces()) {
        holds(&text)?;
    }

    #[test]
    fn any_tail_is_refused_or_read_one_way(tail in "[ -~]{0,40}") {
        holds(&format!("https://{tail}"))?;
    }
}
