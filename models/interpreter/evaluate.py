"""Measures a checkpoint on the validation wordings, chooses the gate, and lists what is confused with what.

The held-out requests are measured on the shipped file by `evaluate.ts`, through the engine; this file never reads them.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import torch

from classifier import WEIGHT, Classifier
from classifier import load as load_classifier
from data import Example, Generator, encode
from model import Interpreter
from phrases import read_phrases
from tokenizer import Tokenizer
from tools import CALL, END, NONE, NUMBER_WORDS, REQUEST, TOOLS, Argument, Tool
from train import HERE, load, split

_MOST = 96


@dataclass(frozen=True)
class Reading:
    """What the model makes of a request: tokens of the answer, and its probability (see FORMAT.md)."""

    tool: Tool | None
    tokens: tuple[int, ...]
    probability: float


@dataclass(frozen=True)
class Reader:
    """The network and the classifier beside it; `weight` is the classifier's (FORMAT.md, Classifier)."""

    model: Interpreter
    tokenizer: Tokenizer
    classifier: Classifier
    weight: float

    def heads(self, chances: torch.Tensor, text: str) -> torch.Tensor:
        """Both opinions of the answer's first token in one: a product of powers, over the tools and "none" alone."""
        ids = self.tokenizer.special_id
        tokens = [ids[tool.token] for tool in TOOLS] + [ids[NONE]]
        both = chances[tokens].log() + self.weight * self.classifier([text])[0]
        mixed = torch.zeros_like(chances)
        mixed[tokens] = both.softmax(-1)
        return mixed


def read_request(reader: Reader, text: str) -> Reading:
    """Greedy decoding under FORMAT.md's constraint, with probabilities over the whole vocabulary."""
    model, tokenizer = reader.model, reader.tokenizer
    ids = tokenizer.special_id
    body = tokenizer.encode(" " + text)
    tokens = [ids[REQUEST], *body, ids[CALL]]
    heads: dict[int, Tool | None] = {ids[tool.token]: tool for tool in TOOLS} | {ids[NONE]: None}
    answer: list[int] = []
    probability = 1.0
    tool: Tool | None = None
    rest: tuple[Argument, ...] = ()
    span: list[int] | None = None
    number = False
    with torch.no_grad():
        while len(answer) < _MOST:
            hidden = model.hidden(torch.tensor([tokens + answer]))[0, -1]
            chances = model.logits(hidden).softmax(-1)
            if not answer:
                allowed = set(heads)
                chances = reader.heads(chances, text)
            else:
                allowed = _following(tokenizer, body, span, number) if span is not None else set()
                if not span == [] and not (number and span is not None and not _whole(tokenizer, span)):
                    allowed |= {ids[END]}
                    for arg in rest:
                        allowed |= {ids[arg.value_token(value)] for value in arg.values}
                        if arg.token is not None:
                            allowed.add(ids[arg.token])
            # A number was opened where the request has none that fits: the answer can only end.
            choices = sorted(allowed) or [ids[END]]
            best = choices[int(chances[choices].argmax())]
            probability *= float(chances[best])
            answer.append(best)
            if len(answer) == 1:
                tool = heads[best]
                rest = tool.args if tool else ()
                if tool is None:
                    break
            elif best == ids[END]:
                break
            elif best < tokenizer.byte_offset:
                opened = next(i for i, arg in enumerate(rest) if best in _openers(tokenizer, arg))
                span = [] if rest[opened].token is not None and ids[rest[opened].token] == best else None
                number = rest[opened].type == "integer"
                rest = rest[opened + 1 :]
            elif span is not None:
                span.append(best)
    return Reading(tool, tuple(answer), probability)


def _openers(tokenizer: Tokenizer, arg: Argument) -> set[int]:
    names = [arg.value_token(value) for value in arg.values] + ([arg.token] if arg.token else [])
    return {tokenizer.special_id[name] for name in names}


def _following(tokenizer: Tokenizer, body: list[int], span: list[int], number: bool) -> set[int]:
    size = len(span)
    found = {body[i + size] for i in range(len(body) - size) if body[i : i + size] == span}
    if not number:
        return found
    words = [word.encode() for word in NUMBER_WORDS]
    text = b"".join(tokenizer.token_bytes(token) for token in span).lstrip()
    fitting = set()
    for token in found:
        longer = text + tokenizer.token_bytes(token).lstrip() if not text else text + tokenizer.token_bytes(token)
        if longer.isdigit() or longer == b"" or any(word.startswith(longer) for word in words):
            fitting.add(token)
    return fitting


def _whole(tokenizer: Tokenizer, span: list[int]) -> bool:
    text = b"".join(tokenizer.token_bytes(token) for token in span).strip()
    return text.isdigit() or text.decode(errors="replace") in NUMBER_WORDS


@dataclass(frozen=True)
class Result:
    example: Example
    reading: Reading
    exact: bool

    @property
    def right_tool(self) -> bool:
        return self.reading.tool == self.example.tool


def measure(reader: Reader, examples: list[Example]) -> list[Result]:
    reader.model.eval()
    results = []
    for example in examples:
        wanted = encode(example, reader.tokenizer)
        if wanted is None:
            continue
        reading = read_request(reader, example.text)
        tail = tuple(wanted.tokens[wanted.answer_start :])
        results.append(Result(example, reading, reading.tokens == (tail[:1] if example.tool is None else tail)))
    return results


def report(results: list[Result], gate: float) -> str:
    served = [r for r in results if r.example.tool is not None]
    unserved = [r for r in results if r.example.tool is None]
    acted = [r for r in results if r.reading.tool is not None and r.reading.probability >= gate]
    wrong = [r for r in acted if not r.exact]
    called = [r for r in unserved if r in acted]
    asked = [r for r in served if r.reading.probability < gate]
    return (
        f"gate {gate:.2f}: tool {_share([r.right_tool for r in served])}, exact {_share([r.exact for r in served])}, "
        f"acted wrongly {len(wrong) / len(results):.1%}, asked {len(asked) / len(served):.1%}, "
        f"nothing called of what no tool serves {1 - len(called) / max(1, len(unserved)):.1%} of {len(unserved)}"
    )


def _share(hits: list[bool]) -> str:
    return f"{sum(hits) / max(1, len(hits)):.1%}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path, nargs="?", default=HERE / "build" / "interpreter.pt")
    parser.add_argument("--classifier", type=Path, default=HERE / "build" / "classifier.safetensors")
    parser.add_argument("--weight", type=float, action="append", help="the classifier's; several are compared")
    parser.add_argument("--show", type=int, default=60, help="how many wrong readings to print")
    options = parser.parse_args()
    torch.set_num_threads(1)
    model, tokenizer, note = load(options.checkpoint)
    phrases = split(read_phrases(HERE / "phrases"))[1]
    generator = Generator(phrases, seed=11)
    examples = [made for p in phrases for made in [generator.fill(p, disturb=False)] if made is not None]
    print(f"{len(examples)} validation wordings, model of {note.get('examples')} examples")
    classifier = load_classifier(options.classifier)
    results: list[Result] = []
    for weight in options.weight or [WEIGHT]:
        reader = Reader(model, tokenizer, classifier, weight)
        results = measure(reader, examples)
        print(f"weight {weight}")
        for gate in (0.0, 0.5, 0.6, 0.7, 0.8, 0.9):
            print(report(results, gate))
    confusions: Counter[tuple[str, str]] = Counter()
    for r in results:
        if not r.right_tool:
            confusions[name(r.example.tool), name(r.reading.tool)] += 1
    for (wanted, got), n in confusions.most_common(20):
        print(f"{n:4} {wanted} read as {got}")
    for r in [r for r in results if not r.exact][: options.show]:
        args = [(k, v if isinstance(v, str) else r.example.text[slice(*v)]) for k, v in r.example.args]
        print(f"{r.reading.probability:.2f} {r.example.text!r} wanted {name(r.example.tool)} {args}, got {spelled(tokenizer, r.reading)}")


def name(tool: Tool | None) -> str:
    return tool.name if tool else "none"


def spelled(tokenizer: Tokenizer, reading: Reading) -> str:
    return "".join(
        tokenizer.specials[t] if t < tokenizer.byte_offset else tokenizer.token_bytes(t).decode(errors="replace")
        for t in reading.tokens
    )


if __name__ == "__main__":
    main()
