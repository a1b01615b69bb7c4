# What tests/measure/catalogue/run and tests/measure/pages/run have in common: the program with a demo, SQL as the owner of its
# database, and requests with their times. To be sourced; `say` speaks on standard error, rows of the result go to the output.
say() { printf '%s\n' "$*" >&2; }
die() { say "${measure:-measure}: $*"; exit 1; }
row() { printf '| %s |\n' "$*"; }
load() { cut -d' ' -f1 /proc/loadavg; }

for needed in curl jq; do command -v "$needed" >/dev/null || die "$needed is missing"; done
bin=${ABRUF_PG_BIN:-$("$(dirname "${BASH_SOURCE[0]}")/../../deploy/pg-binaries.sh")}
export ABRUF_PG_BIN=$bin

folder=$(mktemp -d "${TMPDIR:-/tmp}/abruf-measure-XXXXXX")
# Started by root the server is another user, who must get through.
chmod 711 "$folder"
service=''
stop() {
    [ -z "$service" ] || { kill "$service" && wait "$service" || true; }
    service=''
}
trap 'stop; rm -rf "$folder"' EXIT
export ABRUF_LOG=warn ABRUF_API_PER_MINUTE=100000000 ABRUF_LISTEN=127.0.0.1:$((20000 + $$ % 20000))
unset DATABASE_URL DATABASE_OWNER_URL ABRUF_DEMO_NOW

# open_program PROGRAM DATA ARGUMENT...: serves the data directory until the script ends; a demo in one of its own where DATA is empty.
open_program() {
    local program=$1 data=$2
    shift 2
    export ABRUF_DATA_DIR=${data:-$folder/d}
    say "$measure: starting"
    "$program" serve "$@" >"$folder/service.log" 2>&1 &
    service=$!
    until curl -sf -o /dev/null "http://$ABRUF_LISTEN/health/ready"; do
        kill -0 "$service" 2>/dev/null || { cat "$folder/service.log" >&2; die "the program ended early"; }
        sleep 0.2
    done
    connection=(--host="$(sed -n 5p "$ABRUF_DATA_DIR/pg/postmaster.pid")" --username=abruf_owner --dbname=abruf)
}

# As the user of the cluster, whom alone it lets in.
sql() {
    local user
    user=$(stat -c %u "$ABRUF_DATA_DIR/pg")
    set -- "$bin/psql" -X -q -At -v ON_ERROR_STOP=1 "${connection[@]}" "$@"
    [ "$(id -u)" -eq "$user" ] || set -- setpriv --reuid="$user" --regid="$(stat -c %g "$ABRUF_DATA_DIR/pg")" --clear-groups "$@"
    (cd / && "$@")
}

# token EMAIL: a token is good for ten minutes, and signing in is slow on purpose, so each is kept for five.
token() {
    local file=$folder/token-$1
    if [ -z "$(find "$file" -mmin -5 2>/dev/null)" ]; then
        curl -sf "http://$ABRUF_LISTEN/api/v1/sessions" -H 'content-type: application/json' \
            -d "$(jq -cn --arg email "$1" '{ $email, password: "beispieldaten" }')" | jq -r .token >"$file" || die "$1 cannot sign in"
    fi
    cat "$file"
}

# visit EMAIL CLIENTS OUTPUT <addresses: asks all of them, each of so many clients its share one after the other on a connection that
# stays open; milliseconds of each to OUTPUT. An answer other than 200 ends the run.
visit() {
    local token client clients=$2 output=$3
    local -a waiting=()
    token=$(token "$1")
    rm -f "$folder"/visit-*
    awk -v clients="$clients" -v folder="$folder" -v base="http://$ABRUF_LISTEN" \
        '{ printf "url = \"%s%s\"\noutput = /dev/null\n", base, $0 >(folder "/visit-" NR % clients) }'
    for client in "$folder"/visit-*; do
        curl -s -H "authorization: Bearer $token" -w '%{http_code} %{time_total} %{url_effective}\n' -K "$client" >"$client.times" &
        waiting+=($!)
    done
    wait "${waiting[@]}"
    awk '$1 != 200 { print > "/dev/stderr"; exit 1 }' "$folder"/visit-*.times || die "not every answer was 200"
    awk '{ printf "%.3f\n", $2 * 1000 }' "$folder"/visit-*.times >"$output"
}

# spread: p50, p95, p99 and the largest of the numbers on standard input, separated by blanks.
spread() { sort -g | awk 'function p(q) { return v[int(NR * q) + (int(NR * q) < NR * q ? 1 : 0)] } { v[NR] = $1 } END { print p(.50), p(.95), p(.99), v[NR] }'; }
# middle FORMAT: median and range of the numbers on standard input.
middle() { sort -g | awk -v f="$1" '{ v[NR] = $1 } END { if (NR) printf f " [" f " .. " f "]", (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2, v[1], v[NR] }'; }
# Whether two figures differ by a factor above 1.3: then the machine did something else meanwhile.
apart() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a > 1.3 * b || b > 1.3 * a) }'; }
# The line under a table, or over it: what was measured, and on what.
machine() {
    printf '%s, commit %s, %s processors, PostgreSQL %s, program %s; load %s before\n' "$(date '+%-d %B %Y')" \
        "$(git -C "$(dirname "${BASH_SOURCE[0]}")" rev-parse --short HEAD 2>/dev/null || echo unknown)" "$(getconf _NPROCESSORS_ONLN)" \
        "$("$bin/postgres" --version | sed 's/.* \([0-9.]*\).*/\1/')" "$1" "$(load)"
}
