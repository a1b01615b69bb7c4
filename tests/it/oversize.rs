//! What is too large is refused before it is read: on every route that takes a body, however it lies about its length.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use abruf::http::access::{Object, Route, Who};
use abruf::http::body_limit::{BYTES, UPLOAD_BYTES};
use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, COOKIE};
use axum::http::{Method, Request, StatusCode};

use crate::csrf_walk::{People, address, routes};
use crate::stress::say;
use crate::web::Answer;

const PIECE: usize = 64 * 1024;

/// A body of so many pieces that counts how much of it was taken.
fn counted(begin: &'static str, pieces: usize) -> (Body, Arc<AtomicUsize>) {
    let taken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&taken);
    let pieces = std::iter::once(Bytes::from_static(begin.as_bytes()))
        .chain(std::iter::repeat_n(Bytes::from(vec![b'x'; PIECE]), pieces))
        .map(move |piece| {
            count.fetch_add(piece.len(), Ordering::Relaxed);
            Ok::<_, Infallible>(piece)
        });
    (Body::from_stream(tokio_stream::iter(pieces)), taken)
}

async fn send(people: &People, route: &Route, kind: &str, length: Option<&str>, body: Body) -> Answer {
    let (cookie, token) = people.of(route);
    let mut request = Request::builder()
        .method(route.method.clone())
        .uri(address(route))
        .header(CONTENT_TYPE, kind)
        .header("x-csrf-token", token);
    if route.access.who != Who::Public {
        request = request.header(COOKIE, cookie);
    }
    if let Some(length) = length {
        request = request.header(CONTENT_LENGTH, length);
    }
    people.web.send(request.body(body).unwrap()).await
}

#[tokio::test]
async fn no_route_reads_more_than_its_limit_however_a_body_lies_about_its_length() {
    let people = People::at("http://127.0.0.1:8080").await;
    let (mut walked, mut requests) = (0, 0);
    let takes_body = |route: &Route| {
        [Method::POST, Method::PUT].contains(&route.method)
            && route.path != "/abmelden"
            && !route.path.ends_with("/sessions/current")
    };
    for route in routes().into_iter().filter(takes_body) {
        walked += 1;
        let name = format!("{} {}", route.method, route.path);
        let api = route.path.starts_with("/api/");
        let (kind, begin) =
            if api { ("application/json", "{\"x\":\"") } else { ("application/x-www-form-urlencoded", "x=") };
        let one_over = (BYTES + 1).to_string();
        for announced in ["10000000000", "18446744073709551615", one_over.as_str()] {
            let answer = send(&people, &route, kind, Some(announced), Body::from(begin)).await;
            assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{name} announces {announced}");
            requests += 1;
        }
        // Never ends, as far as the client is concerned: 640 MB.
        let (endless, taken) = counted(begin, 10_000);
        let answer = send(&people, &route, kind, None, endless).await;
        let taken = taken.load(Ordering::Relaxed);
        assert!(!answer.status.is_server_error(), "{name}: {} {}", answer.status, answer.text);
        assert!(taken <= BYTES + 2 * PIECE, "{name} has read {taken} bytes");
        // Who read it said why it did not go on; who has no use for a body answered without it.
        assert!(answer.status == StatusCode::PAYLOAD_TOO_LARGE || taken <= PIECE, "{name}: {}", answer.status);
        requests += 1;
    }
    say(&format!("oversize: {walked} routes, {requests} requests"));
    assert!(100 < walked);
}

#[tokio::test]
async fn forms_with_files_end_at_their_own_limit_and_one_byte_decides() {
    let people = People::at("http://127.0.0.1:8080").await;
    let kind = "multipart/form-data; boundary=GRENZE";
    let begin = "--GRENZE\r\nContent-Disposition: form-data; name=\"datei\"; filename=\"a.csv\"\r\n\r\n";
    let mut uploads = 0;
    for route in routes().into_iter().filter(|route| route.method == Method::POST && !route.path.starts_with("/api/")) {
        if route.path == "/abmelden" {
            continue;
        }
        let name = &route.path;
        let over = (UPLOAD_BYTES + 1).to_string();
        let answer = send(&people, &route, kind, Some(&over), Body::from(begin)).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{name}");
        assert!(answer.text.contains("höchstens 8 MB"), "{name}: {}", answer.text);
        let (endless, taken) = counted(begin, 10_000);
        let answer = send(&people, &route, kind, None, endless).await;
        let taken = taken.load(Ordering::Relaxed);
        assert!(taken <= UPLOAD_BYTES + 2 * PIECE, "{name} has read {taken} bytes");
        if taken > 2 * BYTES {
            uploads += 1;
            // A link that is none is no link first.
            let expected = if route.access.object == Object::Secret {
                StatusCode::NOT_FOUND
            } else {
                StatusCode::PAYLOAD_TOO_LARGE
            };
            assert_eq!(answer.status, expected, "{name}");
        } else {
            assert!(!answer.status.is_server_error(), "{name}: {}", answer.status);
        }
    }
    say(&format!("uploads: {uploads} routes read files, each to {UPLOAD_BYTES} bytes and no further"));
    assert!(3 <= uploads);

    // Exactly as much as is allowed is read, and refused for what it is.
    let form = |length: usize| format!("email={}&password=x", "x".repeat(length - "email=&password=x".len()));
    for (length, status) in [(BYTES, StatusCode::UNAUTHORIZED), (BYTES + 1, StatusCode::PAYLOAD_TOO_LARGE)] {
        let request = Request::post("/anmelden").header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = people.web.send(request.body(Body::from(form(length))).unwrap()).await;
        assert_eq!(
            answer.status == StatusCode::PAYLOAD_TOO_LARGE,
            status == StatusCode::PAYLOAD_TOO_LARGE,
            "{length}: {}",
            answer.status
        );
    }
}
