#!/usr/bin/env python3
"""Stand-ins for the services of examples/commands: GitHub, Jira Cloud, Jenkins, a status page.

Standard library only. Prints its port, and ends when its standard input does.

    python3 standins.py [--port N]

The services are below a base URL that says what goes wrong, so that tests need no shared switch:

    /github /jira /jenkins /statuspage     all is well, or what was set by /_/mode
    /case/ID/MODE/github …                 MODE for this base URL alone, requests noted under ID

MODE is one of ok, 500, 429, hang, large, html, truncated, drop, garbage, elsewhere, loop, moved, echo.

    GET  /_/requests          every request, as JSON; /_/requests/ID those of a case
    POST /_/mode              {"service": "jira", "mode": "500"}

The shapes are those of the documented APIs: GitHub REST 2022-11-28, Jira Cloud REST v3, Jenkins
remote access API, Statuspage v2.
"""

import argparse
import base64
import json
import os
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

TOKENS = {"github": "ghp_StandInToken123456", "jira": "jira-stand-in-token", "jenkins": "11standintoken"}
MODES = {
    "ok", "500", "429", "hang", "large", "html", "truncated", "drop", "garbage", "elsewhere", "loop",
    "moved", "echo",
}
LOCK = threading.Lock()
REQUESTS = []
MODE = {}
COUNTERS = {"github": 41, "jira": 100, "jenkins": 500}


def pull(number, title, draft=False):
    return {
        "id": 1_000_000 + number, "number": number, "title": title, "state": "open", "draft": draft,
        "html_url": f"https://github.com/octo/hello/pull/{number}",
        "repository_url": "https://api.github.com/repos/octo/hello",
        "user": {"login": "octocat", "id": 1, "type": "User"}, "labels": [], "comments": 2,
        "created_at": "2026-11-01T09:00:00Z", "updated_at": "2026-11-20T09:00:00Z",
        "pull_request": {"html_url": f"https://github.com/octo/hello/pull/{number}"},
        "body": None, "score": 1.0,
    }


PULLS = [
    pull(7, "Fix the <@all> banner in *bold* & [links](https://evil.example)"),
    pull(9, "Draft: new parser", draft=True),
]
PROJECTS = {"OPS", "WEB"}


def issue(key, summary, status="In Progress", assignee="Ada Lovelace"):
    return {
        "id": key.split("-")[1], "key": key, "expand": "renderedFields,names",
        "self": f"https://your-team.atlassian.net/rest/api/3/issue/{key.split('-')[1]}",
        "fields": {
            "summary": summary, "status": {"name": status, "id": "3"},
            "assignee": {"displayName": assignee, "accountId": "5b10"} if assignee else None,
            "priority": {"name": "High", "id": "2"},
        },
    }


class Answer(Exception):
    """What is sent: raised to end a handler anywhere."""

    def __init__(self, status, value=None, headers=None, body=None, kind="application/json; charset=utf-8"):
        super().__init__(status)
        self.status, self.headers = status, dict(headers or {})
        self.body = body if body is not None else b"" if value is None else json.dumps(value).encode()
        if self.body:
            self.headers.setdefault("Content-Type", kind)


def number(service):
    with LOCK:
        COUNTERS[service] += 1
        return COUNTERS[service]


def github(handler, path, query, body):
    if handler.headers.get("Authorization") != f"Bearer {TOKENS['github']}":
        raise Answer(401, {"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest",
                           "status": "401"})
    if handler.command == "GET" and path == "/search/issues":
        author = re.search(r"author:(\S+)", query.get("q", [""])[0])
        if not author:
            raise Answer(422, {"message": "Validation Failed", "errors": [{"code": "missing", "field": "q"}]})
        items = PULLS if author[1] in ("@me", "octocat") else []
        raise Answer(200, {"total_count": len(items), "incomplete_results": False, "items": items})
    made = re.fullmatch(r"/repos/([^/]+)/([^/]+)/issues", path)
    if handler.command == "POST" and made:
        if (unquote(made[1]), unquote(made[2])) != ("octo", "hello"):
            raise Answer(404, {"message": "Not Found", "status": "404"})
        value = json.loads(body)
        if not isinstance(value.get("title"), str) or not value["title"]:
            raise Answer(422, {"message": "Validation Failed", "errors": [{"field": "title", "code": "missing_field"}]})
        new = number("github")
        raise Answer(201, {
            "id": 2_000_000 + new, "number": new, "title": value["title"], "state": "open",
            "body": value.get("body"), "labels": [{"name": one["name"]} for one in value.get("labels", [])],
            "html_url": f"https://github.com/octo/hello/issues/{new}", "user": {"login": "octocat"}})
    raise Answer(404, {"message": "Not Found", "status": "404"})


def basic(service, handler):
    word, _, rest = (handler.headers.get("Authorization") or "").partition(" ")
    try:
        return word == "Basic" and base64.b64decode(rest).decode().split(":", 1)[1] == TOKENS[service]
    except (ValueError, IndexError):
        return False


def jira(handler, path, query, body):
    if not basic("jira", handler):
        raise Answer(401, body=b"Client must be authenticated to access this resource.", kind="text/plain")
    if handler.command == "GET" and path == "/rest/api/3/search/jql":
        jql = query.get("jql", [""])[0]
        # A text in JQL ends at the first quotation mark that is not escaped.
        text = re.search(r'text ~ "((?:\\.|[^"\\])*)" ORDER BY updated DESC$', jql)
        if not text:
            raise Answer(400, {"errorMessages": ["Error in the JQL Query: '\"' ended too early."], "errors": {}})
        words = re.sub(r"\\(.)", r"\1", text[1])
        found = [] if words == "nothing" else [
            issue("OPS-7", f"Disk full: {words}"), issue("OPS-9", "Backups are slow", "Done", None)]
        raise Answer(200, {"issues": found, "isLast": True})
    if handler.command == "POST" and path == "/rest/api/3/issue":
        fields = json.loads(body)["fields"]
        errors = {}
        if fields.get("project", {}).get("key") not in PROJECTS:
            errors["project"] = "valid project is required"
        if not fields.get("summary") or "\n" in fields["summary"]:
            errors["summary"] = "The summary is invalid because it contains newline characters."
        text = fields.get("description")
        if text is not None and (text.get("type"), text.get("version")) != ("doc", 1):
            errors["description"] = "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
        if errors:
            raise Answer(400, {"errorMessages": [], "errors": errors})
        new = number("jira")
        raise Answer(201, {"id": str(10_000 + new), "key": f"{fields['project']['key']}-{new}",
                           "self": f"https://your-team.atlassian.net/rest/api/3/issue/{10_000 + new}"})
    raise Answer(404, {"errorMessages": ["null for uri"], "errors": {}})


NO_JOB = b"<html><head><title>Error 404 Not Found</title></head><body><h2>HTTP ERROR 404</h2></body></html>"


def jenkins(handler, path, query, body):
    if not basic("jenkins", handler):
        raise Answer(401, body=b"<html><head><title>Error 401</title></head></html>", kind="text/html;charset=utf-8")
    job = re.fullmatch(r"/job/(.+?)/(lastBuild/api/json|buildWithParameters)", path)
    if not job or unquote(job[1]) not in ("hello", "team/job/hello", "running"):
        raise Answer(404, body=NO_JOB, kind="text/html;charset=utf-8")
    name = unquote(job[1])
    if handler.command == "GET" and job[2] == "lastBuild/api/json":
        running = name == "running"
        raise Answer(200, {
            "_class": "hudson.model.FreeStyleBuild", "number": 17, "building": running,
            "result": None if running else "SUCCESS", "duration": 0 if running else 184_000,
            "timestamp": 1_795_000_000_000, "fullDisplayName": f"{name} #17",
            "url": f"https://jenkins.example.com/job/{name}/17/"})
    if handler.command == "POST" and job[2] == "buildWithParameters":
        sent = dict(parse_qsl(body.decode(), keep_blank_values=True))
        if "BRANCH" not in sent:
            raise Answer(500, body=b"<html>Missing parameter</html>", kind="text/html")
        raise Answer(201, headers={"Location": f"https://jenkins.example.com/queue/item/{number('jenkins')}/"}, body=b"")
    raise Answer(405, body=NO_JOB, kind="text/html")


def statuspage(handler, path, query, body):
    if path != "/api/v2/summary.json":
        raise Answer(404, {"error": "not found"})
    raise Answer(200, {
        "page": {"id": "kctbh9vrtdwd", "name": "Hello", "url": "https://status.example.com",
                 "time_zone": "Etc/UTC", "updated_at": "2026-11-20T09:00:00.000Z"},
        "status": {"indicator": "minor", "description": "Minor Service Outage"},
        "components": [
            {"id": "a", "name": "API", "status": "operational", "position": 1, "group": False},
            {"id": "b", "name": "Webhooks", "status": "partial_outage", "position": 2, "group": False}],
        "incidents": [{
            "id": "i", "name": "Webhooks are late", "status": "investigating", "impact": "minor",
            "shortlink": "https://stspg.io/i", "incident_updates": []}],
        "scheduled_maintenances": []})


SERVICES = {"github": github, "jira": jira, "jenkins": jenkins, "statuspage": statuspage}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def handle_all(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        parts = urlsplit(self.path)
        try:
            if parts.path.startswith("/_/"):
                self.control(parts.path, body)
            self.serve(parts, body)
        except Answer as answer:
            self.send(answer)
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            self.send(Answer(400, {"message": f"Problems parsing JSON: {error}"}))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = handle_all

    def control(self, path, body):
        if path == "/_/mode":
            wanted = json.loads(body)
            if wanted["service"] not in SERVICES or wanted["mode"] not in MODES:
                raise Answer(400, {"message": "no such service or mode"})
            with LOCK:
                MODE[wanted["service"]] = wanted["mode"]
            raise Answer(200, {})
        case = path.removeprefix("/_/requests").lstrip("/")
        with LOCK:
            raise Answer(200, [one for one in REQUESTS if not case or one["case"] == case])

    def serve(self, parts, body):
        case, mode, rest = "", None, parts.path
        named = re.match(r"/case/([^/]+)/([^/]+)(/.*)$", rest)
        if named:
            case, mode, rest = named.groups()
        service = rest.split("/")[1] if rest.count("/") else ""
        if service not in SERVICES:
            raise Answer(404, {"message": "no such service"})
        path = rest[len(service) + 1:]
        with LOCK:
            mode = mode or MODE.get(service, "ok")
            REQUESTS.append({
                "case": case, "service": service, "mode": mode, "method": self.command, "path": path,
                "query": parts.query, "headers": dict(self.headers.items()),
                "host": self.headers.get("Host"), "body": body.decode("utf-8", "replace")})
        self.spoil(mode, parts)
        SERVICES[service](self, path, parse_qs(parts.query, keep_blank_values=True), body)

    def spoil(self, mode, parts):
        """The ways in which a service disappoints."""
        port = self.server.server_address[1]
        if mode == "500":
            raise Answer(500, {"message": "Server Error"})
        if mode == "429":
            raise Answer(429, {"message": "API rate limit exceeded"}, {"Retry-After": "60"})
        if mode == "hang":
            time.sleep(600)
        if mode == "large":
            raise Answer(200, body=b'{"items": ["' + b"x" * 10_000_000 + b'"]}')
        if mode == "html":
            raise Answer(200, body=b"<!DOCTYPE html><html><title>Sign in</title></html>", kind="text/html; charset=utf-8")
        if mode == "garbage":
            raise Answer(200, body=b'{"items": [', kind="application/json")
        if mode == "truncated":
            raise Answer(200, headers={"Content-Length": "5000"}, body=b'{"items": [')
        if mode == "drop":
            self.connection.close()
            raise ConnectionAbortedError
        if mode == "elsewhere":
            raise Answer(302, headers={"Location": f"http://localhost:{port}{parts.path}"}, body=b"")
        if mode == "loop":
            raise Answer(307, headers={"Location": self.path}, body=b"")
        if mode == "moved":
            target = parts.path.replace("/moved/", "/ok/", 1) + (f"?{parts.query}" if parts.query else "")
            raise Answer(307, headers={"Location": target}, body=b"")
        if mode == "echo":
            # A careless service: it shows the caller's own credentials.
            secret = self.headers.get("Authorization", "")
            raise Answer(200, {"items": [{"title": secret, "html_url": "javascript:alert(1)", "number": 1}],
                               "message": secret, "issues": []})

    def send(self, answer):
        self.send_response(answer.status)
        answer.headers.setdefault("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
        if int(answer.headers["Content-Length"]) > len(answer.body):
            self.close_connection = True


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_):
        pass  # The caller went away, or was dropped on purpose.


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, default=0)
    server = Server(("127.0.0.1", options.parse_args().port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
