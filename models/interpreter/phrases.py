"""Reads the phrase files: requests written by hand, with slots for values, and the call each one means."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from tools import Tool, tool_named

SLOT = re.compile(r"\{([a-z]+)\}")


@dataclass(frozen=True)
class Phrase:
    """`tool` is None for a request no tool serves; `args` maps an argument to a slot `{file}` or to a fixed value."""

    text: str
    tool: Tool | None
    args: tuple[tuple[str, str], ...] = ()
    section: str = ""

    def fraction(self) -> float:
        """A stable number in [0, 1) from the wording alone: decides the validation split, whatever the order of files."""
        return int.from_bytes(hashlib.sha256(self.text.encode()).digest()[:4], "big") / 2**32


class PhraseError(ValueError):
    """A line that cannot be understood; says file, line and what is wrong."""


def read_phrases(folder: Path) -> list[Phrase]:
    """All phrases of a folder, each wording once (two hands may write the same), in the order of file names."""
    seen: dict[str, Phrase] = {}
    for path in sorted(folder.glob("*.txt")):
        section = ""
        for number, raw in enumerate(path.read_text().splitlines(), 1):
            line = raw.strip()
            if line.startswith("# "):
                section = line[2:].strip()
            elif line:
                try:
                    phrase = parse_line(line, section, none_file=path.name.startswith("none"))
                except (KeyError, ValueError) as error:
                    raise PhraseError(f"{path.name}:{number}: {error}") from error
                known = seen.get(phrase.text)
                # Two tools for one wording teach nothing: the earlier hand's reading stays.
                if known is None:
                    seen[phrase.text] = phrase
    return list(seen.values())


def parse_line(line: str, section: str, none_file: bool) -> Phrase:
    text, _, tail = line.partition(" => ")
    if none_file or section == "none":
        return Phrase(text.strip(), None, (), section)
    tool = tool_named(section)
    given: dict[str, str] = {}
    for part in filter(None, (piece.strip() for piece in tail.split(";"))):
        key, equals, value = part.partition("=")
        if not equals or not value:
            raise ValueError(f"argument without a value: {part}")
        argument = tool.arg(key)
        if argument.type in ("enum", "boolean") and value not in argument.values:
            raise ValueError(f"{key} cannot be {value}")
        given[key] = value
    text = text.strip()
    for key, value in given.items():
        if SLOT.fullmatch(value) and value not in text:
            raise ValueError(f"{key} names {value}, which the request does not have")
    # Arguments are answered in the order of the tool's own list.
    args = tuple((argument.name, given[argument.name]) for argument in tool.args if argument.name in given)
    return Phrase(text, tool, args, section)
