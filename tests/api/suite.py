"""Runs Schemathesis once per role against a running demo, counts what was asked and answered, and fails on any
answer that is ours to be ashamed of. usage: suite.py ADDRESS SECONDS SEED FOLDER"""

import collections
import http.server
import json
import pathlib
import subprocess
import sys
import threading
import urllib.request

PASSWORD = "beispieldaten"
# Accounts of the demo (backend/server/demo/accounts.rs).
ROLES = {
    "buyer": "buchen@altenrode.example",
    "office": "geschaeftsstelle@kommunal-it-mitte.example",
    "auditor": "pruefung@pruefungsverband-mitte.example",
}
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "missing_required_header",
    "unsupported_method",
    "ignored_auth",
]
# Ending the session would make everything behind it 401; the tool takes the id of its own from the list.
LEFT_OUT = ["sessions_delete", "sessions_end"]
FEWEST_REQUESTS = 500


def ask(address, method, path, token=None, body=None):
    """An answer as JSON."""
    request = urllib.request.Request(address + path, method=method)
    request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", "Bearer " + token)
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(request, data) as answer:
        return json.load(answer)


def token_of(address, email):
    """A fresh one: it lasts ten minutes."""
    return ask(address, "POST", "/api/v1/sessions", body={"email": email, "password": PASSWORD})["token"]


def fuzz(address, folder, name, token, seconds, seed, extra=()):
    """Runs Schemathesis; its exit code and what it counted."""
    report = folder / f"{name}.ndjson"
    report.unlink(missing_ok=True)
    command = [
        str(pathlib.Path(sys.executable).parent / "schemathesis"), "run", address + "/openapi.json",
        "--header", "Authorization: Bearer " + token,
        "--checks", ",".join(CHECKS), "--seed", str(seed), "--max-examples", "20",
        *(["--max-time", str(seconds)] if seconds else []),
        "--phases", "examples,coverage,fuzzing,stateful", "--workers", "2", "--no-shrink",
        "--suppress-health-check", "all", "--generation-database", "none", "--no-color", "--warnings", "off",
        "--request-timeout", "35", "--report", "ndjson", "--report-ndjson-path", str(report),
        *(item for operation in LEFT_OUT for item in ("--exclude-operation-id", operation)), *extra,
    ]
    with open(folder / f"{name}.txt", "wb") as output:
        code = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, check=False, cwd=folder).returncode
    return code, counted(report)


def counted(report):
    """Answers by status, and the operations that were asked."""
    statuses, operations = collections.Counter(), set()

    def walk(value, label):
        if isinstance(value, dict):
            label = value.get("label", label)
            status = value.get("status_code")
            if isinstance(status, int):
                statuses[status] += 1
                if label:
                    operations.add(label)
            for inner in value.values():
                walk(inner, label)
        elif isinstance(value, list):
            for inner in value:
                walk(inner, label)

    for line in report.read_text().splitlines() if report.exists() else []:
        walk(json.loads(line), None)
    return statuses, operations


def end_of(report, lines=150):
    """What the tool says of its failures: where nobody can fetch the file, the log has to tell."""
    told = report.read_text(errors="replace").splitlines()
    start = next((number for number, line in enumerate(told) if " FAILURES " in line or " ERRORS " in line), 0)
    return "\n".join(line[:400] for line in told[start:start + lines])


class Broken(http.server.BaseHTTPRequestHandler):
    """A service with both faults: it fails, and it answers what it does not describe."""

    DESCRIPTION = {
        "openapi": "3.1.0", "info": {"title": "broken", "version": "1"},
        "paths": {
            path: {"get": {"operationId": path[1:], "responses": {
                "200": {"description": "ok", "content": {"application/json": {"schema": {"type": "integer"}}}}}}}
            for path in ("/fails", "/lies")
        },
    }

    def do_GET(self):
        answers = {"/openapi.json": (200, self.DESCRIPTION), "/fails": (500, 1), "/lies": (200, "no number")}
        status, body = answers.get(self.path.split("?")[0], (404, None))
        body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def notices(folder):
    """Whether the tool notices a failure and a deviation."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Broken)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    code, _ = fuzz(address, folder, "sabotage", "none", None, 1, ["--continue-on-failure"])
    server.shutdown()
    told = (folder / "sabotage.txt").read_text()
    return code != 0 and "Server error" in told and "Response violates schema" in told


def main():
    address, seconds, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    folder = pathlib.Path(sys.argv[4]).resolve()
    if not notices(folder):
        sys.exit(f"api: Schemathesis does not notice a service that fails and lies, see {folder}/sabotage.txt")
    description = ask(address, "GET", "/openapi.json")
    names = {
        f"{method.upper()} {path}"
        for path, item in description["paths"].items()
        for method, operation in item.items()
        if operation["operationId"] not in LEFT_OUT
    }
    all_operations = len(names)
    failed, asked = [], set()
    for role, email in ROLES.items():
        # A token lasts ten minutes: a long run is several short ones.
        left, rounds = max(20, seconds // len(ROLES)), 0
        while left > 0:
            now = min(left, 480)
            name = role if rounds == 0 else f"{role}-{rounds}"
            code, (statuses, operations) = fuzz(
                address, folder, name, token_of(address, email), now, seed + rounds)
            operations &= names
            asked |= operations
            total = sum(statuses.values())
            server_errors = sum(count for status, count in statuses.items() if status >= 500)
            let_in = sum(count for status, count in statuses.items() if status not in (401, 404))
            print(f"api: {role}: {total} requests to {len(operations)} of {all_operations} operations, "
                  f"{server_errors} answers 5xx, {let_in} beyond 401 and 404; {dict(sorted(statuses.items()))}")
            if code != 0:
                failed.append(f"{name}: the end of {folder}/{name}.txt:\n{end_of(folder / f'{name}.txt')}")
            if server_errors or total < FEWEST_REQUESTS or let_in * 5 < total:
                failed.append(f"{name}: {server_errors} 5xx, {total} requests, {let_in} beyond 401 and 404")
            left, rounds = left - now, rounds + 1
    print(f"api: {len(asked)} of {all_operations} operations were asked by somebody; seed {seed}")
    if failed:
        sys.exit("api: failed\n" + "\n".join(failed))


main()
