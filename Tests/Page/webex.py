"""A few Webex REST calls and the simulator's control API, for the page's tests (page_test.py)."""

import json
import threading
import time
import urllib.error
import urllib.request

CARD_TYPE = "application/vnd.microsoft.card.adaptive"


class Webex:
    """REST as one person of the simulator."""

    def __init__(self, base, token):
        self.base, self.token = base.rstrip("/"), token

    def call(self, method, path, body=None):
        request = urllib.request.Request(
            self.base + path,
            method=method,
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
            data=None if body is None else json.dumps(body).encode(),
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            data = response.read()
            return json.loads(data) if data else {}

    def post(self, room, **fields):
        return self.call("POST", "/v1/messages", {"roomId": room, **fields})

    def edit(self, message, markdown):
        body = {"roomId": message["roomId"], "markdown": markdown}
        return self.call("PUT", f"/v1/messages/{message['id']}", body)

    def card(self, room, content, **fields):
        attachments = [{"contentType": CARD_TYPE, "content": content}]
        return self.post(room, text="A card.", attachments=attachments, **fields)

    def messages(self, room):
        return self.call("GET", f"/v1/messages?max=100&roomId={room}")["items"]

    def rooms(self):
        return {room["title"]: room["id"] for room in self.call("GET", "/v1/rooms?max=200")["items"]}


class World:
    """The simulator's people by first name, and fresh spaces."""

    def __init__(self, base, is_fresh=False):
        """`is_fresh`: the test started what runs behind the page, with the commands of commands.yaml."""
        self.base, self.is_fresh = base.rstrip("/"), is_fresh
        self.state = Webex(base, "").call("GET", "/sim/state")
        self.people = {person["displayName"].split()[0]: person for person in self.state["people"]}
        self.bot_person = self.state["bot"]
        self.bot = Webex(base, self.bot_person["token"])
        self.made = 0

    def rest(self, name):
        return Webex(self.base, self.people[name]["token"])

    def space(self, title, *names, bot=True):
        """A new group space; its title is unique, so that checks never see each other's messages."""
        self.made += 1
        title = f"{title} {int(time.time()) % 100000}-{self.made}"
        members = [self.people[name]["email"] for name in names]
        if bot:
            members.append(self.bot_person["email"])
        room = Webex(self.base, "").call(
            "POST", "/sim/rooms", {"title": title, "type": "group", "members": members})
        return room["id"], title

    def faults(self, faults):
        Webex(self.base, "").call("POST", "/sim/faults", faults)

    def no_faults(self):
        Webex(self.base, "").call("DELETE", "/sim/faults")


class Presses(threading.Thread):
    """Card presses as the simulator tells them live to one person (server-sent events)."""

    def __init__(self, base, token):
        super().__init__(daemon=True)
        self.actions, self.ready = [], threading.Event()
        self.source = urllib.request.urlopen(f"{base.rstrip('/')}/sim/events?token={token}", timeout=600)
        self.start()

    def run(self):
        name = None
        try:
            for raw in self.source:
                line = raw.decode().rstrip("\r\n")
                if line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: ") and name == "card-action":
                    self.actions.append(json.loads(line[6:])["action"])
        except OSError:
            return

    def of(self, message_id):
        return [action for action in self.actions if action["messageId"] == message_id]
