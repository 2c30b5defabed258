"""The judge must find what is wrong: each check on a made-up record in which it fails, beside the same
record in which it passes. Run by scripts/reliability before any suite.
"""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from judge import Allowed, Expected, Seen, join, judge  # noqa: E402

BOT = "bot@webex.bot"


def message(name, *texts, thread="root", room="room", author=BOT, deleted=False, files=None):
    found = {"id": name, "roomId": room, "parentId": thread, "personEmail": author,
             "versions": [{"time": "2026-01-01T00:00:00.000Z", "text": text} for text in texts]}
    if deleted:
        found["deleted"] = "2026-01-01T00:00:09.000Z"
    if files:
        found["files"] = files
    return found


def request(method="POST", path="/v1/messages", status=200, second=0.0, owner=BOT):
    return {"time": f"2026-01-01T00:{int(second) // 60:02}:{second % 60:06.3f}Z", "method": method,
            "path": path, "status": status, "tokenOwner": owner}


def called(name="q1", times=1):
    return [{"id": name, "wording": 1, "number": number + 1} for number in range(times)]


def question(name="q1", text="The answer.", **more):
    return Expected(name, "room", more.pop("thread", "root"), (text,) if text else (), **more)


def seen(*messages, **more):
    more.setdefault("calls", called())
    return Seen(BOT, list(messages), **more)


class TheJudge(unittest.TestCase):
    def good(self, record, expected=None, allowed=None):
        self.assertEqual(judge(record, expected or [question()], allowed), [])

    def bad(self, words, record, expected=None, allowed=None):
        problems = judge(record, expected or [question()], allowed)
        self.assertTrue(any(words in problem for problem in problems), f"{words!r}: {problems}")
        self.assertEqual(len(problems), 1, problems)

    def test_one_answer_with_the_exact_text_is_right(self):
        self.good(seen(message("m1", "_Thinking…_", "The answer.")))

    def test_no_answer(self):
        self.bad("q1: not answered", seen())

    def test_an_answer_of_somebody_else_is_none(self):
        self.bad("q1: not answered", seen(message("m1", "The answer.", author="alice@example.com")))

    def test_a_deleted_answer_is_none(self):
        self.bad("q1: not answered", seen(message("m1", "The answer.", deleted=True)))

    def test_an_answer_in_another_thread_or_space(self):
        for place in ({"thread": "elsewhere"}, {"room": "elsewhere"}):
            problems = judge(seen(message("m1", "The answer.", **place)), [question()])
            self.assertEqual(len(problems), 2, problems)
            self.assertIn("q1: not answered", problems)

    def test_answered_twice(self):
        self.bad("answered a second time",
                 seen(message("m1", "The answer."), message("m2", "The answer.")))

    def test_two_questions_with_the_same_answer_are_answered_twice_rightly(self):
        self.good(seen(message("m1", "The answer."), message("m2", "The answer."),
                       calls=called("q1") + called("q2")), [question("q1"), question("q2")])

    def test_half_of_an_answer(self):
        problems = judge(seen(message("m1", "The ans")), [question()])
        self.assertEqual(len(problems), 2, problems)
        self.assertTrue(any("a part of its answer stands" in problem for problem in problems))

    def test_a_half_text_beside_the_whole(self):
        for halves in (("The ans", "The answer."), ("The answer.", "The ans")):
            problems = judge(
                seen(*[message(f"m{n}", text) for n, text in enumerate(halves)]), [question()])
            self.assertEqual(len(problems), 1, problems)

    def test_another_text(self):
        problems = judge(seen(message("m1", "The answer!")), [question()])
        self.assertEqual(len(problems), 2, problems)

    def test_an_older_version_does_not_count(self):
        self.assertEqual(
            len(judge(seen(message("m1", "The answer.", "Something else")), [question()])), 2)

    def test_a_chain_of_messages_is_one_answer(self):
        self.good(seen(message("m1", "One "), message("m2", "two "), message("m3", "three")),
                  [question(text="One two three")])

    def test_a_chain_without_its_middle(self):
        problems = judge(seen(message("m1", "One "), message("m3", "three")),
                         [question(text="One two three")])
        self.assertIn("q1: not answered", problems)

    def test_code_over_two_messages_is_one_block(self):
        self.assertEqual(join(["So:\n```swift\na\n```", "```swift\nb\n```\nEnd"]),
                         "So:\n```swift\na\nb\n```\nEnd")
        self.assertEqual(join(["```\na\n```", "Next"]), "```\na\n```Next")

    def test_what_is_left_over(self):
        for text in ("_Thinking…_", "_Waiting for the model… 10 s_",
                     "_Received. 3 messages wait here; I answer them in order._",
                     "_The model is busy. I try again in 3 s._", "  "):
            self.bad("left over", seen(message("m1", "The answer."), message("m2", text)))

    def test_a_message_that_nobody_asked_for(self):
        self.bad("nobody asked for", seen(message("m1", "The answer."), message("m2", "Hello?")))
        self.good(seen(message("m1", "The answer."), message("m2", "Hello?")),
                  allowed=Allowed(extra=("^Hello",)))

    def test_told_counts_only_where_it_may(self):
        record = seen(message("m1", "Something went wrong. (reference 1)"), calls=[])
        self.good(record, [question(told=("went wrong",), calls=(0, 1))])
        self.assertEqual(len(judge(record, [question(calls=(0, 1))])), 2)

    def test_a_chain_that_ends_in_a_sentence_is_told(self):
        record = seen(message("m1", "A long "), message("m2", "answer.\n\n_Stopped._"), calls=[])
        stopped = question(told=(r"(?s)^A long.*_Stopped\._$",), calls=(0, 1))
        self.good(record, [stopped])
        self.assertTrue(judge(seen(message("m1", "A long "), calls=[]), [stopped]))

    def test_told_and_answered_is_one_too_many(self):
        problems = judge(seen(message("m1", "The answer."), message("m2", "It went wrong.")),
                         [question(told=("went wrong",))])
        self.assertEqual(len(problems), 1, problems)

    def test_a_note_under_the_text_counts_only_where_it_may(self):
        record = seen(message("m1", "The answer.\n\n_Cut off._ (reference 12)"))
        self.good(record, [question(after=(r"_Cut off\._ \(reference \d+\)",))])
        self.assertEqual(len(judge(record, [question()])), 2)

    def test_a_file_has_the_whole_code(self):
        text = message("m1", "Here:\n```\nfirst\n```\nDone.")
        record = seen(text, message("m2", "", files=["a.py"]), files={"m2": "all\nof it\n"})
        self.good(record, [question(text="", file=("Here:", "all\nof it", "Done."))])
        self.assertTrue(judge(record, [question(text="", file=("Here:", "all", "Done."))]))
        record = seen(text, message("m2", "", files=["a.py"]), message("m3", "", files=["a.py"]),
                      files={"m2": "all\nof it", "m3": "all\nof it"})
        self.assertTrue(judge(record, [question(text="", file=("Here:", "all\nof it", "Done."))]))

    def test_one_card_stands_and_says_the_right_thing(self):
        card = question(text="", card="Settings saved", calls=(0, 0))
        one = message("m1", "A card.")
        self.good(seen(one, cards={"m1": "… Settings saved …"}, calls=[]), [card])
        self.assertTrue(judge(seen(one, cards={"m1": "… Save …"}, calls=[]), [card]))
        self.assertTrue(judge(
            seen(one, message("m2", "A card."), calls=[],
                 cards={"m1": "Settings saved", "m2": "Settings saved"}), [card]))

    def test_more_than_ten_edits(self):
        self.bad("edited 11 times",
                 seen(message("m1", *[f"{n}" for n in range(11)], "The answer.")))
        self.good(seen(message("m1", *[f"{n}" for n in range(10)], "The answer.")))

    def test_the_order_of_a_space(self):
        both = [question("q1", "First.", thread="r1"), question("q2", "Second.", thread="r2")]
        calls = called("q1") + called("q2")
        one, two = message("m1", "First.", thread="r1"), message("m2", "Second.", thread="r2")
        self.good(seen(one, two, calls=calls), both)
        self.bad("q2 was answered before q1", seen(two, one, calls=calls), both)
        loose = [question("q1", "First.", thread="r1", ordered=False), both[1]]
        self.good(seen(two, one, calls=calls), loose)

    def test_how_often_the_model_was_asked(self):
        answer = message("m1", "The answer.")
        self.bad("asked 2 times", seen(answer, calls=called(times=2)))
        self.bad("asked 0 times", seen(answer, calls=[]))
        self.good(seen(answer, calls=called(times=2)), [question(calls=(1, 2))])

    def test_the_model_is_asked_what_nobody_asked(self):
        self.bad("which nobody asked",
                 seen(message("m1", "The answer."), calls=called() + called("q9")))

    def test_refused_requests_that_were_not_injected(self):
        answer = message("m1", "The answer.")
        refused = request("PUT", "/v1/messages/m1", 400)
        self.bad("refused: PUT", seen(answer, requests=[request(), refused]))
        self.good(seen(answer, requests=[request(), refused]),
                  allowed=Allowed(rejections=(("PUT", "^/v1/messages/", 400),)))
        self.bad("refused: PUT", seen(answer, requests=[refused]),
                 allowed=Allowed(rejections=(("PUT", "^/v1/messages/", 429),)))

    def test_other_people_s_requests_do_not_count(self):
        self.good(seen(message("m1", "The answer."), requests=[
            request("GET", "/v1/rooms", 403, owner="alice@example.com")]))

    def test_a_storm(self):
        answer = message("m1", "The answer.")
        fast = [request(second=number * 0.01) for number in range(50)]
        slow = [request(second=number * 2) for number in range(50)]
        limit = Allowed(storm=(20, 10))
        self.bad("50 requests within 10 s", seen(answer, requests=fast), allowed=limit)
        self.good(seen(answer, requests=slow), allowed=limit)

    def test_a_storm_of_refused_requests(self):
        answer = message("m1", "The answer.")
        refused = [request("GET", "/v1/people/me", 401, second=number * 0.1) for number in range(30)]
        self.bad("30 refused requests", seen(answer, requests=refused),
                 allowed=Allowed(rejections=(("GET", "people/me", 401),), refused=(25, 10)))

    def test_a_secret_in_the_log_and_it_is_not_repeated_in_the_report(self):
        record = seen(message("m1", "The answer."), logs=["info: token=very-secret-token"],
                      secrets=("very-secret-token",))
        self.bad("log lines have", record)
        self.assertNotIn("very-secret-token", "".join(judge(record, [question()])))
        self.good(seen(message("m1", "The answer."), logs=["info: all is well"],
                       secrets=("very-secret-token",)))


if __name__ == "__main__":
    unittest.main()
