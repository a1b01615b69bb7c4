//! Who may go where: each route is added together with its row of the access table, so none can be
//! without. One layer enforces the roles; what a row's object is decides what row-level security
//! must hide, and `tests/it/access.rs` walks every route with every role over own and foreign ones.
//!
//! Whoever may not see something gets the same answer as for what does not exist.

mod relation;

use axum::extract::{MatchedPath, Request};
use axum::handler::Handler;
use axum::http::{HeaderMap, Method};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::MethodFilter;
use axum::routing::{MethodRouter, on};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::actions::sign_in::Due;
use crate::actor::Role;
use crate::api_scope::Scope;
use crate::http::api::{conventions, window};
use crate::http::csrf;
use crate::http::kept_form;
use crate::http::layout::Frame;
use crate::http::preconditions;
use crate::http::problem::{Problem, is_api};
use crate::http::repeats;
use crate::http::server::Server;
use crate::http::session::{By, Current, key};

pub use relation::{Answer, Relation};

/// The people of a member.
pub const MEMBER: &[Role] = &[Role::Buyer, Role::Approver, Role::Treasurer];
/// Who works on or answers for the contracts of the body.
pub const BODY: &[Role] = &[Role::Office, Role::Board, Role::SupervisoryBoard];
/// Who looks at the proof: auditors within their scope, and the body.
pub const AUDIT: &[Role] = &[Role::Auditor, Role::Office, Role::Board, Role::SupervisoryBoard];
/// Who keeps the house in order.
pub const OFFICE: &[Role] = &[Role::Office, Role::Administrator];
/// Everybody who may see contracts and call-offs, each within their own view.
pub const READERS: &[Role] =
    &[Role::Buyer, Role::Approver, Role::Treasurer, Role::Office, Role::Board, Role::SupervisoryBoard, Role::Auditor];

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Everybody, signed in or not.
    Public,
    /// Whoever has given the right password, also before showing or setting up a second factor.
    Entering,
    /// Every signed-in person, also before choosing whom to act for.
    Person,
    /// People acting in one of these roles.
    Roles(&'static [Role]),
}

/// Whose object the address names. The words for the visible ones: *own* for a member, *house* for
/// the body, *scope* for an auditor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Object {
    /// None: a list or a form; lists show only what the actor may see.
    None,
    /// A secret that is its own key: one-time links, check codes.
    Secret,
    /// A framework contract: house of the body that is party to it, for all its people.
    Contract,
    /// A call-off, or what hangs on it: own, house (once submitted or declined), scope.
    CallOff,
    /// A mini-competition: own, house and scope once the invitations are sent.
    Competition,
    /// A draft: of its requester only.
    Draft,
    /// A document of a call-off, its supplier order or a mini-competition: there once its event has happened.
    Document,
    /// A certificate: own, house, scope.
    Certificate,
    /// A baseline: of a contract of the house once approved, a member's own one for that member alone; for the office always.
    Baseline,

    /// A report frozen for a meeting: house.
    MeetingReport,
    /// A person with an assignment in the house.
    Account,
    /// A session of the person themselves.
    Session,
    /// A key of a program: of its person; to be revoked by the house too.
    Key,
    /// A member organisation: house.
    Member,
    /// A sample of an auditor: of whoever drew it, alone.
    Sample,
    /// A supplier: house of the body it delivers to.
    Supplier,
    /// An invitation of a town: house.
    Invitation,
    /// An uploaded or recorded turnover file, a supplier's report, a difference in one: house of the body.
    Turnover,
    /// A page of the manual or an entry of the register: the same for everybody who gets there.
    Manual,
}

/// A row of the table without its route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// Who may.
    pub who: Who,
    /// On what.
    pub object: Object,
    /// It places an order: the rule `member-active` refuses whoever is no member today or whose rights rest.
    pub orders: bool,
}

/// Where a second factor is shown.
pub const SHOW_CODE: &str = "/anmelden/code";
/// Where one is set up.
pub const SET_UP: &str = "/konto/zweiter-faktor";

/// For everybody.
pub const PUBLIC: Access = Access { who: Who::Public, object: Object::None, orders: false };
/// For whoever is about to come in.
pub const ENTERING: Access = Access { who: Who::Entering, object: Object::None, orders: false };
/// For every signed-in person.
pub const PERSON: Access = Access { who: Who::Person, object: Object::None, orders: false };

/// For people acting in one of `roles`.
#[must_use]
pub const fn only(roles: &'static [Role]) -> Access {
    Access { who: Who::Roles(roles), object: Object::None, orders: false }
}

impl Access {
    /// The address names such an object.
    #[must_use]
    pub const fn on(self, object: Object) -> Self {
        Self { object, ..self }
    }

    /// What is asked for places an order.
    #[must_use]
    pub const fn ordering(self) -> Self {
        Self { orders: true, ..self }
    }

    /// Whether somebody acting in `role` gets past the row; `None` is a signed-out client.
    #[must_use]
    pub fn lets_in(&self, role: Option<Role>) -> bool {
        match self.who {
            Who::Public => true,
            Who::Entering | Who::Person => role.is_some(),
            Who::Roles(roles) => role.is_some_and(|role| roles.contains(&role)),
        }
    }
}

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// HTTP method.
    pub method: Method,
    /// Path with its `{parameters}`.
    pub path: String,
    /// Who may, on what.
    pub access: Access,
}

/// Routes and their rows, in the making.
#[derive(Clone)]
pub struct Routes {
    router: OpenApiRouter<Server>,
    table: Vec<Route>,
}

impl Routes {
    /// None yet; `api` describes the interface.
    #[must_use]
    pub fn new(api: utoipa::openapi::OpenApi) -> Self {
        Self { router: OpenApiRouter::with_openapi(api), table: Vec::new() }
    }

    /// A page.
    #[must_use]
    pub fn get<H, T>(self, path: &str, access: Access, handler: H) -> Self
    where
        H: Handler<T, Server>,
        T: 'static,
    {
        self.page(Method::GET, path, access, on(MethodFilter::GET, handler))
    }

    /// A form.
    #[must_use]
    pub fn post<H, T>(self, path: &str, access: Access, handler: H) -> Self
    where
        H: Handler<T, Server>,
        T: 'static,
    {
        self.page(Method::POST, path, access, on(MethodFilter::POST, handler))
    }

    /// Handlers of the API with one row: `.api(only(MEMBER), routes!(list, create))`.
    #[must_use]
    pub fn api(mut self, access: Access, (schemas, paths, handlers): UtoipaMethodRouter<Server>) -> Self {
        for (path, item) in &paths.paths {
            for (method, operation) in [
                (Method::GET, &item.get),
                (Method::POST, &item.post),
                (Method::PUT, &item.put),
                (Method::PATCH, &item.patch),
                (Method::DELETE, &item.delete),
            ] {
                if operation.is_some() {
                    self.table.push(Route { method, path: path.clone(), access });
                }
            }
        }
        let operations = || paths.paths.values();
        // Where the action keeps the key with its effect, the handler says so itself.
        let keyed =
            operations().any(|item| item.post.as_ref().is_some_and(|it| conventions::takes(it, repeats::HEADER)));
        let handlers = if keyed { handlers } else { handlers.route_layer(from_fn(repeats::once)) };
        let listed = operations().any(|item| item.get.as_ref().is_some_and(conventions::is_whole_list));
        let handlers = if listed { handlers.route_layer(from_fn(window::cut)) } else { handlers };
        let handlers = handlers.route_layer(from_fn(preconditions::check));
        self.router = self.router.routes((schemas, paths, guarded(access, handlers)));
        self
    }

    /// The router, the description of the API and the table.
    pub fn into_parts(self) -> (axum::Router<Server>, utoipa::openapi::OpenApi, Vec<Route>) {
        let (router, api) = self.router.split_for_parts();
        (router, api, self.table)
    }

    fn page(mut self, method: Method, path: &str, access: Access, handler: MethodRouter<Server>) -> Self {
        self.table.push(Route { method, path: path.to_owned(), access });
        self.router = self.router.route(path, guarded(access, handler));
        self
    }
}

fn guarded(access: Access, handlers: MethodRouter<Server>) -> MethodRouter<Server> {
    handlers.route_layer(from_fn(move |request: Request, next: Next| enforce(access, request, next)))
}

/// The one place that enforces a row.
async fn enforce(access: Access, request: Request, next: Next) -> Response {
    let current = Current::of(request.extensions()).cloned();
    let role = current.as_ref().and_then(|current| current.acting.as_ref()).map(|acting| acting.actor.role);
    let allowed = match access.who {
        Who::Public => true,
        Who::Entering | Who::Person => current.is_some(),
        Who::Roles(_) => access.lets_in(role),
    };
    let lacks = current.as_ref().map_or(Due::Nothing, |current| current.due);
    if lacks != Due::Nothing && !matches!(access.who, Who::Public | Who::Entering) {
        let (to, problem) = match lacks {
            Due::Enrolment => (SET_UP, Problem::factor_missing()),
            _ => (SHOW_CODE, Problem::code_missing()),
        };
        return turn_away(&request, to, problem);
    }
    if !allowed {
        return match (current.is_some(), role) {
            (false, _) => {
                let plain = turn_away(&request, "/anmelden", Problem::unauthenticated());
                kept_form::ask_to_sign_in(access, request).await.unwrap_or(plain)
            }
            // Nobody chosen to act for: for a program that is the same as nothing to see.
            (true, None) => turn_away(&request, "/handeln-fuer", Problem::not_found()),
            (true, Some(_)) => Problem::not_found().into_response(),
        };
    }
    if let Some(key) = current.as_ref().and_then(|current| current.key.as_ref()).filter(|_| access.who != Who::Public) {
        let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
        match path.and_then(|path| Scope::needed(request.method().as_str(), path)) {
            Some(needed) if key.scopes.contains(&needed) => {}
            Some(needed) => return key::scope_missing(needed).into_response(),
            None => return key::not_by_key().into_response(),
        }
    }
    if request.method().is_safe() {
        return next.run(request).await;
    }
    let by = current.as_ref().map(|current| current.by);
    if !matches!(by, Some(By::Bearer | By::Key)) && csrf::comes_from_elsewhere(request.headers()) {
        return csrf::stale().into_response();
    }
    match (&current, by) {
        (Some(current), Some(By::Cookie)) if access.who != Who::Public => {
            let server = request.extensions().get::<Server>().cloned();
            let frame = server.as_ref().map(|it| Frame::of(it, request.uri().path(), request.extensions()));
            let (request, sent) = kept_form::beside(access, request).await;
            match (csrf::check_token(&current.form_token, request).await, server, frame, sent) {
                (Ok(request), ..) => next.run(request).await,
                (Err(problem), Some(server), Some(frame), Some(sent)) => {
                    let again = kept_form::offer_again(current, frame, &server, sent).await;
                    again.unwrap_or_else(|| problem.into_response())
                }
                (Err(problem), ..) => problem.into_response(),
            }
        }
        _ => next.run(request).await,
    }
}

/// Sends a browser that wants to look at a page there first; everything else gets the problem.
fn turn_away(request: &Request, to: &str, problem: Problem) -> Response {
    if !request.method().is_safe() || is_api(request) || is_htmx(request.headers()) {
        return problem.into_response();
    }
    match request.uri().path_and_query().map(axum::http::uri::PathAndQuery::as_str) {
        None | Some("/") => Redirect::to(to).into_response(),
        Some(address) => Redirect::to(&format!("{to}?weiter={}", encoded(address))).into_response(),
    }
}

fn is_htmx(headers: &HeaderMap) -> bool {
    headers.contains_key("hx-request")
}

/// A local address, or any other text, as the value of a query parameter.
#[must_use]
pub fn encoded(address: &str) -> String {
    let mut out = String::with_capacity(address.len() + 8);
    for byte in address.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// The address to go on to after signing in, if it is one of ours.
#[must_use]
pub fn local_address(weiter: &str) -> Option<&str> {
    let ours = weiter.starts_with('/')
        && !weiter.starts_with("//")
        && !weiter.contains(['\\', '\r', '\n'])
        && weiter.bytes().all(|byte| byte.is_ascii_graphic());
    ours.then_some(weiter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_local_addresses_are_gone_on_to() {
        for ours in ["/", "/abrufe/1?x=2", "/a//b"] {
            assert_eq!(local_address(ours), Some(ours));
        }
        for foreign in ["", "abrufe", "//evil.example", "https://evil.example", "/\\evil.example", "/\n", "/ä"] {
            assert_eq!(local_address(foreign), None, "{foreign:?}");
        }
    }

    #[test]
    fn an_address_survives_as_a_parameter() {
        assert_eq!(encoded("/abrufe?von=1&bis=2"), "/abrufe%3Fvon%3D1%26bis%3D2");
    }

    #[test]
    fn a_row_lets_in_whom_it_names() {
        assert!(PUBLIC.lets_in(None));
        assert!(!PERSON.lets_in(None) && PERSON.lets_in(Some(Role::Auditor)));
        assert!(only(MEMBER).lets_in(Some(Role::Buyer)) && !only(MEMBER).lets_in(Some(Role::Office)));
    }
}
