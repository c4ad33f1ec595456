"""Turns phrases into training examples: fills slots, frames, disturbs, and says which tokens are the answer."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from phrases import SLOT, Phrase
from tokenizer import Tokenizer, normalise
from tools import CALL, END, NONE, NUMBER_WORDS, REQUEST, Tool
from values import Values
from wording import Wording

# Framing keeps the meaning: it teaches that words around a request are only words.
OPENINGS = """please,hey,hi,hello,ok,ok so,so,well,right,and,and then,then,also,now,next,after that,finally,first,uhm,hmm,castellan,hey castellan,
yo,quick question:,quick one:,one more thing:,btw,by the way,sorry but,if you can,when you have a minute,i need you to,can you,could you,would you,
can u,pls,plz,kindly,good morning,good evening,hi there,hey there,dear castellan,ok castellan,alright,listen,look,tell me,let me know,i'd like to know:,
i was wondering,just,just curious,do me a favour:,do me a favor and,be so kind and,thanks for that. now,great. now,perfect,cool,nice one. now,
same again:,again,once more,urgent:,asap:,question:,task:,request:,fyi i am on my phone,sorry for the typos,i forgot to ask,
before i forget,while you're at it,since you are here,and one last thing,don't be shy:,no hurry but,don't forget to,why don't you,don't worry about the rest,
i don't know much about this,not sure how to say it but,my colleague asks:,the boss wants to know:,as root:,on this server:,on this box:,for me:,ey,oi,dude,mate,bro,sir""".replace("\n", "").split(",")
CLOSINGS = """please,pls,plz,thanks,thank you,thx,cheers,ta,asap,now,right now,quickly,for me,if you can,if possible,if you don't mind,when you can,
will you,would you,could you,can you,ok,okay,ok?,yes?,mate,bro,sir,castellan,on this server,on this machine,on this box,here,again,once more,
real quick,real quick please,thanks a lot,many thanks,thank you very much,i need it for a report,the boss asks,i'm in a hurry,i am on my phone,no rush,
take your time,just curious,:),!,!!,?,??,...,.,;),hm,i forgot,you know,or something,i think,for the record,before i go home""".replace("\n", "").split(",")
# Before these, a request is forbidden or taken back: nothing may be called.
FORBIDDING = """don't,do not,dont,please don't,please do not,never,never ever,you must not,you should not,you shouldn't,no need to,don't you dare,
i don't want you to,i do not want you to,under no circumstances,whatever you do don't,stop trying to,there's no need to,
better not,rather not,let's not,please never,i said don't,make sure you don't,you may not,refrain from,avoid to,
pls dont,plz dont,hey don't,no don't,ok but don't,for now don't,not yet: don't""".replace("\n", "").split(",")
TAKING_BACK = """no wait don't,no wait. don't,actually don't,actually no,nah don't,forget it,never mind,nevermind,just kidding,was a joke,not,no don't do it,
cancel that,scratch that,don't do that,on second thought don't,but not now,but don't do it yet,no forget that,wait no""".replace("\n", "").split(",")
IMPERATIVES = set("""show list display print cat tail give get fetch read open view check verify validate look find tell delete remove erase trash drop bin
discard rm write save append add put create make edit change replace swap rename set substitute restore undelete recover undo revert
rollback roll take bring put store note jot log query search grep inspect stat describe count scan test examine audit prove confirm kill clear
wipe toss throw overwrite touch update correct fix modify reverse cancel back dump browse start stop restart reload bounce reboot shut turn
switch power kick launch boot run execute enable disable deploy import install mv move commit accept collect clean prune purge free build stage
activate trigger end resolve close report file raise remember forget mint deploy unset reset apply terminate pause resume send empty""".split())
# Where a request ends in words of its own, words after it would be part of them.
ENDS_IN_TEXT = ("{text}", "{new}", "{old}", "{fact}", "{thing}", "{cmd}", "{script}", "{reason}", "{pvalue}", "{ovalue}")


@dataclass(frozen=True)
class Example:
    """A normalised request and its answer; a span is a pair of offsets into the request."""

    text: str
    tool: Tool | None
    args: tuple[tuple[str, str | tuple[int, int]], ...]


class Generator:
    def __init__(self, phrases: list[Phrase], seed: int) -> None:
        self.rng = random.Random(seed)
        self.values = Values(self.rng, [p.text for p in phrases if "{" not in p.text and len(p.text) < 60])
        self.wording = Wording(self.rng)
        self._by_tool: dict[str, list[Phrase]] = {}
        self._none: dict[str, list[Phrase]] = {}
        for phrase in phrases:
            if phrase.tool is None:
                self._none.setdefault(phrase.section, []).append(phrase)
            else:
                self._by_tool.setdefault(phrase.tool.name, []).append(phrase)
        # A tool weighs by the square root of its phrases: none starves, and those with more ways to say it get more. Every
        # argument adds to it: which of several values belongs where is the hardest to learn.
        self._tools = list(self._by_tool)
        self._tool_weights = [
            sum(1 + 0.6 * len(phrase.args) for phrase in self._by_tool[name]) / len(self._by_tool[name]) ** 0.5
            for name in self._tools
        ]
        # Every hand writes a short request once and people type it every day: "restart nginx".
        self._phrase_weights = {
            name: [4.0 if p.text.count(" ") < 3 else 2.0 if p.text.count(" ") < 5 else 1.0 for p in own]
            for name, own in self._by_tool.items()
        }
        self._sections = list(self._none)
        self._section_weights = [len(self._none[name]) ** 0.7 for name in self._sections]

    def example(self) -> Example:
        """One random example; tries again where a value would not stand on token borders."""
        while True:
            roll = self.rng.random()
            if roll < 0.25:
                phrase = self.rng.choice(self._none[self.rng.choices(self._sections, self._section_weights)[0]])
            else:
                name = self.rng.choices(self._tools, self._tool_weights)[0]
                phrase = self.rng.choices(self._by_tool[name], self._phrase_weights[name])[0]
            made = self.fill(phrase, disturb=True, negate=0.25 <= roll < 0.3)
            if made is not None:
                return made

    def fill(self, phrase: Phrase, disturb: bool, negate: bool = False) -> Example | None:
        """An example of one phrase. None where it cannot be negated, or a value got lost in the text."""
        rng = self.rng
        pieces = self._draw(phrase)
        if negate and not self._can_forbid(phrase):
            return None
        if disturb:
            pieces = self.wording.vary(pieces)
        head, tail = "", ""
        ends_in_text = phrase.text.endswith(ENDS_IN_TEXT)
        if negate:
            if rng.random() < 0.75 or ends_in_text:
                head = rng.choice(FORBIDDING) + " "
            else:
                tail = rng.choice([", ", " ", "... ", " - ", ". "]) + rng.choice(TAKING_BACK)
        if disturb and rng.random() < 0.3:
            opening = rng.choice(OPENINGS)
            # "don't forget to" turns a prohibition round; framing must not.
            if not (negate and "n't" in opening):
                head = opening + rng.choice([" ", " ", " ", ", "]) + head
        if disturb and rng.random() < 0.25 and not ends_in_text:
            closing = rng.choice(CLOSINGS)
            tail += ("" if closing[0] in "!?.:;" and rng.random() < 0.5 else rng.choice([" ", " ", ", "])) + closing
        if disturb and not ends_in_text and rng.random() < 0.15 and pieces and not pieces[-1][1]:
            last = pieces[-1][0]
            pieces[-1] = (last.rstrip("?!. ") + (rng.choice(["?", "", ".", "!"]) if last else ""), False)
        text = head
        places: dict[str, tuple[int, int]] = {}
        for piece, slot in pieces:
            if slot and slot not in places:
                places[slot] = (len(text), len(text) + len(piece))
            text += piece
        text += tail
        if text != text.strip():
            return None
        text = normalise(text)
        if phrase.tool is None or negate:
            return Example(text, None, ())
        args: list[tuple[str, str | tuple[int, int]]] = []
        for key, value in phrase.args:
            argument = phrase.tool.arg(key)
            slot = SLOT.fullmatch(value)
            if slot:
                args.append((key, places[slot.group(1)]))
            elif argument.type in ("enum", "boolean"):
                args.append((key, argument.value_token(value)))
            else:
                place = find_value(text, value, argument.type == "integer")
                if place is not None:
                    args.append((key, place))
                elif value in argument.values:
                    args.append((key, argument.value_token(value)))
                else:
                    return None
        return Example(text, phrase.tool, tuple(args))

    def _draw(self, phrase: Phrase) -> list[tuple[str, str | bool]]:
        """The phrase's text in pieces, each plain (False) or the value of a slot."""
        rng = self.rng
        drawn: dict[str, str] = {}
        pieces: list[tuple[str, str | bool]] = []
        end = 0
        for match in SLOT.finditer(phrase.text):
            before = phrase.text[end : match.start()]
            after = phrase.text[match.end() : match.end() + 1]
            slot = match.group(1)
            if slot not in drawn:
                about_service = slot == "word" and phrase.tool is not None and phrase.tool.name == "service_list"
                drawn[slot] = self.values.draw("topic" if about_service else slot)
                if slot == "new" and drawn.get("old") == drawn["new"]:
                    drawn["new"] += "2"
            value = drawn[slot]
            quoted = before[-1:] in "\"'`«“" and before != ""
            mark = ""
            if not quoted and not (after.isalnum() or before[-1:].isalnum()):
                chance = {"fact": 0.25, "cmd": 0.2, "script": 0.25, "glob": 0.2, "thing": 0.1, "text": 0.35, "old": 0.25, "new": 0.25, "word": 0.15, "file": 0.06, "dir": 0.03, "unit": 0.03, "app": 0.05, "pkg": 0.05, "option": 0.04, "url": 0.03}.get(slot, 0)
                if rng.random() < chance and not set("\"'`") & set(value):
                    mark = rng.choice(['"', '"', "'", "`" if slot != "text" else '"'])
                if slot == "index" and before[-1:] != "#" and rng.random() < 0.15:
                    before += "#"
            pieces += [(before + mark, False), (value, slot), (mark, False)]
            end = match.end()
        pieces.append((phrase.text[end:], False))
        return pieces

    def _can_forbid(self, phrase: Phrase) -> bool:
        """Only a command can be forbidden by a "don't" before it; acts that change are the ones that matter most."""
        if phrase.tool is None:
            return False
        first = re.match(r"[a-z]+", phrase.text)
        if first is None or first.group() not in IMPERATIVES:
            return False
        return phrase.tool.changes or self.rng.random() < 0.3


def find_value(text: str, value: str, integer: bool) -> tuple[int, int] | None:
    """Where a fixed value stands in the request as a whole word; for integers a number word counts too."""
    wordings = [value]
    if integer:
        wordings += [word for word, number in NUMBER_WORDS.items() if str(number) == value and number > 1]
    for wording in wordings:
        match = re.search(rf"(?<![a-z0-9]){re.escape(normalise(wording))}(?![a-z0-9])", text)
        if match:
            return match.span()
    return None


@dataclass(frozen=True)
class Encoded:
    """Tokens of prompt and answer; the loss counts from `answer_start` on."""

    tokens: list[int]
    answer_start: int


def encode(example: Example, tokenizer: Tokenizer, most: int = 160) -> Encoded | None:
    """None where a span does not fall on token borders or the request is longer than the format allows."""
    ids = tokenizer.special_id
    body = tokenizer.encode(" " + example.text)
    if len(body) > most:
        return None
    prompt = [ids[REQUEST], *body, ids[CALL]]
    if example.tool is None:
        return Encoded([*prompt, ids[NONE], ids[END]], len(prompt))
    # Character offset after each token; requests are ASCII nearly always, and others count bytes.
    borders = {0: 0}
    at = 0
    for index, token in enumerate(body):
        at += len(tokenizer.token_bytes(token))
        borders[at] = index + 1
    data = (" " + example.text).encode()
    answer = [ids[example.tool.token]]
    for key, value in example.args:
        if isinstance(value, str):
            answer.append(ids[value])
            continue
        # Offsets in bytes of " " + text; a word carries its leading space into the span.
        start = len(example.text[: value[0]].encode()) + 1
        end = start + len(example.text[value[0] : value[1]].encode())
        if start not in borders and start - 1 in borders and data[start - 1 : start] == b" ":
            start -= 1
        if start not in borders or end not in borders:
            return None
        token = example.tool.arg(key).token
        if token is None:
            raise ValueError(f"{key} is an enum and cannot be a span")
        answer += [ids[token], *body[borders[start] : borders[end]]]
    answer.append(ids[END])
    return Encoded([*prompt, *answer], len(prompt))


def echo(tokenizer: Tokenizer, values: Values, rng: random.Random) -> Encoded:
    """A warm-up without meaning: some value among words, to be copied. It brings on the copying heads early."""
    slot, key = rng.choice([("file", "path"), ("unit", "unit"), ("text", "content"), ("fragment", "find"), ("id", "id")])
    value = normalise(values.fragment() if slot == "fragment" else values.draw(slot))
    key_token = tokenizer.special_id[f"<|arg:{key}|>"]
    body = tokenizer.encode(" " + value)
    prompt = [tokenizer.special_id[REQUEST], *body, tokenizer.special_id[CALL], key_token]
    return Encoded([*prompt, *body, tokenizer.special_id[END]], len(prompt))
