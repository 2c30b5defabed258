"""Foreign clients against the simulator: webex_bot 1.3.1 and webexpythonsdk 2.0.6, as released.

They were written against the real Webex by others, so what they accept is what Webex sends. Run by
scripts/test in the environment of requirements.txt.
"""

import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Support"))
from harness import Simulator, call, eventually  # noqa: E402

import webexpythonsdk  # noqa: E402
from webexpythonsdk.models.cards import AdaptiveCard, TextBlock  # noqa: E402

simulator: Simulator


def setUpModule():
    global simulator
    simulator = Simulator()


def tearDownModule():
    simulator.stop()


class SDK(unittest.TestCase):
    """webexpythonsdk as the bot."""

    def setUp(self):
        self.api = webexpythonsdk.WebexAPI(
            access_token=simulator.bot_token, base_url=simulator.api + "/")
        self.group = simulator.room("Deploy desk")
        call("DELETE", simulator.base + "/sim/faults")

    def test_people_are_found_by_id_and_address(self):
        me = self.api.people.me()
        self.assertEqual(me.emails, [simulator.bot["email"]])
        self.assertEqual(me.type, "bot")
        alice = simulator.person("alice")
        found = list(self.api.people.list(email=alice.email))
        self.assertEqual([person.id for person in found], [alice.id])
        self.assertEqual(self.api.people.get(alice.id).displayName, "Alice Example")

    def test_rooms_are_listed_page_by_page_and_got(self):
        every = list(self.api.rooms.list(max=1))
        self.assertGreaterEqual(len(every), 3)
        self.assertEqual(len({room.id for room in every}), len(every))
        self.assertEqual({room.type for room in every}, {"direct", "group"})
        groups = list(self.api.rooms.list(type="group"))
        self.assertIn("Deploy desk", [room.title for room in groups])
        self.assertEqual(self.api.rooms.get(self.group["id"]).title, "Deploy desk")

    def test_memberships_are_listed_page_by_page(self):
        members = list(self.api.memberships.list(roomId=self.group["id"], max=1))
        self.assertEqual(sorted(member.personId for member in members),
                         sorted(self.group["members"]))
        alice = simulator.person("alice")
        [membership] = self.api.memberships.list(
            roomId=self.group["id"], personEmail=alice.email)
        self.assertEqual(membership.personDisplayName, "Alice Example")

    def test_a_message_is_created_edited_got_and_deleted(self):
        created = self.api.messages.create(roomId=self.group["id"], markdown="**first** words")
        self.assertEqual(created.text, "first words")
        edited = self.api.messages.update(
            messageId=created.id, roomId=self.group["id"], markdown="_second_ words")
        self.assertEqual(edited.id, created.id)
        self.assertEqual(self.api.messages.get(created.id).text, "second words")
        self.api.messages.delete(created.id)
        with self.assertRaises(webexpythonsdk.ApiError) as caught:
            self.api.messages.get(created.id)
        self.assertEqual(caught.exception.status_code, 404)

    def test_messages_are_listed_newest_first_over_many_pages(self):
        # A bot lists in a group only what mentions it; a direct space is free of that.
        alice = simulator.person("alice")
        room = simulator.direct_room(alice)
        ids = [self.api.messages.create(roomId=room["id"], text=f"number {index}").id
               for index in range(7)]
        # max is the size of a page; webexpythonsdk follows the Link header from page to page.
        pages = self.api.messages.list_direct(personEmail=alice.email, max=2)
        listed = [message.id for message in pages][:7]
        self.assertEqual(listed, ids[::-1])
        asked = [alice.send(self.group, f"paged {index}", mention=True)["id"]
                 for index in range(5)]
        mentioned = [message.id for message in self.api.messages.list(
            roomId=self.group["id"], mentionedPeople="me", max=2)]
        self.assertEqual(mentioned[:5], asked[::-1])

    def test_a_reply_a_file_and_a_card_arrive(self):
        alice = simulator.person("alice")
        room = simulator.direct_room(alice)
        question = alice.send(room, "Can you send me a file?")
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as note:
            note.write("the content of the note")
            note.flush()
            sent = self.api.messages.create(
                roomId=room["id"], parentId=question["id"], text="here", files=[note.name])
        self.assertEqual(sent.parentId, question["id"])
        self.assertEqual(len(sent.files), 1)
        card = AdaptiveCard(body=[TextBlock("a card")])
        shown = self.api.messages.create(
            toPersonEmail=alice.email, text="fallback", attachments=[card])
        self.assertEqual(shown.attachments[0]["content"]["body"][0]["text"], "a card")

    def test_webex_s_limits_are_errors(self):
        room = simulator.direct_room(simulator.person("alice"))
        fits = self.api.messages.create(roomId=room["id"], markdown="x" * 7439)
        with self.assertRaises(webexpythonsdk.ApiError) as caught:
            self.api.messages.create(roomId=room["id"], markdown="x" * 7440)
        self.assertEqual(caught.exception.status_code, 400)
        for index in range(10):
            self.api.messages.update(
                messageId=fits.id, roomId=room["id"], markdown=f"edit {index}")
        with self.assertRaises(webexpythonsdk.ApiError) as caught:
            self.api.messages.update(messageId=fits.id, roomId=room["id"], markdown="the 11th")
        self.assertEqual(caught.exception.status_code, 400)

    def test_a_wrong_token_is_a_401(self):
        stranger = webexpythonsdk.WebexAPI(access_token="wrong", base_url=simulator.api + "/")
        with self.assertRaises(webexpythonsdk.ApiError) as caught:
            stranger.people.me()
        self.assertEqual(caught.exception.status_code, 401)

    def test_retry_after_is_understood(self):
        call("POST", simulator.base + "/sim/faults", body={"rest": [
            {"method": "GET", "path": "/v1/people/me", "status": 429, "retryAfter": 1,
             "times": 1}]})
        started = time.monotonic()
        with self.assertWarns(webexpythonsdk.RateLimitWarning):
            self.assertEqual(self.api.people.me().emails, [simulator.bot["email"]])
        self.assertGreaterEqual(time.monotonic() - started, 0.9)


class StockBot(unittest.TestCase):
    """webex_bot: registers, connects, answers, sends a card, receives the press."""

    @classmethod
    def setUpClass(cls):
        cls.log = tempfile.NamedTemporaryFile("w+", suffix=".log")
        simulator.clear_record()
        cls.process = subprocess.Popen(
            [sys.executable, str(pathlib.Path(__file__).with_name("stock_bot.py")),
             simulator.base, simulator.bot_token],
            stdin=subprocess.DEVNULL, stdout=cls.log, stderr=subprocess.STDOUT)
        cls.addClassCleanup(cls.end)
        eventually("the stock bot opens its socket", lambda: "WebSocket Opened" in cls.output(),
                   detail=cls.output)

    @classmethod
    def end(cls):
        cls.process.kill()
        cls.process.wait()
        cls.log.close()

    @classmethod
    def output(cls) -> str:
        return pathlib.Path(cls.log.name).read_text(errors="replace")[-6000:]

    def reply_to(self, person, room, question, matches=lambda message: True) -> dict:
        return eventually(
            "the bot's reply",
            lambda: next((m for m in person.replies(room, question) if matches(m)), None),
            detail=self.output)

    def test_it_registered_a_device_and_opened_one_socket(self):
        record = simulator.record()
        requests = [(entry["method"], entry["path"]) for entry in record["requests"]]
        self.assertIn(("POST", "/wdm/api/v1/devices"), requests)
        self.assertEqual(len([s for s in record["sockets"] if "closed" not in s]), 1)

    def test_it_answers_a_direct_message_in_its_thread(self):
        alice = simulator.person("alice")
        room = simulator.direct_room(alice)
        question = alice.send(room, "greet from afar")
        reply = self.reply_to(alice, room, question)
        self.assertIn("Greetings, alice@example.com", reply["text"])
        self.assertIn("from afar", reply["text"])

    def test_it_answers_a_mention_in_a_group(self):
        bob = simulator.person("bob")
        room = simulator.room("Deploy desk")
        question = bob.send(room, "greet", mention=True)
        self.assertIn("bob@example.com", self.reply_to(bob, room, question)["text"])

    def test_it_hears_nothing_in_a_group_that_does_not_mention_it(self):
        bob = simulator.person("bob")
        room = simulator.room("Deploy desk")
        unheard = bob.send(room, "greet nobody")
        heard = bob.send(room, "greet again", mention=True)
        self.reply_to(bob, room, heard)
        self.assertEqual(bob.replies(room, unheard), [])

    def test_it_sends_a_card_and_receives_the_press(self):
        alice = simulator.person("alice")
        room = simulator.direct_room(alice)
        question = alice.send(room, "echo")
        has_input = lambda m: m.get("attachments") and "message_typed" in str(m["attachments"])
        card = self.reply_to(alice, room, question, has_input)
        [submit] = card["attachments"][0]["content"]["actions"]
        alice.rest("POST", "/attachment/actions", {
            "type": "submit", "messageId": card["id"],
            "inputs": {"message_typed": "echo this please"} | submit["data"]})
        said = lambda: [m for m in alice.messages(room) if "echo this please" in m.get("text", "")
                        and m["personEmail"] == simulator.bot["email"]]
        eventually("the echo of the press", said, detail=self.output)
        eventually("the card deleted, as the echo command asks",
                   lambda: card["id"] not in [m["id"] for m in alice.messages(room)])


if __name__ == "__main__":
    unittest.main(verbosity=2)
