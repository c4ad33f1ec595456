"""Varies the words around the slots of a phrase without touching what it means: synonyms, telegram style, slips of fingers."""

from __future__ import annotations

import random
import re

# Words of one line can stand for each other in almost any request. Near-synonyms that tell tools apart (log and ledger, size and
# space, show and list) are kept out on purpose.
_SYNONYMS = """
server|machine|box|host|system|computer
memory|ram
folder|directory|dir
disk|drive|storage
disks|drives|volumes
service|daemon
services|daemons
delete|remove|erase|get rid of
deleted|removed|erased
trash|bin|recycle bin|trash can
restore|recover|undelete|bring back
revert|undo|take back|roll back
show me|let me see|display|print|give me
show|display|print
list|enumerate|show
check|verify|examine
verify|validate|check
intact|untampered|in order|unaltered
running|up|alive
failed|crashed|died
broken|failing
change|alter|modify
replace|swap|substitute
write|put|jot|note
append|add|tack
content|contents|text
big|large
biggest|largest|heaviest
recent|latest|newest
errors|failures|error messages
error|failure
warnings|warning messages
log|logs|log output
entries|lines|messages
process|program|task
processes|programs|tasks
using|eating|hogging|consuming
owns|holds|has
what's|what is|whats
who's|who is|whos
isn't|is not|isnt
don't|do not|dont
doesn't|does not|doesnt
can't|cannot|cant
i'd like to|i want to|i wanna|i would like to
please|pls|plz|kindly
can you|could you|would you|will you|can u
need|want|require
free|left|available
full|filled up
modified|changed|edited
happened|went on|occurred
since|from
look at|have a look at|take a look at|check
tell me|let me know|say
how much|what amount of
problem|issue|trouble
problems|issues|troubles
wrong|off|amiss
okay|ok|fine|alright
generations|system generations|nixos generations
permissions|access rights|mode bits
acts|actions|operations
act|action|operation
you did|you have done|you've done|the agent did
my|our|the
quickly|fast|quick
""".strip().splitlines()

_DROPPABLE = set("the a an my our of is are was there do does me you i it that this now please to for some any".split())
_KEYBOARD = ["qwertyuiop", "asdfghjkl", "zxcvbnm"]


def _table() -> tuple[re.Pattern[str], dict[str, list[str]]]:
    others: dict[str, list[str]] = {}
    for line in _SYNONYMS:
        words = line.split("|")
        # Only the first of a line is replaced by the others: "has" may stand for "owns", but not the other way round.
        others.setdefault(words[0], []).extend(words[1:])
    longest_first = sorted(others, key=lambda words: (-len(words), words))
    return re.compile(r"(?<![\w'-])(?:" + "|".join(map(re.escape, longest_first)) + r")(?![\w'-])"), others


_PATTERN, _OTHERS = _table()


class Wording:
    """One random source, so that the data is repeatable."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def vary(self, pieces: list[tuple[str, str | bool]]) -> list[tuple[str, str | bool]]:
        """Pieces with a slot pass unchanged; of the others about half do."""
        rng = self._rng
        kinds = [
            (rng.random() < 0.3, self._synonyms),
            (rng.random() < 0.08, self._telegram),
            (rng.random() < 0.15, self._typos),
        ]
        for chosen, change in kinds:
            if chosen:
                pieces = [(text if slot else change(text), slot) for text, slot in pieces]
        return pieces

    def _synonyms(self, text: str) -> str:
        rng = self._rng
        return _PATTERN.sub(lambda m: rng.choice(_OTHERS[m.group()]) if rng.random() < 0.5 else m.group(), text)

    def _telegram(self, text: str) -> str:
        words = text.split(" ")
        if len([word for word in words if word]) < 3:
            return text
        return " ".join(word for word in words if word not in _DROPPABLE or self._rng.random() < 0.4)

    def _typos(self, text: str) -> str:
        """One or two letters go missing, double, swap, or hit a neighbouring key."""
        rng = self._rng
        if len(text) < 5:
            return text
        letters = list(text)
        for _ in range(rng.choice([1, 1, 2])):
            i = rng.randrange(1, len(letters) - 1)
            if not letters[i].isalpha():
                continue
            kind = rng.random()
            if kind < 0.3:
                del letters[i]
                if len(letters) < 4:
                    break
            elif kind < 0.5:
                letters.insert(i, letters[i])
            elif kind < 0.75 and letters[i + 1].isalpha():
                letters[i], letters[i + 1] = letters[i + 1], letters[i]
            else:
                for row in _KEYBOARD:
                    at = row.find(letters[i].lower())
                    if at >= 0:
                        letters[i] = row[max(0, min(len(row) - 1, at + rng.choice([-1, 1])))]
        return "".join(letters)
