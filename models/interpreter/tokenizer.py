"""Byte-level BPE whose merges join only an optional leading space and letters a-z.

Digits, punctuation and lone spaces stay tokens of one byte, so that a path, a number or a name has the same tokens wherever
it stands, and a value can be copied from the request token by token. llama.cpp's `deepseek-coder` pre-tokenizer never cuts a run of letters
(others split at 's and 't), so it yields the same tokens as this file; `check-tokens.ts` proves it on the shipped file.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter, defaultdict
from collections.abc import Iterable

_WORD = re.compile(r" ?[a-z]+")
_FOLD = {ord(c): ord(c) + 32 for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_FOLD |= {ord(c): "'" for c in "‘’‚‛′´`"}
_FOLD |= {ord(c): '"' for c in "“”„«»″"}
_FOLD |= {ord(c): "-" for c in "‐‑‒–—−"}


def normalise(text: str) -> str:
    """One character for one, so that an offset in the result is an offset in the (trimmed) request."""
    folded = text.strip().translate(_FOLD)
    return "".join(" " if c.isspace() else c for c in folded)


def byte_characters() -> list[str]:
    """GPT-2's printable stand-in for each byte: what GGUF stores for model `gpt2`."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    characters: list[str] = []
    shift = 0
    for byte in range(256):
        if byte in printable:
            characters.append(chr(byte))
        else:
            characters.append(chr(256 + shift))
            shift += 1
    return characters


def learn_merges(words: Counter[str], count: int) -> list[tuple[str, str]]:
    """The classic BPE learner over a counted word list; ties go to the lexically first pair, so that it is repeatable."""
    pieces = [(list(word), n) for word, n in sorted(words.items())]
    pairs: Counter[tuple[str, str]] = Counter()
    where: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    for index, (word, n) in enumerate(pieces):
        for pair in zip(word, word[1:]):
            pairs[pair] += n
            where[pair].add(index)
    heap = [(-n, pair) for pair, n in pairs.items()]
    heapq.heapify(heap)
    merges: list[tuple[str, str]] = []
    made: set[str] = set()
    while heap and len(merges) < count:
        n, pair = heapq.heappop(heap)
        if pairs[pair] != -n or n == 0:
            if pairs[pair] > 0:
                heapq.heappush(heap, (-pairs[pair], pair))
            continue
        if pair[0] + pair[1] in made:
            pairs[pair] = 0  # a second way to the same token would be a duplicate, which aborts llama.cpp
            continue
        made.add(pair[0] + pair[1])
        merges.append(pair)
        changed: set[tuple[str, str]] = set()
        for index in sorted(where[pair]):
            word, weight = pieces[index]
            for old in zip(word, word[1:]):
                pairs[old] -= weight
                changed.add(old)
            merged = _apply(word, pair)
            pieces[index] = (merged, weight)
            for new in zip(merged, merged[1:]):
                pairs[new] += weight
                where[new].add(index)
                changed.add(new)
        pairs[pair] = 0
        for other in changed:
            if other != pair and pairs[other] > 0:
                heapq.heappush(heap, (-pairs[other], other))
    return merges


def _apply(word: list[str], pair: tuple[str, str]) -> list[str]:
    merged: list[str] = []
    i = 0
    while i < len(word):
        if i + 1 < len(word) and (word[i], word[i + 1]) == pair:
            merged.append(word[i] + word[i + 1])
            i += 2
        else:
            merged.append(word[i])
            i += 1
    return merged


class Tokenizer:
    """Token ids: control tokens first, then the 256 bytes, then one per merge."""

    def __init__(self, specials: Iterable[str], merges: Iterable[tuple[str, str]]) -> None:
        self.specials = list(specials)
        self.merges = list(merges)
        self.byte_offset = len(self.specials)
        merged = [left + right for left, right in self.merges]
        if len(set(merged)) != len(merged):
            raise ValueError("two merges give the same token; llama.cpp would abort")
        self.size = self.byte_offset + 256 + len(merged)
        self.special_id = {text: i for i, text in enumerate(self.specials)}
        self._rank = {pair: i for i, pair in enumerate(self.merges)}
        self._merged_id = {text: self.byte_offset + 256 + i for i, text in enumerate(merged)}
        self._text = {i: text.encode() for text, i in self._merged_id.items()}
        self._cache: dict[str, list[int]] = {}

    def token_bytes(self, token: int) -> bytes:
        """The bytes of the request that a token stands for; control tokens stand for none."""
        if token < self.byte_offset:
            return b""
        if token < self.byte_offset + 256:
            return bytes([token - self.byte_offset])
        return self._text[token]

    def encode(self, text: str) -> list[int]:
        """Tokens of normalised text, laid end to end they are its bytes. Control tokens are never produced."""
        tokens: list[int] = []
        end = 0
        for match in _WORD.finditer(text):
            tokens.extend(self.byte_offset + byte for byte in text[end : match.start()].encode())
            tokens.extend(self._word(match.group()))
            end = match.end()
        tokens.extend(self.byte_offset + byte for byte in text[end:].encode())
        return tokens

    def _word(self, word: str) -> list[int]:
        cached = self._cache.get(word)
        if cached is not None:
            return cached
        parts = list(word)
        while len(parts) > 1:
            rank, pair = min((self._rank.get(pair, 1 << 30), pair) for pair in zip(parts, parts[1:]))
            if rank == 1 << 30:
                break
            parts = _apply(parts, pair)
        ids = [self.byte_offset + ord(part) if len(part) == 1 else self._merged_id[part] for part in parts]
        if len(self._cache) < 200_000:
            self._cache[word] = ids
        return ids

    def gguf_tokens(self) -> list[str]:
        characters = byte_characters()
        merged = [(left + right).replace(" ", characters[0x20]) for left, right in self.merges]
        return [*self.specials, *characters, *merged]

    def gguf_merges(self) -> list[str]:
        space = byte_characters()[0x20]
        return [f"{left.replace(chr(32), space)} {right}" for left, right in self.merges]


def count_words(texts: Iterable[str]) -> Counter[str]:
    words: Counter[str] = Counter()
    for text in texts:
        words.update(match.group() for match in _WORD.finditer(" " + normalise(text)))
    return words
