"""The assistant in front of a real LiteLLM: real answers, and a sentence for each way to fail.

Needs `scripts/litellm --test` running; scripts/test starts it and sets LITELLM_TEST_BASE_URL and
LITELLM_TEST_API_KEY. The simulator and `webex-assistant run` are processes of their own.
"""

import os
import pathlib
import re
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Support"))
from harness import Assistant, Simulator, eventually  # noqa: E402

URL = os.environ["LITELLM_TEST_BASE_URL"]
KEY = os.environ["LITELLM_TEST_API_KEY"]

# What a person must never be shown: hosts, keys, stack traces, LiteLLM's own words.
LEAKS = re.compile(r"(?i)litellm|exception|traceback|sk-|127\.0\.0\.1|openai|fallback|http")
REFERENCE = re.compile(r"reference \S+")

simulator: Simulator


def setUpModule():
    global simulator
    simulator = Simulator()


def tearDownModule():
    simulator.stop()


class RealLiteLLM(unittest.TestCase):
    def setUp(self):
        self.alice = simulator.person("alice")
        self.room = simulator.direct_room(self.alice)
        simulator.clear_record()

    def assistant(self, model: str | None, key: str | None = KEY, url: str = URL,
                  **more: str) -> Assistant:
        assistant = Assistant(simulator, url, key, model, **more)
        self.addCleanup(assistant.stop)
        self.current = assistant
        return assistant

    def ask(self, text: str, room=None, mention=False, seconds: float = 40,
            quiet: float = 2, matches=lambda text: True) -> list[dict]:
        """The bot's messages in the thread of a new question, once they stopped changing."""
        room = room or self.room
        question = self.alice.send(room, text, mention=mention)
        shown, changed = [], time.monotonic()

        def settled():
            nonlocal shown, changed
            replies = self.alice.replies(room, question)
            now = [reply.get("text") for reply in replies]
            if now != shown:
                shown, changed = now, time.monotonic()
            finished = now and time.monotonic() - changed > quiet and matches("\n".join(now))
            return replies if finished else None

        return eventually("a finished answer", settled, seconds, self.current.program.output)

    def rejected(self) -> list:
        return simulator.record()["rejected"]

    def test_the_small_model_answers_in_the_thread(self):
        self.assistant("smollm")
        [reply] = self.ask("Tell me about the sun in three sentences.", seconds=90, quiet=6)
        # It is a very small model: that it speaks is all that can be asked of it.
        self.assertGreater(len(reply["text"].split()), 5, reply["text"])
        self.assertNotRegex(reply["text"], REFERENCE)
        self.assertEqual(self.rejected(), [])

    def test_a_mention_in_a_group_is_answered_in_its_thread(self):
        self.assistant("mock")
        room = simulator.room("Deploy desk")
        [reply] = self.ask("what do you say?", room=room, mention=True)
        self.assertEqual(reply["text"], "Hello from the mock model, in a few words.")
        self.assertEqual(self.rejected(), [])

    def test_without_a_model_name_the_first_chat_model_answers(self):
        self.assistant(None)
        [reply] = self.ask("which model are you?")
        self.assertEqual(reply["text"], "Hello from the mock model, in a few words.")

    def test_a_fallback_of_the_proxy_is_not_noticed(self):
        self.assistant("mock-fallback")
        [reply] = self.ask("are you there?")
        self.assertEqual(reply["text"], "Hello from the mock model, in a few words.")

    def test_a_long_answer_with_code_is_complete_and_within_the_limits(self):
        self.assistant("mock-long")
        replies = self.ask("a long one, please", matches=lambda text: "end of the long" in text)
        whole = "\n".join(reply["text"] for reply in replies)
        for piece in ("A long answer", "struct Greeting", "🚀", "def fibonacci",
                      "Last paragraph: the end of the long answer."):
            self.assertIn(piece, whole)
        self.assertLess(whole.index("struct Greeting"), whole.index("def fibonacci"))
        self.assertEqual(self.rejected(), [])

    def assert_fails(self, model: str, sentence: str, key: str | None = KEY, url: str = URL,
                     seconds: float = 60, **more: str):
        """One message: the sentence for this failure, a reference that the log has too."""
        assistant = self.assistant(model, key, url, **more)
        [reply] = self.ask("does this work?", seconds=seconds,
                           matches=lambda text: REFERENCE.search(text))
        self.assertRegex(reply["text"], sentence)
        self.assertNotRegex(reply["text"], LEAKS)
        reference = REFERENCE.search(reply["text"]).group(0).split()[1].strip("_)")
        self.assertIn(reference, "\n".join(assistant.program.lines))
        self.assertEqual(self.rejected(), [])
        return reply["text"]

    def test_a_rate_limit_is_waited_for_and_then_says_to_wait(self):
        self.assert_fails("mock-rate-limited", "(?i)busy: too many requests, also after I waited",
                          RATE_LIMIT_WAIT="3")
        self.assertIn("rate limited", "\n".join(self.current.program.lines))

    def test_a_running_answer_of_the_small_model_is_stopped_and_keeps_its_text(self):
        self.assistant("smollm")
        question = self.alice.send(self.room, "Write a long story about the sea, in many sentences.")

        def begun():
            replies = self.alice.replies(self.room, question)
            return replies and "Thinking" not in replies[0]["text"]

        eventually("the first words", begun, 60, self.current.program.output)
        self.alice.send(self.room, "/stop")

        def stopped():
            replies = self.alice.replies(self.room, question)
            return replies if "Stopped." in replies[-1]["text"] else None

        [reply] = eventually("the stop", stopped, 10, self.current.program.output)
        self.assertGreater(len(reply["text"].replace("Stopped. /continue goes on.", "").split()), 0)
        self.assertEqual(self.rejected(), [])

    def test_a_full_context_window_points_to_reset(self):
        self.assert_fails("mock-context", "(?i)too long.*/reset")

    def test_a_provider_s_failure_says_that_trying_again_may_help(self):
        self.assert_fails("mock-internal", "(?i)the model failed.*/retry")

    def test_refused_content_says_so(self):
        self.assert_fails("mock-refused", "(?i)refused this content|did not accept")

    def test_an_overloaded_provider_says_that_trying_again_may_help(self):
        self.assert_fails("mock-midstream", "(?i)the model failed.*/retry")

    def test_a_dead_upstream_says_that_the_model_failed(self):
        self.assert_fails("mock-dead", "(?i)the model failed.*/retry|few minutes")

    def test_an_unknown_model_asks_for_the_operator(self):
        self.assert_fails("no-such-model", "(?i)not available.*operator")

    def test_a_wrong_key_asks_for_the_operator(self):
        self.assert_fails("mock", "(?i)access to the model was refused", key="sk-wrong")

    def test_a_proxy_that_is_down_is_no_exit(self):
        self.assert_fails("mock", "(?i)cannot be reached", url="http://127.0.0.1:9")

    def test_an_error_in_the_middle_keeps_what_was_written(self):
        text = self.assert_fails("broken-error-frame", "This answer begins well and")
        self.assertRegex(text, "cut off here.*/continue")

    def test_a_cut_in_the_middle_keeps_what_was_written(self):
        text = self.assert_fails("broken-cut", "This answer begins well")
        self.assertRegex(text, "cut off here.*/continue")

    def card(self, command: str) -> dict:
        """The bot's newest card in the thread of that command."""
        question = self.alice.send(self.room, command)

        def shown():
            cards = [reply for reply in self.alice.replies(self.room, question)
                     if reply.get("attachments")]
            return cards[-1] if cards else None

        return eventually(f"a card for {command}", shown, 20, self.current.program.output)

    def save(self, card: dict, words: str, **inputs: str) -> dict:
        """Presses Save; returns the card that takes the place of the pressed one."""
        values = {"settings": "save", "model": "", "temperature": "", "prompt": "", "promptText": "",
                  "memory": "", "length": "", "footer": ""} | inputs
        self.alice.rest("POST", "/attachment/actions",
                        {"type": "submit", "messageId": card["id"], "inputs": values})

        def replaced():
            replies = self.alice.replies(self.room, {"id": card["parentId"]})
            return [reply for reply in replies
                    if reply["id"] != card["id"] and words in str(reply.get("attachments"))]

        [new] = eventually(f"a card with {words!r}", replaced, 20, self.current.program.output)
        return new

    def test_two_spaces_with_a_model_each_answer_at_the_same_time(self):
        self.assistant("mock")
        group = simulator.room("Deploy desk")
        self.ask("/model smollm", matches=lambda text: "smollm" in text, quiet=1)
        first = self.alice.send(self.room, "Tell me about the moon in three sentences.")
        [other] = self.ask("what do you say?", room=group, mention=True)
        self.assertEqual(other["text"], "Hello from the mock model, in a few words.")

        def answered():
            replies = self.alice.replies(self.room, first)
            text = replies[0]["text"] if replies else ""
            return text if len(text.split()) > 5 and "Thinking" not in text else None

        text = eventually("the small model's answer", answered, 90, self.current.program.output)
        self.assertNotIn("mock model", text)
        self.ask("/model default", quiet=1)

    def test_the_list_of_models_has_those_that_can_chat_and_no_others(self):
        self.assistant("mock")
        [reply] = self.ask("/model", quiet=1)
        self.assertIn("smollm", reply["text"])
        self.assertIn("mock-reasoner", reply["text"])
        self.assertNotIn("mock-embedding", reply["text"])
        choices = str(self.card("/chat")["attachments"])
        self.assertIn("mock-reasoner", choices)
        self.assertNotIn("mock-embedding", choices)

    def test_a_model_without_a_temperature_is_refused_one_and_answers(self):
        self.assistant("mock")
        card = self.card("/chat")
        card = self.save(card, "takes no temperature", model="mock-reasoner", temperature="0.2")
        self.save(card, "Settings saved", model="mock-reasoner", temperature="")
        [reply] = self.ask("how warm are you?")
        self.assertEqual(reply["text"], "Hello from a model with its own temperature.")
        # The one try whether this Webex lets a card be edited.
        self.assertEqual([call["method"] for call in self.rejected()], ["PUT"])

    def test_a_declared_question_is_asked_with_its_prompt(self):
        examples = str(pathlib.Path(__file__).resolve().parents[2] / "examples/commands/questions.yaml")
        self.assistant("smollm", COMMANDS_FILE=examples)
        [reply] = self.ask("/translate --to German Good morning, everyone.", seconds=90, quiet=5)
        self.assertGreater(len(reply["text"]), 3)
        self.assertNotRegex(reply["text"], REFERENCE)


if __name__ == "__main__":
    unittest.main(verbosity=2)
