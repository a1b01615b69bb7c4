//! Marks an answer that tells a secret: a link, a token, a key. It is given once and kept nowhere.

use axum::response::{IntoResponse, Response};

/// An answer with a secret in it. `repeats.rs` keeps answers for whoever repeats a request; never such a one.
#[derive(Debug)]
pub struct ToldOnce<R>(pub R);

/// Lies in the response of one.
#[derive(Debug, Clone, Copy)]
struct Mark;

impl<R: IntoResponse> IntoResponse for ToldOnce<R> {
    fn into_response(self) -> Response {
        let mut response = self.0.into_response();
        response.extensions_mut().insert(Mark);
        response
    }
}

/// Whether a response tells a secret.
#[must_use]
pub fn is_told_once(response: &Response) -> bool {
    response.extensions().get::<Mark>().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_itself_that_it_tells_a_secret() {
        assert!(is_told_once(&ToldOnce("abruf_…").into_response()));
        assert!(!is_told_once(&"nothing".into_response()));
    }
}
