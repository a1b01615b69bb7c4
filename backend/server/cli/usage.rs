//! Help and complaints about arguments in the language of everything else; clap speaks English.

use std::fmt::Write as _;

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// What `--help` prints, with German headings, for a command and all below it.
pub fn german(command: Command) -> Command {
    let ids: Vec<_> = command.get_arguments().map(|argument| argument.get_id().clone()).collect();
    let headed = ids.into_iter().fold(command, |command, id| {
        command.mut_arg(id, |argument| {
            let heading = if argument.is_positional() { "Argumente" } else { "Optionen" };
            argument.help_heading(heading)
        })
    });
    let names: Vec<_> = headed.get_subcommands().map(|below| below.get_name().to_owned()).collect();
    names
        .into_iter()
        .fold(headed, |command, name| command.mut_subcommand(name, german))
        .help_template("{about-with-newline}\nAufruf: {usage}\n\n{all-args}{after-help}")
        .subcommand_help_heading("Befehle")
        .subcommand_value_name("BEFEHL")
}

/// What is wrong with the arguments, what is allowed, and where to read on.
pub fn complaint(error: &clap::Error) -> String {
    let one = |kind| error.get(kind).map(shown).filter(|text| !text.is_empty());
    let argument = one(ContextKind::InvalidArg).unwrap_or_default();
    let value = one(ContextKind::InvalidValue).unwrap_or_default();
    let mut text = match error.kind() {
        ErrorKind::InvalidSubcommand => {
            format!("Den Befehl „{}“ gibt es nicht.", one(ContextKind::InvalidSubcommand).unwrap_or_default())
        }
        ErrorKind::UnknownArgument => format!("„{argument}“ wird hier nicht erwartet."),
        ErrorKind::MissingRequiredArgument => format!("Es fehlt: {argument}."),
        ErrorKind::MissingSubcommand => "Es fehlt der Befehl.".to_owned(),
        ErrorKind::InvalidValue if value.is_empty() => format!("Zu {argument} fehlt der Wert."),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            format!("„{value}“ ist kein Wert für {argument}.")
        }
        ErrorKind::ArgumentConflict => {
            format!("{argument} kommt doppelt vor oder verträgt sich nicht mit dem Übrigen.")
        }
        _ => "Die Argumente sind nicht lesbar.".to_owned(),
    };
    if let Some(allowed) = one(ContextKind::ValidValue) {
        // Writing to a String cannot fail.
        let _ = write!(text, " Erlaubt sind: {allowed}.");
    }
    let meant = [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue];
    if let Some(meant) = meant.into_iter().find_map(one) {
        let _ = write!(text, " Meinten Sie {meant}?");
    }
    text.push_str(" Hilfe: abruf --help");
    text
}

fn shown(value: &ContextValue) -> String {
    match value {
        ContextValue::String(text) => text.clone(),
        ContextValue::Strings(texts) => texts.join(", "),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use clap::{Arg, ArgAction, Command};

    use super::*;

    fn abruf() -> Command {
        let shell = Arg::new("shell").required(true).value_parser(["bash", "zsh"]);
        let json = Arg::new("json").long("json").help("Als JSON").action(ArgAction::SetTrue).global(true);
        german(
            Command::new("abruf")
                .about("Rahmenverträge")
                .subcommand_required(true)
                .arg(json)
                .subcommand(Command::new("completions").arg(shell)),
        )
    }

    fn said(arguments: &[&str]) -> String {
        complaint(&abruf().try_get_matches_from(arguments).expect_err("not right"))
    }

    #[test]
    fn complaints_say_what_is_wrong_and_what_is_allowed() {
        assert_eq!(
            said(&["abruf", "completion"]),
            "Den Befehl „completion“ gibt es nicht. Meinten Sie completions? Hilfe: abruf --help"
        );
        assert_eq!(said(&["abruf"]), "Es fehlt der Befehl. Hilfe: abruf --help");
        assert_eq!(said(&["abruf", "completions"]), "Es fehlt: <shell>. Hilfe: abruf --help");
        assert_eq!(
            said(&["abruf", "completions", "tcsh"]),
            "„tcsh“ ist kein Wert für <shell>. Erlaubt sind: bash, zsh. Meinten Sie zsh? Hilfe: abruf --help"
        );
        assert!(
            said(&["abruf", "--jsn", "completions", "zsh"])
                .starts_with("„--jsn“ wird hier nicht erwartet. Meinten Sie --json?")
        );
    }

    #[test]
    fn help_has_german_headings_also_below() {
        let mut command = abruf();
        let help = command.render_help().to_string();
        assert!(help.contains("Aufruf: abruf") && help.contains("Befehle:") && help.contains("Optionen:"), "{help}");
        let below = command.find_subcommand_mut("completions").expect("it is there").render_help().to_string();
        assert!(below.contains("Aufruf: ") && below.contains("Argumente:"), "{below}");
    }
}
