"""Judges what a simulator recorded: was each question answered exactly once, with the exact text?

A pure function of plain values, so that test_judge.py can show that each check fails where it has to.
"""

import datetime
import re
from dataclasses import dataclass, field

MAXIMUM_EDITS = 10
# What the program shows only while something goes on. None of it may stand at the end.
NOTICE = re.compile(
    r"^_(Thinking…|Waiting for the model…|The model is busy\. I try again|Received\.)|^\s*$")


@dataclass
class Expected:
    """What one question of a person must have led to."""

    id: str
    room: str
    #: The root of the thread in which the answer stands.
    thread: str
    #: One of these exact texts, in one message or a chain of messages; none: only `told` will do.
    texts: tuple[str, ...] = ()
    #: Sentences (patterns) that count instead, where the scenario allows it.
    told: tuple[str, ...] = ()
    #: Of an answer with a long code block: what comes before and after it, and the file's content.
    file: tuple[str, str, str] | None = None
    #: What must be found on the one card that stands (its JSON as text).
    card: str | None = None
    #: How often the model may be asked: at least, at most.
    calls: tuple[int, int] = (1, 1)
    #: False: nothing has to stand (a command without an answer, a stopped question).
    must: bool = True
    #: False where answers may come in another order than questions (parked events).
    ordered: bool = True
    #: The texts may be followed by one of these (patterns), such as the note of a cut answer.
    after: tuple[str, ...] = ()


@dataclass
class Allowed:
    """What a scenario's own faults make acceptable."""

    #: (method, pattern of the path, status) of refusals that were injected or are natural.
    rejections: tuple[tuple[str, str, int], ...] = ()
    #: At most so many requests of the bot in so many seconds.
    storm: tuple[int, float] = (150, 10)
    #: At most so many refused requests of the bot in so many seconds.
    refused: tuple[int, float] = (25, 10)
    #: Patterns of further messages of the bot that may stand anywhere.
    extra: tuple[str, ...] = ()
    #: Model calls of an unknown question are a mistake unless this is set.
    foreign_calls: bool = False


@dataclass
class Seen:
    """The record: of the simulator, of the model, and what the program wrote to its log."""

    bot: str
    #: `/sim/messages`: id, roomId, parentId, personEmail, versions, files, deleted.
    messages: list[dict]
    #: `/sim/record`'s requests: time, method, path, status, tokenOwner.
    requests: list[dict] = field(default_factory=list)
    #: The model's calls: id, wording, number, outcome.
    calls: list[dict] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)
    #: Contents of files by message.
    files: dict[str, str] = field(default_factory=dict)
    #: Cards that stand, as JSON text, by message.
    cards: dict[str, str] = field(default_factory=dict)
    #: Words that no log line may have: the token, keys, content.
    secrets: tuple[str, ...] = ()


def judge(seen: Seen, expected: list[Expected], allowed: Allowed | None = None) -> list[str]:
    """Sentences about what is wrong; empty if the promise was kept."""
    allowed = allowed or Allowed()
    return [*_messages(seen, expected, allowed), *_calls(seen, expected, allowed),
            *_requests(seen, allowed), *_logs(seen)]


# --- what stands --------------------------------------------------------------------------------


def _messages(seen: Seen, expected: list[Expected], allowed: Allowed) -> list[str]:
    problems = []
    threads: dict[tuple, list[dict]] = {}
    for message in seen.messages:
        if message["personEmail"] != seen.bot or message.get("deleted"):
            continue
        text = message["versions"][-1]["text"]
        if any(re.search(pattern, text) for pattern in allowed.extra):
            continue
        if NOTICE.search(text) and not message.get("files") and message["id"] not in seen.cards:
            problems.append(f"left over: {_short(text)} {_where(message)}")
            continue
        if len(message["versions"]) > MAXIMUM_EDITS + 1:
            problems.append(f"edited {len(message['versions']) - 1} times: {_short(text)}")
        threads.setdefault((message["roomId"], message.get("parentId")), []).append(message)
    begun: dict[str, tuple[int, dict]] = {}
    order = {message["id"]: index for index, message in enumerate(seen.messages)}
    open_questions = {}
    for question in expected:
        open_questions.setdefault((question.room, question.thread), []).append(question)
    for place in {**threads, **open_questions}:
        problems += _thread(seen, threads.get(place, []), open_questions.get(place, []),
                            begun, order)
    problems += _order(expected, begun)
    return problems


def _thread(seen: Seen, standing: list[dict], questions: list[Expected], begun, order) -> list[str]:
    """Explains the messages of one thread by its questions, from the first to the last."""
    problems = []
    waiting = list(questions)
    index = 0
    while index < len(standing):
        question, count = _explain(seen, standing[index:], waiting)
        if question is None:
            text = standing[index]["versions"][-1]["text"]
            twice, more = _explain(seen, standing[index:], [q for q in questions if q not in waiting])
            if twice is not None:
                problems.append(f"{twice.id}: answered a second time: {_short(text)}")
            else:
                begins = next((q for q in waiting for t in q.texts
                               if text and t.startswith(_core(text)[:200])), None)
                what = f"{begins.id}: a part of its answer stands" if begins else "nobody asked for"
                problems.append(f"{what}: {_short(text)} {_where(standing[index])}")
            index += max(1, more if twice else 1)
            continue
        begun[question.id] = (order[standing[index]["id"]], standing[index])
        waiting.remove(question)
        index += count
    problems += [f"{question.id}: not answered" for question in waiting if question.must]
    return problems


def _explain(seen: Seen, standing: list[dict], questions: list[Expected]):
    """The question to which the first messages are the answer, and how many they are."""
    for question in questions:
        if question.card and (card := seen.cards.get(standing[0]["id"])):
            if re.search(question.card, card):
                return question, 1
        if question.file and (count := _file(seen, standing, question.file)):
            return question, count
        texts = []
        for count, message in enumerate(standing, 1):
            if message.get("files") or message["id"] in seen.cards:
                break
            texts.append(message["versions"][-1]["text"])
            joined = join(texts)
            if joined in question.texts:
                return question, count
            for text in question.texts:
                rest = joined.removeprefix(text.rstrip()) if question.after else None
                if rest is not None and rest != joined and any(
                        re.fullmatch(pattern, rest.strip(), re.S) for pattern in question.after):
                    return question, count
    for question in questions:
        texts = []
        for count, message in enumerate(standing, 1):
            texts.append(message["versions"][-1]["text"])
            if any(re.search(pattern, join(texts)) for pattern in question.told):
                return question, count
    return None, 0


def _file(seen: Seen, standing: list[dict], wanted: tuple[str, str, str]) -> int:
    """How many messages an excerpt and its one file take; 0 if they are not what was wanted."""
    before, content, after = wanted
    texts, files = [], []
    for count, message in enumerate(standing, 1):
        if message.get("files"):
            files.append(seen.files.get(message["id"], ""))
        else:
            texts.append(message["versions"][-1]["text"])
        shown = join(texts)
        if len(files) == 1 and shown.startswith(before) and shown.endswith(after):
            return count if files[0].strip("\n") == content else 0
        if len(files) > 1:
            return 0
    return 0


def _order(expected: list[Expected], begun) -> list[str]:
    """In a space, answers begin in the order of their questions."""
    problems = []
    rooms: dict[str, list[Expected]] = {}
    for question in expected:
        if question.ordered and question.id in begun:
            rooms.setdefault(question.room, []).append(question)
    for questions in rooms.values():
        for first, second in zip(questions, questions[1:]):
            if begun[first.id][0] > begun[second.id][0]:
                problems.append(f"{second.id} was answered before {first.id}")
    return problems


def join(pieces: list[str]) -> str:
    """As a reader joins messages: a fence closed at an end and reopened in the next is one."""
    joined = ""
    for piece in pieces:
        without = joined.removesuffix("```")
        opening = _open_fence(without)
        if opening and joined.endswith("```") and piece.startswith(opening):
            joined = without
            piece = piece[len(opening):]
        joined += piece
    return joined


def _open_fence(text: str) -> str | None:
    fences = [line for line in text.split("\n") if line.startswith("```")]
    return f"{fences[-1]}\n" if len(fences) % 2 else None


def _core(text: str) -> str:
    return text.removesuffix("```").rstrip()


# --- what was asked and sent ----------------------------------------------------------------------


def _calls(seen: Seen, expected: list[Expected], allowed: Allowed) -> list[str]:
    problems = []
    counts: dict[str, int] = {}
    for call in seen.calls:
        counts[call["id"]] = counts.get(call["id"], 0) + 1
    known: dict[str, list[int]] = {}
    for question in expected:
        # An edited or repeated question shares its name with the first one.
        name = question.id.split("/")[0]
        least, most = known.get(name, [0, 0])
        known[name] = [least + question.calls[0], most + question.calls[1]]
    for name, (least, most) in known.items():
        if not least <= counts.get(name, 0) <= most:
            problems.append(
                f"{name}: the model was asked {counts.get(name, 0)} times, not {least} to {most}")
    for name in counts.keys() - known.keys():
        if not allowed.foreign_calls:
            problems.append(f"the model was asked {name!r}, which nobody asked")
    return problems


def _requests(seen: Seen, allowed: Allowed) -> list[str]:
    problems = []
    own = [request for request in seen.requests if request.get("tokenOwner") in (seen.bot, None)]
    refused = []
    for request in own:
        status = request["status"]
        if status >= 400:
            refused.append(request)
        if status < 400 or not request["path"].startswith("/v1"):
            continue
        path = request["path"].split("?")[0]
        if "/registrations/" in path:
            continue
        if not any(request["method"] == method and re.search(pattern, path) and status == code
                   for method, pattern, code in allowed.rejections):
            problems.append(f"refused: {request['method']} {path} {status}"
                            f" {request.get('message') or ''}")
    problems += _crowd(own, allowed.storm, "requests")
    problems += _crowd(refused, allowed.refused, "refused requests")
    return problems


def _crowd(requests: list[dict], limit: tuple[int, float], what: str) -> list[str]:
    most, seconds = limit
    times = sorted(_time(request["time"]) for request in requests)
    start = worst = 0
    for end, time in enumerate(times):
        while time - times[start] > seconds:
            start += 1
        worst = max(worst, end - start + 1)
    return [f"{worst} {what} within {seconds:g} s, more than {most}"] if worst > most else []


def _logs(seen: Seen) -> list[str]:
    problems = []
    for secret in seen.secrets:
        lines = [line for line in seen.logs if secret in line]
        if lines:
            shown = lines[0].replace(secret, "•••")[:160]
            problems.append(f"{len(lines)} log lines have {secret[:4]}…: {shown}")
    return problems


def _time(text: str) -> float:
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def _short(text: str) -> str:
    text = " ".join(text.split())
    return repr(text if len(text) < 90 else f"{text[:40]} … {text[-40:]}")


def _where(message: dict) -> str:
    return f"(message …{message['id'][-6:]} in thread …{(message.get('parentId') or 'none')[-6:]})"
