//! What can go wrong around the private server, said to the person who operates it.

use std::io;
use std::path::PathBuf;

use super::{NEWEST_MAJOR, OLDEST_MAJOR};

/// Says place, actual, allowed, and what to do; in German, because operators read it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbeddedError {
    /// Another program holds the data directory.
    #[error(
        "Datenverzeichnis {}: ein anderes Abruf{} arbeitet bereits damit, erlaubt ist eines zur Zeit; \
         bitte dieses beenden oder mit ABRUF_DATA_DIR ein anderes Verzeichnis nennen",
        data_dir.display(),
        holder.map(|pid| format!(" (Prozess {pid})")).unwrap_or_default()
    )]
    AlreadyRunning {
        /// The directory both want.
        data_dir: PathBuf,
        /// Process id of the first, if it left one.
        holder: Option<u32>,
    },

    /// No PostgreSQL on this machine, or none that fits.
    #[error(
        "PostgreSQL: {found} gefunden, gebraucht wird {}; bitte installieren \
         (Debian: apt-get install postgresql, Fedora: dnf install postgresql-server postgresql-contrib, \
         macOS: brew install postgresql@17), mit ./run starten, das es selbst lädt, \
         oder mit ABRUF_PG_BIN den Ordner mit initdb und postgres nennen",
        wanted.map_or_else(
            || format!("Version {OLDEST_MAJOR} bis {NEWEST_MAJOR}"),
            |major| format!("Version {major}, denn damit wurde das Datenverzeichnis angelegt"),
        )
    )]
    NoBinaries {
        /// What was there instead, as a noun phrase.
        found: String,
        /// The one version the data directory needs.
        wanted: Option<u32>,
    },

    /// The folder that the operator named does not do.
    #[error(
        "ABRUF_PG_BIN={}: {found}, erlaubt ist {}; bitte den Ordner mit initdb und postgres \
         dieser Version nennen oder die Einstellung weglassen",
        dir.display(),
        wanted.map_or_else(
            || format!("Version {OLDEST_MAJOR} bis {NEWEST_MAJOR}"),
            |major| format!("nur Version {major}, denn damit wurde das Datenverzeichnis angelegt"),
        )
    )]
    BadPgBin {
        /// The folder named.
        dir: PathBuf,
        /// What is wrong with it.
        found: String,
        /// The one version the data directory needs.
        wanted: Option<u32>,
    },

    /// A directory above cannot be entered by the user the server runs as.
    #[error(
        "Datenverzeichnis {}: der Benutzer {user} kommt durch {} nicht hindurch (Rechte {mode:04o}, \
         nötig ist das Recht x für andere); bitte mit ABRUF_DATA_DIR ein Verzeichnis \
         außerhalb nennen, zum Beispiel /var/lib/abruf",
        data_dir.display(),
        barrier.display()
    )]
    Unreachable {
        /// The directory wanted.
        data_dir: PathBuf,
        /// The directory in the way.
        barrier: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// Who cannot pass.
        user: String,
    },

    /// Root was told to use a directory that holds something else.
    #[error(
        "Datenverzeichnis {}: es gehört root und enthält fremde Dateien ({example}), erlaubt ist ein leeres, \
         ein neues oder ein von Abruf angelegtes; bitte mit ABRUF_DATA_DIR ein anderes nennen",
        data_dir.display()
    )]
    ForeignDirectory {
        /// The directory wanted.
        data_dir: PathBuf,
        /// One of the names in it.
        example: String,
    },

    /// The user has no name, so neither initdb nor peer authentication can work.
    #[error(
        "Benutzer {uid}: er hat auf dieser Maschine keinen Namen, PostgreSQL verlangt einen; \
         bitte einen Eintrag in /etc/passwd anlegen oder mit DATABASE_URL einen Server nennen"
    )]
    NamelessUser {
        /// The user id.
        uid: u32,
    },

    /// Neither postgres nor nobody exists.
    #[error(
        "root darf den Server nicht selbst betreiben, und weder der Benutzer postgres noch nobody \
         ist vorhanden; bitte einen anlegen (useradd --system abruf) und ihm mit \
         chown das Datenverzeichnis geben"
    )]
    NoUnprivilegedUser,

    /// The folder for the socket belongs to someone else.
    #[error(
        "Ordner {} für die Verbindung zur Datenbank: er gehört Benutzer {owner}, erlaubt ist nur {wanted}; \
         bitte löschen lassen oder mit ABRUF_DATA_DIR einen kürzeren Pfad (bis 80 Zeichen) nennen",
        dir.display()
    )]
    ForeignSocketDir {
        /// The folder.
        dir: PathBuf,
        /// Its owner.
        owner: u32,
        /// Who should own it.
        wanted: u32,
    },

    /// initdb failed.
    #[error("Datenbank in {} konnte nicht angelegt werden; initdb meldet: {said}", cluster.display())]
    Initdb {
        /// The cluster directory.
        cluster: PathBuf,
        /// The end of what it printed.
        said: String,
    },

    /// The server ended instead of becoming ready.
    #[error(
        "PostgreSQL in {} ist nicht gestartet ({status}); zuletzt in {}: {said}",
        cluster.display(),
        log.display()
    )]
    NotStarted {
        /// The cluster directory.
        cluster: PathBuf,
        /// How the guard ended.
        status: String,
        /// The log.
        log: PathBuf,
        /// The end of the log.
        said: String,
    },

    /// The server is there but does not answer.
    #[error(
        "PostgreSQL in {}: nach {seconds} s noch keine Antwort ({last}){}; \
         bitte {} ansehen",
        cluster.display(),
        if processes.is_empty() { String::new() } else { format!(", es laufen die Prozesse {processes:?}") },
        log.display()
    )]
    NoAnswer {
        /// The cluster directory.
        cluster: PathBuf,
        /// How long was waited.
        seconds: u64,
        /// The last refusal.
        last: String,
        /// Server processes of this cluster.
        processes: Vec<u32>,
        /// The log.
        log: PathBuf,
    },

    /// The server did not end in time.
    #[error(
        "PostgreSQL in {}: nach {seconds} s noch nicht beendet, es laufen die Prozesse {processes:?}; \
         die Daten sind sicher, der nächste Start wartet darauf oder übernimmt den Server",
        cluster.display()
    )]
    NotStopped {
        /// The cluster directory.
        cluster: PathBuf,
        /// How long was waited.
        seconds: u64,
        /// Server processes of this cluster.
        processes: Vec<u32>,
    },

    /// Nothing runs that could be joined.
    #[error("Datenverzeichnis {}: hier läuft kein Abruf, dem man sich anschließen könnte", data_dir.display())]
    NothingToJoin {
        /// The directory.
        data_dir: PathBuf,
    },

    /// A file or directory could not be used.
    #[error("{}: {what} nicht möglich", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// What was tried, as a German noun ("Anlegen").
        what: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },

    /// A statement to the running server failed.
    #[error("Einrichten der Datenbank {database} nicht möglich")]
    Setup {
        /// The database.
        database: String,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
}

/// Attaches place and attempt to an I/O error.
pub(super) trait IoContext<T> {
    fn at(self, path: impl Into<PathBuf>, what: &'static str) -> Result<T, EmbeddedError>;
}

impl<T> IoContext<T> for io::Result<T> {
    fn at(self, path: impl Into<PathBuf>, what: &'static str) -> Result<T, EmbeddedError> {
        self.map_err(|source| EmbeddedError::Io { path: path.into(), what, source })
    }
}
