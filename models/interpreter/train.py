"""Trains the interpreter: Muon for matrices, AdamW for embeddings and norms, loss on the answer only, checkpoints as it goes."""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path

import torch
from torch import nn

from data import Encoded, Generator, echo, encode
from model import Interpreter, Shape
from phrases import Phrase, read_phrases
from tokenizer import Tokenizer, count_words, learn_merges
from tools import special_tokens

HERE = Path(__file__).parent
VALIDATION_SHARE = 0.06
SEED = 2026
# Twice these rates did not settle: the loss fell by half as soon as they were halved.
MUON_RATE, ADAM_RATE = 0.012, 0.0018


def split(phrases: list[Phrase]) -> tuple[list[Phrase], list[Phrase]]:
    """Whole wordings held out: what the model must understand without having seen the sentence."""
    kept = [p for p in phrases if p.fraction() >= VALIDATION_SHARE]
    return kept, [p for p in phrases if p.fraction() < VALIDATION_SHARE]


def build_tokenizer(phrases: list[Phrase], merges: int) -> Tokenizer:
    """Merges from wordings alone, with square-rooted counts, plus a sample of values so that paths are not spelled letter by letter."""
    generator = Generator(phrases, SEED)
    words = count_words(p.text.replace("{", " ").replace("}", " ") for p in phrases)
    words += count_words(generator.values.draw(slot) for slot in ("unit", "file", "dir", "text", "old", "host", "option", "cmd", "fact", "pkg") for _ in range(400))
    damped = type(words)({word: math.ceil(10 * math.sqrt(n)) for word, n in words.items()})
    return Tokenizer(special_tokens(), learn_merges(damped, merges))


class Muon:
    """Momentum, then the nearest orthogonal matrix by five Newton-Schulz steps (Jordan et al., 2024)."""

    def __init__(self, matrices: list[nn.Parameter], rate: float, momentum: float = 0.95, decay: float = 0.01) -> None:
        self.groups: dict[tuple[int, ...], list[nn.Parameter]] = {}
        for matrix in matrices:
            self.groups.setdefault(tuple(matrix.shape), []).append(matrix)
        self.state = {shape: torch.zeros(len(group), *shape, device=group[0].device) for shape, group in self.groups.items()}
        self.rate, self.momentum, self.decay = rate, momentum, decay

    @torch.no_grad()
    def step(self, scale: float) -> None:
        for shape, group in self.groups.items():
            gradient = torch.stack([p.grad for p in group])
            velocity = self.state[shape]
            velocity.mul_(self.momentum).add_(gradient)
            update = orthogonal(gradient + self.momentum * velocity) * max(1.0, shape[0] / shape[1]) ** 0.5
            for parameter, change in zip(group, update):
                parameter.mul_(1 - self.rate * scale * self.decay).add_(change, alpha=-self.rate * scale)


def orthogonal(stack: torch.Tensor) -> torch.Tensor:
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = stack.shape[1] > stack.shape[2]
    x = stack.transpose(1, 2) if tall else stack
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(5):
        gram = x @ x.transpose(1, 2)
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.transpose(1, 2) if tall else x


def batches(generator: Generator, tokenizer: Tokenizer, size: int, echo_share: float) -> list[list[Encoded]]:
    """Batches of similar length (little padding) in random order, from one draw of 40 batches."""
    rng = generator.rng
    drawn: list[Encoded] = []
    while len(drawn) < 40 * size:
        made = echo(tokenizer, generator.values, rng) if rng.random() < echo_share else encode(generator.example(), tokenizer)
        if made is not None and len(made.tokens) <= 250:
            drawn.append(made)
    drawn.sort(key=lambda e: len(e.tokens) + rng.random() * 4)
    grouped = [drawn[i : i + size] for i in range(0, len(drawn), size)]
    rng.shuffle(grouped)
    return grouped


def tensors(batch: list[Encoded], device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs, and targets with -100 where no loss counts."""
    length = max(len(e.tokens) for e in batch) - 1
    inputs = torch.zeros(len(batch), length, dtype=torch.long)
    targets = torch.full((len(batch), length), -100, dtype=torch.long)
    for row, e in enumerate(batch):
        n = len(e.tokens) - 1
        inputs[row, :n] = torch.tensor(e.tokens[:-1])
        targets[row, e.answer_start - 1 : n] = torch.tensor(e.tokens[e.answer_start :])
    return inputs.to(device), targets.to(device)


def loss_of(model: Interpreter, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    hidden = model.hidden(inputs)
    counted = targets != -100
    return nn.functional.cross_entropy(model.logits(hidden[counted]), targets[counted])


def save(path: Path, model: Interpreter, tokenizer: Tokenizer, note: dict[str, object]) -> None:
    weights = {name: value.cpu() for name, value in model.state_dict().items()}
    state = {"shape": vars(model.shape), "weights": weights, "specials": tokenizer.specials, "merges": tokenizer.merges, "note": note}
    torch.save(state, path.with_suffix(".tmp"))
    path.with_suffix(".tmp").replace(path)


def load(path: Path) -> tuple[Interpreter, Tokenizer, dict[str, object]]:
    """A checkpoint, for the tools of today: a token that was not there yet begins as the mean of its kind."""
    state = torch.load(path)
    before = Tokenizer(state["specials"], state["merges"])
    tokenizer = Tokenizer(special_tokens(), state["merges"])
    embedding = state["weights"]["token_embd.weight"]
    if before.specials != tokenizer.specials:
        mean = embedding[: before.byte_offset].mean(0)
        rows = [embedding[before.special_id[text]] if text in before.special_id else mean for text in tokenizer.specials]
        state["weights"]["token_embd.weight"] = torch.cat([torch.stack(rows), embedding[before.byte_offset :]])
    model = Interpreter(Shape(**{**state["shape"], "vocabulary": tokenizer.size}))
    model.load_state_dict(state["weights"])
    return model, tokenizer, state["note"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=700_000)
    parser.add_argument("--minutes", type=float, default=120, help="stop early and finish the schedule by then")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int, default=1, help="more only pay on idle cores: the matrices are small")
    parser.add_argument("--width", type=int, default=224)
    parser.add_argument("--layers", type=int, default=5)
    parser.add_argument("--merges", type=int, default=1900)
    parser.add_argument("--all", action="store_true", help="train on the validation wordings too (the final round)")
    parser.add_argument("--start", type=Path, help="checkpoint to go on from (a shorter second round on more phrases)")
    parser.add_argument("--rate", type=float, default=1.0, help="multiplies the learning rates")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--output", type=Path, default=HERE / "build" / "interpreter.pt")
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    phrases = read_phrases(HERE / "phrases")
    training = phrases if options.all else split(phrases)[0]
    if options.start:
        model, tokenizer, _ = load(options.start)
    else:
        tokenizer = build_tokenizer(phrases, options.merges)
        width = options.width
        model = Interpreter(Shape(tokenizer.size, width, options.layers, width // 32, (width * 8 // 3 + 63) // 64 * 64))
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model.to(device)
    model.train()
    model.dropout = 0.05
    generator = Generator(training, options.seed)
    matrices = [p for n, p in model.named_parameters() if p.dim() == 2 and n.startswith("blocks")]
    others = [p for n, p in model.named_parameters() if p.dim() == 1 or not n.startswith("blocks")]
    muon = Muon(matrices, MUON_RATE * options.rate)
    adam = torch.optim.AdamW(others, lr=ADAM_RATE * options.rate, betas=(0.9, 0.98), weight_decay=0.01)
    average = {n: p.detach().clone() for n, p in model.state_dict().items()}
    options.output.parent.mkdir(parents=True, exist_ok=True)
    count = sum(p.numel() for p in model.parameters())
    print(f"{len(training)} phrases, {tokenizer.size} tokens, {count} parameters, on {device}", flush=True)

    started = saved = time.monotonic()
    seen = step = 0
    recent: list[float] = []
    while True:
        elapsed = (time.monotonic() - started) / 60
        progress = max(seen / options.examples, elapsed / options.minutes)
        if progress >= 1:
            break
        for batch in batches(generator, tokenizer, options.batch, 0.3 if seen < 20_000 and not options.start else 0.01):
            progress = max(seen / options.examples, (time.monotonic() - started) / 60 / options.minutes)
            if progress >= 1:
                break
            scale = min(1.0, (step + 1) / 100) * (1 if progress < 0.25 else 0.02 + 0.98 * (1 - (progress - 0.25) / 0.75))
            for group in adam.param_groups:
                group["lr"] = ADAM_RATE * options.rate * scale
            loss = loss_of(model, *tensors(batch, device))
            for p in model.parameters():
                p.grad = None
            loss.backward()
            nn.utils.clip_grad_norm_(others, 1.0)
            muon.step(scale)
            adam.step()
            # The average of the last few hundred steps says more than the last step.
            keep = min(0.997, (step + 1) / (step + 10))
            with torch.no_grad():
                for name, value in model.state_dict().items():
                    average[name].mul_(keep).add_(value, alpha=1 - keep)
            seen += len(batch)
            step += 1
            recent.append(float(loss))
        speed = seen / (time.monotonic() - started)
        print(f"{seen} examples, {speed:.0f}/s, loss {sum(recent) / len(recent):.4f}, {progress:.0%}", flush=True)
        recent.clear()
        if time.monotonic() - saved > 120:
            saved = time.monotonic()
            write_average(options.output, model, average, tokenizer, seen)
    write_average(options.output, model, average, tokenizer, seen)


def write_average(path: Path, model: Interpreter, average: dict[str, torch.Tensor], tokenizer: Tokenizer, seen: int) -> None:
    averaged = Interpreter(model.shape).to(next(model.parameters()).device)
    averaged.load_state_dict(average)
    save(path, averaged, tokenizer, {"examples": seen})
    print(json.dumps({"saved": str(path), "examples": seen}), flush=True)


if __name__ == "__main__":
    main()
