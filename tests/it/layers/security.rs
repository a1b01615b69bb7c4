//! What the program must not do at all, whatever comes in: looked for in its own text.

use std::fs;

use super::{Source, none_of, root, sources};

/// The code of a file before its own tests.
fn without_tests(source: &Source) -> Source {
    let text = source.text.split("#[cfg(test)]").next().unwrap_or_default();
    Source { path: source.path.clone(), text: text.to_owned() }
}

#[test]
fn only_programs_of_postgresql_and_of_the_system_are_started_and_never_through_a_shell() {
    // The private PostgreSQL, its client programs, and the program itself as another user.
    let starters = ["backend/server/embedded/", "backend/server/cli/postgres_program.rs"];
    let server: Vec<_> = sources(&["backend"], &["rs"])
        .iter()
        .filter(|source| !source.path.contains("/tests/"))
        .map(without_tests)
        .collect();
    let named = |words: &[&str], allowed: &[&str]| -> Vec<String> {
        server
            .iter()
            .filter(|source| !allowed.iter().any(|folder| source.path.starts_with(folder)))
            .flat_map(|source| source.naming(words))
            // The command line describes itself by a type of the same name.
            .filter(|line| !line.contains("cli/usage.rs"))
            .collect()
    };
    none_of(named(&["Command::new", "std::process::Command"], &starters), "who starts other programs");
    none_of(named(&["\"sh\"", "\"bash\"", "/bin/sh", "\"-c\""], &[]), "nobody asks a shell");
}

#[test]
fn only_sign_in_providers_the_store_of_documents_and_the_mail_server_are_ever_asked() {
    // Their addresses are settings; no address that somebody types is fetched, so no route can be made to.
    let askers = ["backend/server/oidc/http.rs", "backend/server/storage/document_store.rs", "backend/server/mail.rs"];
    let places = sources(&["backend/server"], &["rs"])
        .iter()
        .map(without_tests)
        .filter(|source| !askers.contains(&source.path.as_str()))
        .flat_map(|source| {
            source.naming(&[
                "reqwest",
                "object_store",
                "TcpStream::connect",
                "hyper_util::client",
                "UdpSocket",
                "lettre::",
            ])
        })
        .collect();
    none_of(places, "who opens connections to other machines");
    let http = fs::read_to_string(root().join(askers[0])).unwrap();
    assert!(http.contains("redirect(reqwest::redirect::Policy::none())"), "no provider leads us elsewhere");
}

#[test]
fn our_scripts_keep_nothing_run_no_text_and_merge_no_objects() {
    let scripts: Vec<_> = sources(&["backend/server/http/assets"], &["js"])
        .into_iter()
        .filter(|source| !source.path.ends_with(".min.js"))
        .collect();
    assert!(!scripts.is_empty());
    let words = [
        "localStorage",
        "sessionStorage",
        "indexedDB",
        "document.cookie",
        "caches.",
        "Object.assign",
        "__proto__",
        "prototype",
        "eval(",
        "new Function",
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "postMessage",
    ];
    none_of(scripts.iter().flat_map(|source| source.naming(&words)).collect(), "what no script of ours does");
}

#[test]
fn the_sample_proxy_speaks_modern_tls_only_and_no_program_is_led_from_http() {
    let text = fs::read_to_string(root().join("deploy/nginx.conf")).unwrap();
    let (plain, tls) = text.split_once("listen 443 ssl;").unwrap();
    assert!(plain.contains("listen 80;") && plain.contains("location /api/ { return 403; }"));
    assert!(plain.contains("return 301 https://"));
    assert!(tls.contains("ssl_protocols TLSv1.2 TLSv1.3;"));
    let ciphers = tls.lines().find_map(|line| line.trim().strip_prefix("ssl_ciphers ")).unwrap().trim_end_matches(';');
    for cipher in ciphers.split(':') {
        assert!(
            cipher.starts_with("ECDHE-") && (cipher.contains("GCM") || cipher.contains("CHACHA20")),
            "{cipher} gives no forward secrecy or no authentication"
        );
    }
    // Abruf answers in German beyond 8.5 MB; a proxy that cuts off earlier would answer in its own words.
    let limit = tls.lines().find_map(|line| line.trim().strip_prefix("client_max_body_size ")).unwrap();
    let megabytes: u32 = limit.trim_end_matches("m;").parse().unwrap();
    assert!(9 <= megabytes, "a form with a file does not get through: {limit}");
}
