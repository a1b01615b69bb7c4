//! The fields of something to do for a person: role, organisation, days, limit, an auditor's scope.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::actions::ActionError;
use crate::actions::assign_role::NewPost;
use crate::actor::Role;
use crate::http::pages::read_amount::read_amount;
use crate::http::pages::typed_fields::TypedFields;
use crate::http::problem::FieldError;
use crate::storage::accounts::Choice;

/// What the fields offer and what was typed.
pub struct PostFields {
    /// The eight roles.
    pub roles: Vec<(&'static str, &'static str)>,
    /// The organisations somebody can act for.
    pub organisations: Vec<(String, String)>,
    /// Members, for an auditor's scope: id, name, chosen.
    pub members: Vec<(String, String, bool)>,
    /// What was typed.
    pub typed: TypedFields,
}

impl PostFields {
    /// From the organisations of the house.
    #[must_use]
    pub fn new(choices: &[Choice], typed: TypedFields) -> Self {
        let mut roles = vec![("", "Bitte wählen")];
        roles.extend(Role::ALL.into_iter().map(|role| (role.key(), role.german())));
        let mut organisations = vec![(String::new(), "Bitte wählen".to_owned())];
        organisations.extend(choices.iter().map(|it| (it.id.to_string(), it.name.clone())));
        let chosen = |id: &str| typed.0.iter().any(|(name, value)| name == "members" && value == id);
        let members = choices
            .iter()
            .filter(|it| it.role == "member")
            .map(|it| (it.id.to_string(), it.name.clone(), chosen(&it.id.to_string())))
            .collect();
        Self { roles, organisations, members, typed }
    }

    /// What was typed into a field.
    #[must_use]
    pub fn at(&self, name: &str) -> &str {
        self.typed.at(name)
    }
}

/// Reads the fields.
///
/// # Errors
/// With each field that cannot be read.
pub fn read(typed: &TypedFields) -> Result<NewPost, ActionError> {
    let mut errors = Vec::new();
    let mut day = |name: &str| -> Option<NaiveDate> {
        typed.day_if_any(name).unwrap_or_else(|error| {
            if let ActionError::Invalid(more) = error {
                errors.extend(more);
            }
            None
        })
    };
    let (from, to) = (day("from"), day("to"));
    let scope = (day("scope_from"), day("scope_to"));
    let limit = read_amount(typed.at("limit")).unwrap_or_else(|message| {
        errors.push(FieldError::new("limit", message));
        None
    });
    let organisation = typed.at("organisation").parse().unwrap_or_else(|_| {
        errors.push(FieldError::new("organisation", "Bitte wählen Sie, für wen die Person handelt."));
        Uuid::nil()
    });
    let members = typed.0.iter().filter(|(name, _)| name == "members").filter_map(|(_, id)| id.parse().ok()).collect();
    if !errors.is_empty() {
        return Err(ActionError::Invalid(errors));
    }
    Ok(NewPost {
        role: typed.at("role").to_owned(),
        organisation,
        from,
        to,
        limit,
        scope: scope.0.zip(scope.1),
        members,
    })
}
