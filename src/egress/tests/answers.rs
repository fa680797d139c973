//! Answers of all kinds, and what is kept of them.

use super::*;

#[tokio::test]
async fn a_healthy_exchange() {
    let (seen, mut requests) = tokio::sync::mpsc::channel(1);
    let server = Server::start(move |mut tcp| {
        let seen = seen.clone();
        async move {
            seen.send(read_request(&mut tcp).await.unwrap()).await.unwrap();
            tcp.write_all(OK.as_bytes()).await.unwrap();
        }
    })
    .await;
    let mut request = request(1, &format!("http://here.test:{}/hook?a=b", server.port), LONG);
    for (name, value) in [
        ("host", "evil.test"),
        ("content-length", "3"),
        ("transfer-encoding", "chunked"),
        ("connection", "close"),
        ("expect", "100-continue"),
        ("webhook-id", "evt_1"),
    ] {
        request.headers.insert(name, HeaderValue::from_static(value));
    }
    let exchange = local().exchange(request).await;
    assert_eq!(exchange.error, None);
    let response = exchange.response.unwrap();
    assert_eq!((response.status, &*response.body, response.truncated), (200, &b"ok"[..], false));
    assert_eq!(response.headers.get_all("x-a").iter().count(), 2);
    assert_eq!(exchange.remote_ip, Some("127.0.0.1".parse().unwrap()));
    let timings = exchange.timings;
    assert!(timings.dns.is_some() && timings.connect.is_some() && timings.tls.is_none());
    assert!(timings.first_byte.unwrap() <= timings.total);

    let text = requests.recv().await.unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, "{\"a\":1}");
    let mut lines: Vec<&str> = head.lines().collect();
    assert_eq!(lines.remove(0), "POST /hook?a=b HTTP/1.1");
    lines.sort_unstable();
    let host = format!("Host: here.test:{}", server.port);
    assert_eq!(lines, ["Content-Length: 7", &*host, "Webhook-Id: evt_1"]);
}

#[tokio::test]
async fn statuses() {
    for (answer, expected) in [
        ("HTTP/1.1 204 No Content\r\n\r\n", None),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n", None),
        (
            "HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n",
            Some(ErrorKind::Redirect),
        ),
        ("HTTP/1.1 304 Not Modified\r\n\r\n", Some(ErrorKind::Redirect)),
        ("HTTP/1.1 410 Gone\r\ncontent-length: 4\r\n\r\ngone", Some(ErrorKind::Status)),
        ("HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n", Some(ErrorKind::Status)),
        (
            "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n",
            Some(ErrorKind::Status),
        ),
        ("HTTP/2 200\r\n\r\n", Some(ErrorKind::Protocol)),
        ("220 mail.example ESMTP\r\n", Some(ErrorKind::Protocol)),
        ("HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", Some(ErrorKind::Protocol)),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", None),
    ] {
        let server = Server::answering(answer).await;
        let exchange = post(&local(), &server.url(), LONG).await;
        assert_eq!(kind(&exchange), expected, "{answer:?}: {:?}", exchange.error);
        assert_eq!(server.accepted(), 1);
    }
    let server = Server::answering("HTTP/1.1 410 Gone\r\ncontent-length: 4\r\n\r\ngone").await;
    let exchange = post(&local(), &server.url(), LONG).await;
    assert_eq!((exchange.status(), &*exchange.response.unwrap().body), (Some(410), &b"gone"[..]));
    assert_eq!(exchange.error.unwrap().detail, "the receiver answered 410 Gone");
}

#[tokio::test]
async fn what_answers_in_another_language_is_quoted() {
    for (answer, quoted) in [
        ("SSH-2.0-OpenSSH_9\r\n", "began with \"SSH-2.0-OpenSSH_9\\r\\n\""),
        ("220 mail.example ESMTP\r\n", "began with \"220 mail.example ESMTP\\r\\n\""),
        ("<html><body>", "began with \"<html><body>\""),
        ("\u{15}\u{3}\u{1}\u{0}\u{2}\u{2}F", "speaks TLS; the URL has to begin with https://"),
    ] {
        let exchange = post(&local(), &Server::answering(answer).await.url(), LONG).await;
        let error = exchange.error.unwrap();
        assert_eq!(error.kind, ErrorKind::Protocol);
        assert!(error.detail.contains(quoted), "{}", error.detail);
    }
    let moved = "HTTP/1.1 301 Moved\r\nlocation: https://new.test/a?key=s\r\ncontent-length: 0\r\n\r\n";
    let exchange = post(&local(), &Server::answering(moved).await.url(), LONG).await;
    assert_eq!(
        exchange.error.unwrap().detail,
        "the receiver answered 301 Moved Permanently and points to https://new.test/a; \
         redirects are not followed: change the webhook's URL"
    );
}

#[tokio::test]
async fn sloppy_heads_are_understood() {
    for answer in [
        "HTTP/1.1 200 OK\r\nx-a: one\r\n two\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx-a : one\r\ncontent-length: 0\r\n\r\n",
        "\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200\ncontent-length: 0\n\n",
    ] {
        let exchange = post(&local(), &Server::answering(answer).await.url(), LONG).await;
        assert_eq!(exchange.error, None, "{answer:?}");
    }
}

#[tokio::test]
async fn one_hundred_headers_are_taken_and_one_more_is_not() {
    for (count, expected) in
        [(limits::RESPONSE_HEADERS, None), (limits::RESPONSE_HEADERS + 1, Some(ErrorKind::Protocol))]
    {
        let fillers: String = (0..count - 1).map(|n| format!("x-{n}: y\r\n")).collect();
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n{fillers}\r\n");
        let server = Server::answering(answer.leak()).await;
        assert_eq!(kind(&post(&local(), &server.url(), LONG).await), expected, "{count}");
    }
}

#[tokio::test]
async fn bodies_are_kept_to_a_bound() {
    for (sent, kept, truncated) in
        [(16 << 10, 16 << 10, false), ((16 << 10) + 1, 16 << 10, true), (60 << 10, 16 << 10, true)]
    {
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {sent}\r\n\r\n{}", "x".repeat(sent));
        let server = Server::answering(answer.leak()).await;
        let egress = local();
        let exchange = post(&egress, &server.url(), LONG).await;
        assert!(exchange.succeeded());
        let response = exchange.response.unwrap();
        assert_eq!((response.body.len(), response.truncated), (kept, truncated));
        assert_eq!(egress.inner().pool.len(), 1);
    }
}

#[tokio::test]
async fn the_status_decides_whatever_becomes_of_the_body() {
    for (body, says) in [
        ("content-length: 9\r\n\r\nhalf", "cut off"),
        ("transfer-encoding: chunked\r\n\r\nnonsense\r\n", "cut off"),
    ] {
        for (status, failed) in [("200 OK", None), ("503 Busy", Some(ErrorKind::Status))] {
            let answer = format!("HTTP/1.1 {status}\r\n{body}");
            let server = Server::start(move |mut tcp| {
                let answer = answer.clone();
                async move {
                    read_request(&mut tcp).await;
                    tcp.write_all(answer.as_bytes()).await.unwrap();
                }
            })
            .await;
            let exchange = post(&local(), &server.url(), LONG).await;
            assert_eq!(kind(&exchange), failed, "{exchange:?}");
            assert_eq!(exchange.note.is_some_and(|note| note.contains(says)), failed.is_none());
            assert!(exchange.response.unwrap().truncated);
            let whole = OutgoingRequest { whole_answer: true, ..request(2, &server.url(), LONG) };
            let exchange = local().exchange(whole).await;
            assert_eq!(kind(&exchange), failed, "a body that breaks off is no stall: {exchange:?}");
            assert_eq!(exchange.note.is_some_and(|note| note.contains(says)), failed.is_none());
        }
    }
}

#[tokio::test]
async fn a_body_that_stalls_is_a_failure_only_where_a_whole_answer_is_wanted() {
    let server = Server::start(|mut tcp| async move {
        read_request(&mut tcp).await;
        tcp.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await.unwrap();
        // Silent, but there, until it is given up.
        let _ = tcp.read(&mut [0; 64]).await;
    })
    .await;
    let short = Duration::from_millis(200);
    for (timeouts, stall) in [
        (Timeouts { body: short, ..LONG }, ErrorKind::BodyTooSlow),
        (Timeouts { total: short, ..LONG }, ErrorKind::TimeoutTotal),
    ] {
        for (whole_answer, failed) in [(false, None), (true, Some(stall))] {
            let request = OutgoingRequest { whole_answer, ..request(3, &server.url(), timeouts) };
            let exchange = local().exchange(request).await;
            assert_eq!((exchange.status(), kind(&exchange)), (Some(200), failed), "{exchange:?}");
            assert_eq!(exchange.note.is_some(), failed.is_none(), "{exchange:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_comes_before_the_request_is_read_is_used() {
    let server = Server::start(|mut tcp| async move {
        let mut some = [0; 1024];
        let _ = tcp.read(&mut some).await;
        let _ = tcp.write_all(b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno").await;
        // Closed with the rest unread, which the kernel answers with a reset.
    })
    .await;
    for _ in 0..20 {
        let mut large = request(1, &server.url(), LONG);
        large.body = vec![b' '; 4 << 20].into();
        let exchange = local().exchange(large).await;
        assert_eq!(exchange.status(), Some(413), "{exchange:?}");
    }
}
