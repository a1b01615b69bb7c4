//! The command line. Data go to standard output, talk and progress to standard error; exit codes are
//! stable ([`output::Exit`]). `anyhow` lives here and nowhere else.

pub mod admin;
pub mod backup;
pub mod database;
pub mod demo;
pub mod doctor;
pub mod documents;
pub mod export;
pub mod import;
pub mod import_members;
pub mod import_turnover;
pub mod output;
mod partial_file;
mod postgres_program;
pub mod privacy;
pub mod recheck;
pub mod report;
pub mod reproduce;
pub mod restore;
pub mod rollup;
pub mod sample;
pub mod serve;
pub mod template;
mod usage;
pub mod verify;
mod verify_files;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{ArgAction, CommandFactory, FromArgMatches, Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::output::{Ended, Exit, Output};
use crate::config::Settings;
use crate::embedded::own_program;
use crate::embedded::privileges::{Reexecution, drop_root_and_reexec};

/// Rahmenverträge abrufen, prüfen, belegen.
#[derive(Debug, Parser)]
#[command(
    name = "abruf",
    version,
    disable_help_subcommand = true,
    disable_help_flag = true,
    disable_version_flag = true
)]
#[command(after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Antwort als JSON auf der Standardausgabe.
    #[arg(long, global = true)]
    json: bool,
    /// Kein Fortschritt und keine Hinweise.
    #[arg(long, global = true)]
    quiet: bool,
    /// Kein Fortschrittsbalken, auch nicht auf einem Terminal.
    #[arg(long, global = true)]
    no_progress: bool,
    /// Zeigt diese Hilfe.
    #[arg(short, long, global = true, action = ArgAction::Help)]
    help: Option<bool>,
    /// Zeigt die Version.
    #[arg(short = 'V', long, action = ArgAction::Version)]
    version: Option<bool>,
}

const EXIT_CODES: &str = "\
Rückgabewerte:
  0 gut, 1 unerwartet, 2 Aufruf, 3 Einstellungen, 4 Datenbank nicht erreichbar,
  5 nicht erlaubt, 6 nicht gefunden, 7 Konflikt, 10 Prüfung fehlgeschlagen,
  11 Prüfung unvollständig, 12 Zeilen abgelehnt, 20 Migration nötig,
  28 Speicher voll, 75 noch einmal versuchen, 130 abgebrochen

Beispiele:
  abruf serve --demo
  abruf backup sicherung.abruf
  ABRUF_DATA_DIR=/var/lib/abruf-neu abruf restore sicherung.abruf
  abruf export hashes -o pruefsummen.txt
  abruf verify Abruf_RV-2025-01-0042.pdf --hashes pruefsummen.txt
  abruf sample mus grundgesamtheit.csv --seed 8417 --tolerable 60000.00 --confidence 95
  abruf import register deploy/register/gemeinden_st.csv --dry-run";

#[derive(Debug, Subcommand)]
enum Command {
    /// Startet den Dienst (mit eigenem PostgreSQL, wenn DATABASE_URL nicht gesetzt ist).
    Serve(serve::Serve),
    /// Lädt Beispieldaten in eine leere Datenbank.
    Demo,
    /// Bringt die Datenbank auf den Stand dieses Programms.
    Migrate(database::Migrate),
    /// Sichert die Datenbank in eine Datei.
    Backup(backup::Backup),
    /// Spielt eine Sicherung in eine leere Datenbank zurück.
    Restore(restore::Restore),
    /// Prüft Einstellungen und Datenbank.
    Doctor(doctor::Doctor),
    /// Rechnet Protokollketten, Volumenbuch, Nummern, Dokumente und Prüfungen nach; mit Dateien: sind sie echt?
    Verify(verify::Verify),
    /// Rechnet jede gespeicherte Prüfung mit den Regeln von damals nach.
    Recheck,
    /// Erstellt gespeicherte Dokumente noch einmal und vergleicht die Bytes.
    Reproduce(reproduce::Reproduce),
    /// Prüft die mitgeführten Summen des Einsparungsbuchs oder rechnet sie neu.
    Rollup(rollup::Rollup),
    /// Vorlagen der Dokumente prüfen, ansehen, übernehmen.
    #[command(subcommand)]
    Template(template::Template),
    /// Speicher der Dokumente: Dateien in einen Ordner, einen S3-Speicher oder zurück in die Datenbank bringen.
    #[command(subcommand)]
    Documents(documents::Documents),
    /// Schreibt, was das Haus verlässt: die öffentliche Liste der Prüfsummen.
    #[command(subcommand)]
    Export(export::Export),
    /// Schreibt Berichte als Datei.
    #[command(subcommand)]
    Report(report::Report),
    /// Liest Dateien ein: Gemeindeverzeichnis, Mitglieder, Preislisten, Umsatz.
    #[command(subcommand)]
    Import(import::Import),
    /// Zieht Stichproben aus einer Datei noch einmal, ohne Datenbank.
    #[command(subcommand)]
    Sample(sample::Sample),
    /// Konten verwalten.
    #[command(subcommand)]
    Admin(admin::Admin),
    /// Datenschutz: Verzeichnis der Verarbeitung, Fristen.
    #[command(subcommand)]
    Privacy(privacy::Privacy),
    /// Vervollständigung für die Shell: abruf completions bash
    Completions {
        /// bash, zsh, fish …
        shell: clap_complete::Shell,
    },
}

/// Runs the program as the arguments say.
#[must_use]
pub fn run() -> ExitCode {
    let parsed = usage::german(Arguments::command()).try_get_matches();
    let arguments = match parsed.and_then(|matches| Arguments::from_arg_matches(&matches)) {
        Ok(arguments) => arguments,
        // Help and version.
        Err(asked) if !asked.use_stderr() => {
            let _ = asked.print();
            return ExitCode::SUCCESS;
        }
        // Nothing but the name of a command that has commands: its help, on standard error.
        Err(bare) if bare.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = bare.print();
            return Exit::Usage.into();
        }
        Err(wrong) => {
            let json = std::env::args_os().any(|argument| argument == "--json");
            return Output::new(json, false, true).refuse(&usage::complaint(&wrong), Exit::Usage).into();
        }
    };
    let output = Output::new(arguments.json, arguments.quiet, arguments.no_progress);
    match dispatch(arguments.command, &output) {
        Ok(exit) => exit.into(),
        Err(error) => output.fail(&error).into(),
    }
}

fn dispatch(command: Command, output: &Output) -> anyhow::Result<Exit> {
    if let Command::Completions { shell } = command {
        clap_complete::generate(shell, &mut usage::german(Arguments::command()), "abruf", &mut std::io::stdout());
        return Ok(Exit::Ok);
    }
    if let Command::Verify(verify) = &command
        && let Some(judged) = verify.files(output)
    {
        return judged;
    }
    if let Command::Template(template) = &command
        && let Some(done) = template.offline(output)
    {
        return done;
    }
    if let Command::Sample(sample) = &command {
        return sample.run(output);
    }
    let settings = Settings::from_environment()?;
    // The server never runs as root: from here on we are the owner of the data directory.
    let again = Reexecution {
        program: own_program(std::env::current_exe()?),
        arguments: std::env::args_os().skip(1).collect(),
        temp_dir: settings.temp_dir.clone(),
    };
    drop_root_and_reexec(settings.data_dir(), &again)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            // Drains before it ends.
            Command::Serve(serve) => serve.run(settings, output).await,
            command => tokio::select! {
                ended = run_to_its_end(command, settings, output) => ended,
                ended = interrupted() => ended,
            },
        }
    })
}

async fn run_to_its_end(command: Command, settings: Settings, output: &Output) -> anyhow::Result<Exit> {
    match command {
        Command::Serve(serve) => serve.run(settings, output).await,
        Command::Demo => demo::run(settings, output).await,
        Command::Migrate(migrate) => migrate.run(settings, output).await,
        Command::Backup(backup) => backup.run(settings, output).await,
        Command::Restore(restore) => restore.run(settings, output).await,
        Command::Doctor(doctor) => doctor.run(settings, output).await,
        Command::Verify(_) => verify::run(settings, output).await,
        Command::Reproduce(reproduce) => reproduce.run(settings, output).await,
        Command::Rollup(rollup) => rollup.run(settings, output).await,
        Command::Template(template) => template.run(settings, output).await,
        Command::Documents(documents) => documents.run(settings, output).await,
        Command::Export(export) => export.run(settings, output).await,
        Command::Report(report) => report.run(settings, output).await,
        Command::Recheck => recheck::run(settings, output).await,
        Command::Import(import) => import.run(settings, output).await,
        Command::Admin(admin) => admin.run(settings, output).await,
        Command::Privacy(privacy) => privacy.run(settings, output).await,
        Command::Sample(sample) => sample.run(output),
        Command::Completions { .. } => Ok(Exit::Ok),
    }
}

/// Waits for SIGINT or SIGTERM. What was under way is dropped: transactions roll back, files in the
/// making vanish, the guard stops the private server.
async fn interrupted() -> anyhow::Result<Exit> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Err(Ended::new(Exit::Interrupted, "Abgebrochen. Es wurde nichts halb geschrieben").into())
}
