#!/usr/bin/env bash
# Finds PostgreSQL programs (15 to 18), or fetches them as Debian packages into a private folder.
#
# usage: deploy/pg-binaries.sh [--major N]
#   stdout: the folder that holds initdb and postgres, and nothing else
#   stderr: what is happening
#   --major N   only this major version: an existing data directory runs with its own major only
#
# Nothing is installed: no root is needed, nothing below /etc is touched, no service is started.
# With DATABASE_URL set the program uses that server, so nothing is looked for and nothing printed.
#
#   ABRUF_PG_BIN     this folder and no other
#   ABRUF_PG_SEARCH  folders to look into instead of the usual places, separated by ":";
#                    empty = none, so that the packages are fetched even where a server is installed
set -euo pipefail

readonly oldest=15 newest=18
say() { printf '%s\n' "$*" >&2; }
die() { say "Fehler: $*"; exit 1; }

wanted=
case "${1:-}" in
    "") ;;
    --major) wanted=${2:?--major braucht eine Zahl} ;;
    *) die "unbekanntes Argument $1; erlaubt ist --major N" ;;
esac

[ -z "${DATABASE_URL:-}" ] || exit 0

# Major version of the programs in folder $1; fails if there are none that run.
major_of() {
    [ -x "$1/initdb" ] && [ -x "$1/postgres" ] || return 1
    local version
    version=$("$1/postgres" --version 2>/dev/null) || return 1
    version=${version##*) }
    version=${version%%[.a-z ]*}
    [[ $version =~ ^[0-9]+$ ]] && printf '%s\n' "$version"
}

fits() {
    if [ -n "$wanted" ]; then [ "$1" -eq "$wanted" ]; else [ "$oldest" -le "$1" ] && [ "$1" -le "$newest" ]; fi
}

if [ -n "${ABRUF_PG_BIN:-}" ]; then
    major=$(major_of "$ABRUF_PG_BIN") || die "ABRUF_PG_BIN=$ABRUF_PG_BIN enthält kein lauffähiges initdb und postgres."
    fits "$major" || die "ABRUF_PG_BIN=$ABRUF_PG_BIN ist PostgreSQL $major; erlaubt ist ${wanted:-$oldest bis $newest}."
    printf '%s\n' "$ABRUF_PG_BIN"
    exit 0
fi

# The usual places; the highest fitting major wins, the earlier place on a tie.
places() {
    if [ -n "${ABRUF_PG_SEARCH+set}" ]; then
        tr ':' '\n' <<<"$ABRUF_PG_SEARCH"
        return
    fi
    local dir
    for dir in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql@*/bin \
        /usr/local/opt/postgresql@*/bin /Applications/Postgres.app/Contents/Versions/*/bin; do
        printf '%s\n' "$dir"
    done
    tr ':' '\n' <<<"${PATH:-}"
}

best= best_major=0
while IFS= read -r dir; do
    [ -n "$dir" ] && [ -d "$dir" ] || continue
    major=$(major_of "$dir") || continue
    if fits "$major" && [ "$major" -gt "$best_major" ]; then
        best=$dir best_major=$major
    fi
done < <(places)
if [ -n "$best" ]; then
    printf '%s\n' "$best"
    exit 0
fi

# --- nothing is installed: fetch -------------------------------------------------------------

# /var/tmp rather than /tmp: a restart of the machine must not make the next start need the network.
base=${TMPDIR:-/var/tmp}
if [ "$(id -u)" -eq 0 ] && ! setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$base"; then
    # Root's own temporary directory: the server, which does not run as root, could not get in.
    base=/var/tmp
fi
[ -d "$base" ] && [ -w "$base" ] || base=/tmp
# 0711: a server started by root runs as another user, who must get through but need not list.
home=$base/abruf-pg-$(id -u)
(umask 066 && mkdir -p "$home")
# The name is guessable, so someone else may have made the folder first.
[ ! -L "$home" ] && [ -O "$home" ] || die "$home gehört einem anderen Benutzer. Bitte löschen lassen oder TMPDIR setzen."
chmod 0711 "$home"

# Complete = every unpacked file is still there: clean-up services remove old files one by one.
complete() {
    local tree=$1 file
    [ -s "$tree/manifest" ] && [ -s "$tree/bin-dir" ] || return 1
    while IFS= read -r file; do
        [ -e "$tree/$file" ] || [ -L "$tree/$file" ] || return 1
    done <"$tree/manifest"
    major_of "$(cat "$tree/bin-dir")" >/dev/null
}

fetched() {
    local n
    for n in ${wanted:-$(seq "$newest" -1 "$oldest")}; do
        if complete "$home/$n"; then cat "$home/$n/bin-dir"; return 0; fi
    done
    return 1
}

if fetched; then exit 0; fi

if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
    die "kein PostgreSQL ${wanted:-$oldest bis $newest} gefunden, und dies ist kein Debian oder Ubuntu.
Bitte installieren (Fedora: dnf install postgresql-server postgresql-contrib, macOS: brew install postgresql@17)
oder mit ABRUF_PG_BIN den Ordner mit initdb und postgres nennen, oder mit DATABASE_URL einen Server."
fi

# Two starts at once (run and check, two clones) must not unpack over each other.
exec 9>"$home/lock"
if command -v flock >/dev/null; then flock 9; fi
if fetched; then exit 0; fi

say "Kein PostgreSQL gefunden. Es wird einmalig als Debian-Paket nach $home geladen (etwa 20 MB, nichts wird installiert)."
apt=$home/apt
mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
# Lists and cache of our own, so that no root is needed. Foreign hooks of the machine are cleared:
# they expect root. "Sandbox::User root": no second user needs to get into our folder.
cat >"$apt/apt.conf" <<CONF
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
Dir::State::lists "$apt/lists";
Dir::Cache "$apt/cache";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
CONF
quietly() {
    "$@" >"$apt/log" 2>&1 || { cat "$apt/log" >&2; return 1; }
}
quietly apt-get -c "$apt/apt.conf" -y update || die "die Paketlisten konnten nicht geladen werden (siehe oben). Besteht eine Netzverbindung?"

major=
for n in ${wanted:-$(seq "$newest" -1 "$oldest")}; do
    if apt-cache -c "$apt/apt.conf" show --no-all-versions "postgresql-$n" >/dev/null 2>&1; then major=$n; break; fi
done
[ -n "$major" ] || die "die Paketquellen dieser Maschine bieten kein PostgreSQL ${wanted:-$oldest bis $newest} an.${wanted:+
Mit dieser Version wurde das Datenverzeichnis angelegt, nur mit ihr läuft es. Bitte sie installieren
oder dort, wo sie noch läuft, sichern und hier in ein neues Datenverzeichnis zurückspielen.}"

new=$home/$major.new
rm -rf "$new" "${home:?}/$major"
mkdir -p "$new/debs"
say "PostgreSQL $major wird geladen und entpackt ..."

# Downloads the packages named and unpacks them; a missing one is left out (virtual packages).
unpack() {
    (cd "$new/debs" && quietly apt-get -c "$apt/apt.conf" download "$@") || return 1
    local deb
    for deb in "$new"/debs/*.deb; do
        dpkg-deb -x "$deb" "$new"
        dpkg-deb -f "$deb" Depends Pre-Depends >>"$new/depends"
        rm -f "$deb"
    done
}
unpack "postgresql-$major" "postgresql-client-$major" || die "das Paket postgresql-$major konnte nicht geladen werden (siehe oben)."

# Minimal images lack libraries that the server needs. They go into the same folder. LLVM (JIT) is
# left out: 100 MB that nobody misses, the clusters run with jit = off.
bin=$new/usr/lib/postgresql/$major/bin
libraries() { { find "$new/usr/lib" "$new/lib" -maxdepth 1 -type d -name '*-linux-*' 2>/dev/null || true; } | paste -sd: -; }
missing() {
    { LD_LIBRARY_PATH=$(libraries) ldd "$bin"/{postgres,initdb,psql,pg_dump,pg_restore} \
        "$new/usr/lib/postgresql/$major/lib"/{pgcrypto,btree_gist,libpqwalreceiver,dict_snowball}.so 2>/dev/null || true; } |
        sed -n 's/^[[:space:]]*\([^ ]*\) => not found$/\1/p' | sort -u
}
tried=" "
for _ in 1 2 3 4; do
    lacking=$(missing)
    [ -n "$lacking" ] || break
    say "Fehlende Bibliotheken werden mitgeladen: $(tr '\n' ' ' <<<"$lacking")"
    # The first alternative of each dependency, libraries only.
    mapfile -t names < <(sed 's/^[A-Za-z-]*: //; s/,/\n/g' "$new/depends" | sed 's/^ *//; s/[ (:|].*//' | grep -E '^lib' | grep -Ev '^lib(c6|gcc|stdc\+\+|llvm|crypt1)' | sort -u)
    for name in "${names[@]}"; do
        [[ $tried == *" $name "* ]] && continue
        tried+="$name "
        unpack "$name" 2>/dev/null || say "Hinweis: Paket $name war nicht ladbar."
    done
done
lacking=$(missing)
[ -z "$lacking" ] || die "PostgreSQL $major braucht Bibliotheken, die hier fehlen: $(tr '\n' ' ' <<<"$lacking")"

# Programs that need libraries of the folder get a small starter that says where these are; the
# program itself clears the environment of the servers it starts, so a variable set here would be lost.
own_libraries=$(libraries)
shown=$home/$major/usr/lib/postgresql/$major/bin
if [ -n "$own_libraries" ]; then
    mkdir -p "$new/bin"
    for program in "$bin"/*; do
        name=${program##*/}
        printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s "$@"\n' \
            "'${own_libraries//"$new"/"$home/$major"}'" "'$shown/$name'" >"$new/bin/$name"
        chmod 0755 "$new/bin/$name"
    done
    shown=$home/$major/bin
fi

rm -rf "$new/debs" "$new/depends" "$new/usr/share/doc" "$new/usr/share/man"
(cd "$new" && find . \( -type f -o -type l \) | sort) >"$home/manifest.new"
mv "$home/manifest.new" "$new/manifest"
printf '%s\n' "$shown" >"$new/bin-dir"
chmod -R go+rX,go-w "$new"
mv "$new" "$home/$major"
rm -rf "$apt"
complete "$home/$major" || die "das entpackte PostgreSQL in $home/$major läuft hier nicht: $("$shown/postgres" --version 2>&1 | tail -1)"
say "PostgreSQL $major liegt bereit."
cat "$home/$major/bin-dir"
