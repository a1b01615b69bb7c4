"""Plays sign-ins by real providers against a running demo. usage: suite.py ADDRESS FIRST_PROVIDER SECOND_PROVIDER"""

import html
import http.cookiejar
import re
import sys
import urllib.error
import urllib.parse
import urllib.request

PASSWORD = "beispieldaten"
BUYER = "buchen@altenrode.example"
DONE = []


class Stay(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer to look at."""

    def redirect_request(self, *_):
        return None


class Browser:
    """Keeps cookies, follows nothing by itself."""

    def __init__(self, address):
        self.address = address
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()), Stay())

    def ask(self, path, form=None):
        """Status, where it leads, text."""
        url = urllib.parse.urljoin(self.address, path)
        data = None if form is None else urllib.parse.urlencode(form).encode()
        try:
            with self.opener.open(urllib.request.Request(url, data)) as answer:
                return answer.status, "", answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.headers.get("Location", ""), answer.read().decode()

    def token(self, path):
        """The form token of a page."""
        return re.search(r'name="csrf" value="([^"]*)"', self.ask(path)[2]).group(1)

    def sign_in(self, email):
        """By password."""
        return self.ask("/anmelden", {"email": email, "password": PASSWORD})


def check(name, holds, shown=""):
    """Counts, or ends with what was seen."""
    if not holds:
        sys.exit(f"oidc: {name}: {shown}")
    DONE.append(name)


def at_provider(page, subject=None):
    """The person signs in at the provider's page, or breaks off; the address it leads back to."""
    form = {"action": "deny"} if subject is None else {"sub": subject}
    return Browser(page).ask(page, form)[1]


def by_provider(address, key, subject, weiter="/abrufe"):
    """A sign-in by a provider in a fresh browser: the browser, the address that came back, and its answer."""
    browser = Browser(address)
    status, page, text = browser.ask(f"/anmelden/extern/{key}?weiter={weiter}")
    check(f"{key} has a page", status == 303 and "code_challenge=" in page and "nonce=" in page, text)
    back = at_provider(page, subject)
    check(f"{key} leads back here", back.startswith(f"{address}/anmelden/extern/{key}/antwort?"), back)
    return browser, back, browser.ask(back)


def main():
    """The whole play."""
    address, first, second = sys.argv[1:]
    page = Browser(address).ask("/anmelden")[2]
    check("both are offered", "Mit Stadt eins anmelden" in page and "Mit Stadt zwei anmelden" in page, page)

    _, _, (status, to, _) = by_provider(address, "eins", "alice")
    check("nobody is tied yet", (status, to) == (303, "/anmelden?hinweis=extern-unbekannt"), to)

    eva = Browser(address)
    check("the password opens", eva.sign_in(BUYER)[0] == 303)
    csrf = eva.token("/konto/anbieter")
    status, _, text = eva.ask("/konto/anbieter/eins/verbinden", {"csrf": csrf})
    link = re.search(r'kern-btn--primary" href="([^"]*)"', text)
    check("a page leads to the provider", status == 200 and link, text)
    back = at_provider(html.unescape(link.group(1)), "alice")
    check("the account is tied", eva.ask(back)[1] == "/konto/anbieter?hinweis=verbunden")

    alice, back, (status, to, _) = by_provider(address, "eins", "alice")
    check("signed in by the provider", (status, to) == (303, "/abrufe"), to)
    check("and let in", alice.ask("/abrufe")[0] == 200)
    check("an answer counts once", alice.ask(back)[1] == "/anmelden?hinweis=extern-neu")
    _, _, (_, to, _) = by_provider(address, "zwei", "alice")
    check("the same name elsewhere is somebody else", to == "/anmelden?hinweis=extern-unbekannt", to)
    _, _, (_, to, _) = by_provider(address, "eins", "alice", "https://evil.example")
    check("nobody is led elsewhere", to == "/", to)

    stolen = Browser(address)
    begun = stolen.ask("/anmelden/extern/eins")[1]
    check("an answer counts in its browser", Browser(address).ask(at_provider(begun, "alice"))[1]
          == "/anmelden?hinweis=extern-neu")
    broken = Browser(address)
    back = at_provider(broken.ask("/anmelden/extern/eins")[1])
    state = urllib.parse.parse_qs(urllib.parse.urlparse(begun).query)["state"][0]
    check("breaking off says so", "error=access_denied" in back, back)
    check("and lets nobody in", broken.ask(back)[1].startswith("/anmelden?hinweis=extern-"), back)
    wrong = stolen.ask(f"/anmelden/extern/eins/antwort?code=x&state={state}")[1]
    check("an invented code is refused by the provider", wrong == "/anmelden?hinweis=extern-abgelehnt", wrong)

    csrf = alice.token("/konto")
    _, to, _ = alice.ask("/abmelden", {"csrf": csrf})
    check("signed out", to == "/anmelden?hinweis=abgemeldet&anbieter=eins", to)
    check("and not let in any more", alice.ask("/abrufe")[0] == 303)
    text = html.unescape(alice.ask(to)[2])
    there = re.search(r'href="([^"]*)">Auch dort abmelden', text)
    check("the provider's own end is offered", there and there.group(1).startswith(first), text)
    status, _, text = Browser(first).ask(there.group(1))
    check("and the provider takes it", status in (200, 302, 303), text)
    check("two providers", first != second)
    print(f"oidc: {len(DONE)} steps with two real providers")


main()
