"""Writes requests and their tokens as JSON, for `check-tokens.ts` to compare with llama.cpp's own tokens of the exported file."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

from data import Generator
from phrases import read_phrases
from tokenizer import normalise
from train import HERE, load

ODD = "abcdefghijklmnopqrstuvwxyz''\"éßñ中😀  0123456789.,/-_<|>{}[]()é́!?~@#%&"


def main() -> None:
    _, tokenizer, _ = load(Path(sys.argv[1]))
    generator = Generator(read_phrases(HERE / "phrases"), seed=7)
    rng = random.Random(3)
    texts = [generator.example().text for _ in range(6000)]
    texts += [normalise("".join(rng.choices(ODD, k=rng.randint(1, 40)))) for _ in range(4000)]
    json.dump([[text, tokenizer.encode(" " + text)] for text in texts if text], sys.stdout)


if __name__ == "__main__":
    main()
