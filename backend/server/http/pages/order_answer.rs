//! `/lieferung/{token}`: a supplier answers an order by the link of its mail, without an account.

use axum::extract::State;
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::TimeDelta;

use crate::actions::answer_order::{self, OrderForSupplier, Standing, SupplierAnswer};
use crate::actions::{ActionError, FieldError};
use crate::app::App;
use crate::http::extract::{Form, Path};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::line_quantities::{LineField, QUANTITY, at_fields, line_fields, typed_parts};
use crate::http::pages::typed_fields::TypedFields;
use crate::http::pages::written::{day, day_of, in_units, money, unit_price};
use crate::http::problem::Problem;
use crate::http::rate::ClientAddress;
use crate::http::server::Server;

const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

#[derive(askama::Template)]
#[template(path = "pages/order_answer.html")]
struct OrderAnswerPage {
    frame: Frame,
    order: OrderForSupplier,
    token: String,
    fields: Vec<LineField>,
    typed: TypedFields,
    mistakes: Mistakes,
}

impl OrderAnswerPage {
    /// Position, title, article number, quantity and unit price of the lines that stand.
    fn lines(&self) -> Vec<(i32, String, String, String, String)> {
        let standing = self.order.lines.iter().filter(|line| !line.quantity.is_zero());
        standing
            .map(|line| {
                let price = unit_price(line.unit_price, &self.order.currency);
                let price = if line.monthly { format!("{price} je Monat") } else { price };
                let quantity = in_units(line.quantity, &line.unit);
                (line.position, line.title.clone(), line.article_number.clone(), quantity, price)
            })
            .collect()
    }

    fn net(&self) -> String {
        self.order.net.map(|net| money(net.decimal(), &self.order.currency)).unwrap_or_default()
    }

    fn desired(&self) -> String {
        self.order.desired_on.map(day).unwrap_or_default()
    }

    fn ordered(&self) -> String {
        self.order.ordered_at.map(day_of).unwrap_or_default()
    }

    /// The last day of the link; `None` where it takes no answer.
    fn until(&self) -> Option<String> {
        match self.order.standing {
            Standing::Open(end) => Some(day_of(end - TimeDelta::seconds(1))),
            _ => None,
        }
    }

    /// Whether the form for a deviating answer was sent and has a mistake.
    fn deviating(&self) -> bool {
        !self.mistakes.is_empty() && self.typed.at("antwort") == "abweichend"
    }
}

/// `GET /lieferung/{token}`
pub async fn show(
    State(server): State<Server>,
    client: ClientAddress,
    frame: Frame,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    server.security.paper_limit.check(client)?;
    page(&server.app, frame, token, TypedFields::default(), Mistakes::default()).await
}

/// `POST /lieferung/{token}`
pub async fn answer(
    State(server): State<Server>,
    client: ClientAddress,
    frame: Frame,
    Path(token): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    server.security.paper_limit.check(client)?;
    let typed = TypedFields(fields);
    let quantities = typed_parts(QUANTITY, &typed.0);
    let done = match read(&typed) {
        Ok(answer) => answer_order::answer(&server.app, &token, &answer).await.map(|_| ()),
        Err(error) => Err(error),
    };
    match done.map_err(|error| at_fields(QUANTITY, error, &quantities)) {
        // The page says what became of it, also to whoever comes back later.
        Ok(()) => Ok(Redirect::to(&format!("/lieferung/{token}")).into_response()),
        Err(ActionError::Invalid(errors)) => {
            page(&server.app, frame.with_mistakes(), token, typed, Mistakes(errors)).await
        }
        Err(ActionError::NotNow(_)) => {
            let shown = page(&server.app, frame, token, TypedFields::default(), Mistakes::default()).await?;
            Ok((StatusCode::CONFLICT, shown).into_response())
        }
        Err(ActionError::NotFound) => Err(unknown()),
        Err(error) => Err(error.into()),
    }
}

/// What the supplier answers. Whoever confirms as ordered does not mean what stands in the other fields.
fn read(typed: &TypedFields) -> Result<SupplierAnswer, ActionError> {
    let reference = typed.at("reference").to_owned();
    match typed.at("antwort") {
        "bestaetigt" => Ok(SupplierAnswer { reference, ..SupplierAnswer::default() }),
        "abgelehnt" => Ok(SupplierAnswer {
            reference,
            note: typed.at("note").to_owned(),
            declines: true,
            ..SupplierAnswer::default()
        }),
        "abweichend" => Ok(SupplierAnswer {
            reference,
            delivery_on: typed.day_if_any("delivery_on")?,
            quantities: typed_parts(QUANTITY, &typed.0),
            note: typed.at("note").to_owned(),
            declines: false,
        }),
        _ => {
            let message = "Bitte wählen Sie eine Antwort: bestätigen, abweichend antworten oder ablehnen.";
            Err(ActionError::Invalid(vec![FieldError::new("antwort", message)]))
        }
    }
}

async fn page(
    app: &App,
    frame: Frame,
    token: String,
    typed: TypedFields,
    mistakes: Mistakes,
) -> Result<Response, Problem> {
    let order = answer_order::open(app, &token).await?.ok_or_else(unknown)?;
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = OrderAnswerPage {
        frame: frame.titled(format!("Bestellung {}", order.number)),
        fields: line_fields(QUANTITY, &order.lines, &typed.0, &mistakes),
        order,
        token,
        typed,
        mistakes,
    };
    // The address is the key: no search engine lists it.
    Ok((status, [(ROBOTS, "noindex, nofollow")], Page(page)).into_response())
}

fn unknown() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "link-unknown",
        "Diesen Link gibt es nicht",
        "Bitte öffnen Sie den Link aus der Nachricht ganz, oder antworten Sie dem Besteller auf seine Nachricht.",
    )
}
