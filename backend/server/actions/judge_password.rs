//! Every new password is judged here, whichever way it comes: by a link, first or forgotten, or changed by its person.
//! Only this makes a [`FitPassword`], and nothing else can be set.

use abruf_domain::ids::PersonId;
use secrecy::{ExposeSecret, SecretString};

use crate::actions::FieldError;
use crate::actions::sign_in::SignInError;
use crate::actor::RunsAs;
use crate::app::App;
use crate::password::strength::Weakness;
use crate::password::{self, MAX_BYTES, MIN_CHARACTERS};
use crate::storage::{StorageError, people};

/// A new password as it was typed.
#[derive(Debug)]
pub struct Typed {
    /// The password.
    pub password: SecretString,
    /// Typed once more.
    pub repeated: SecretString,
}

/// A password that may be set. Made by [`judge`] alone.
#[derive(Debug)]
pub struct FitPassword(SecretString);

impl FitPassword {
    pub(super) fn into_inner(self) -> SecretString {
        self.0
    }
}

/// The password, or what is wrong with it.
pub async fn judge(app: &App, person: PersonId, typed: Typed) -> Result<Result<FitPassword, FieldError>, SignInError> {
    if let Some(wrong) = mistyped(typed.password.expose_secret(), typed.repeated.expose_secret()) {
        return Ok(Err(wrong));
    }
    let about = known_of(app, person).await?;
    let message = match password::weakness(typed.password.clone(), about).await? {
        None => return Ok(Ok(FitPassword(typed.password))),
        Some(Weakness::Context) => {
            "Das Passwort besteht fast nur aus Ihrem Namen, Ihrer E-Mail-Adresse, Ihrer Organisation oder Wörtern Ihrer Arbeit. Bitte nehmen Sie mehrere Wörter, die nichts mit Ihnen zu tun haben."
        }
        Some(Weakness::Common) => {
            "Das Passwort ist leicht zu raten: Viele benutzen es so oder ähnlich, oder es folgt einem Muster wie Wiederholung, Tastenfolge oder Wort mit Jahreszahl. Bitte nehmen Sie mehrere Wörter, die nicht zusammengehören."
        }
    };
    Ok(Err(FieldError::new("password", message)))
}

/// What others can know of a person: name, address, whom they act for.
async fn known_of(app: &App, person: PersonId) -> Result<Vec<String>, StorageError> {
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    let email = people::sign_in_name(&mut tx, person).await?;
    let account = people::find_account(&mut tx, &email).await?;
    let acts = people::assignments(&mut tx, person, (app.clock.now(), app.clock.today())).await?;
    tx.rollback().await?;
    let mut about = vec![email];
    about.extend(account.map(|it| it.name));
    about.extend(acts.into_iter().flat_map(|it| [it.organisation_name, it.body_name]));
    Ok(about)
}

/// What is wrong with a password before anybody asks how easily it is guessed.
fn mistyped(password: &str, repeated: &str) -> Option<FieldError> {
    let length = password.chars().count();
    if length < MIN_CHARACTERS {
        let message = format!("Das Passwort hat {length} Zeichen. Bitte nehmen Sie mindestens {MIN_CHARACTERS}.");
        Some(FieldError::new("password", message))
    } else if MAX_BYTES < password.len() {
        let message = format!("Das Passwort ist zu lang. Bitte nehmen Sie höchstens {MAX_BYTES} Zeichen.");
        Some(FieldError::new("password", message))
    } else if password != repeated {
        let message = "Die beiden Passwörter sind verschieden. Bitte geben Sie dasselbe noch einmal ein.";
        Some(FieldError::new("repeated", message))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::mistyped;

    #[test]
    fn a_password_has_twelve_characters_and_is_typed_twice() {
        let field = |password: &str, repeated: &str| mistyped(password, repeated).map(|it| (it.field, it.message));
        assert_eq!(field("äöüäöüäöüäöü", "äöüäöüäöüäöü"), None);
        let (at, said) = field("elf-zeichen", "elf-zeichen").unwrap();
        assert!(at == "password" && said.contains("11 Zeichen"), "{said}");
        assert_eq!(field("zwölf-zeichen", "zwoelf-zeichen").unwrap().0, "repeated");
        assert_eq!(field(&"x".repeat(1025), &"x".repeat(1025)).unwrap().0, "password");
        assert_eq!(field(&"x".repeat(1024), &"x".repeat(1024)), None);
    }
}
