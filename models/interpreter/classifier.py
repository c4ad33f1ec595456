"""The classifier beside the network: which tool a request means, from its words alone (FORMAT.md, Classifier).

A network that reads a sentence and one that counts its words err on different requests: together they are right more often
than either, and their agreement says more about how sure they may be.
"""

from __future__ import annotations

import argparse
import json
import re
import struct
import time
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import nn

from data import Generator
from phrases import read_phrases
from tools import TOOLS
from train import HERE, SEED, split

# Power of the classifier's opinion in the product of both; chosen by `evaluate.py` on the validation wordings.
WEIGHT = 1.0
BUCKETS = 1 << 16
LABELS: tuple[str | None, ...] = (*(tool.name for tool in TOOLS), None)
_EDGES = ".,!?;:\"'`()"
_DROPOUT = 0.3
_BATCH = 256


def words_of(text: str) -> list[str]:
    """The words of a normalised request; a path, a number and an identifier each count as one word, whatever they are."""
    words: list[str] = []
    for piece in re.findall(r"[^ \t\n\r]+", text):
        bare = piece.strip(_EDGES)
        if "/" in bare:
            words.append("<path>")
        elif re.fullmatch(r"#?[0-9]+", bare):
            words.append("<number>")
        elif len(bare) > 8 and re.search(r"[0-9]", bare):
            words.append("<id>")
        elif len(bare) > 40:
            words.append("<long>")
        else:
            words += [part for part in re.split(r"[-_.=:]", bare) if part]
    return words


def features(text: str) -> list[int]:
    """Buckets of a request's words, pairs, pairs with one between, and runs of four characters."""
    words = words_of(text)
    found = [f"w{word}" for word in words]
    for word in words:
        edged = f"<{word}>"
        found += [f"c{edged[i : i + 4]}" for i in range(max(1, len(edged) - 3))]
    framed = ["^", *words, "$"]
    found += [f"p{a} {b}" for a, b in zip(framed, framed[1:])]
    found += [f"s{a} {b}" for a, b in zip(words, words[2:])]
    return [zlib.crc32(feature.encode()) % BUCKETS for feature in found] or [0]


class Classifier(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.bag = nn.EmbeddingBag(BUCKETS, width, mode="sum")
        nn.init.normal_(self.bag.weight, std=0.05)
        self.hidden = nn.Linear(width, width)
        self.output = nn.Linear(width, len(LABELS))

    def forward(self, texts: list[str]) -> torch.Tensor:
        """Log probabilities of {@link LABELS} for each normalised request."""
        found = [features(text) for text in texts]
        counts = torch.tensor([float(len(buckets)) for buckets in found])
        starts = torch.cumsum(torch.tensor([0, *map(len, found[:-1])]), 0)
        flat = torch.tensor([bucket for buckets in found for bucket in buckets])
        x = torch.relu(self.bag(flat, starts) / counts.sqrt()[:, None])
        x = nn.functional.dropout(x, _DROPOUT, self.training)
        x = nn.functional.dropout(x + torch.relu(self.hidden(x)), _DROPOUT, self.training)
        return self.output(x).log_softmax(-1)


def train(generator: Generator, examples: int, width: int) -> Classifier:
    torch.manual_seed(SEED)
    model = Classifier(width)
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
    place = {label: index for index, label in enumerate(LABELS)}
    model.train()
    started = time.monotonic()
    for seen in range(0, examples, _BATCH):
        drawn = [generator.example() for _ in range(_BATCH)]
        wanted = torch.tensor([place[example.tool.name if example.tool else None] for example in drawn])
        for group in optimiser.param_groups:
            group["lr"] = 3e-3 * (1 - seen / examples)
        found = model([example.text for example in drawn])
        loss = 0.95 * nn.functional.nll_loss(found, wanted) - 0.05 * found.mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if seen % (200 * _BATCH) == 0:
            print(f"{seen} examples, {time.monotonic() - started:.0f} s, loss {float(loss):.3f}", flush=True)
    model.eval()
    return model


def save(path: Path, model: Classifier) -> None:
    """Safetensors: the bag as signed bytes with one scale a bucket, the rest as float32, the labels in the metadata."""
    weights = {name: value.detach().numpy() for name, value in model.state_dict().items()}
    bag = weights.pop("bag.weight")
    scale = np.abs(bag).max(1) / 127
    levels = np.divide(bag, scale[:, None], out=np.zeros_like(bag), where=scale[:, None] > 0)
    tensors = {"bag.scale": scale.astype("<f4")} | {name: value.astype("<f4") for name, value in weights.items()}
    tensors["bag.levels"] = np.rint(levels).astype("i1")
    header: dict[str, object] = {"__metadata__": {"castellan.classifier": "1", "labels": json.dumps(LABELS)}}
    offset = 0
    for name, value in tensors.items():
        kind = "I8" if value.dtype == np.int8 else "F32"
        header[name] = {"dtype": kind, "shape": list(value.shape), "data_offsets": [offset, offset + value.nbytes]}
        offset += value.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(value.tobytes() for value in tensors.values()))


def load(path: Path) -> Classifier:
    """What {@link save} wrote, with its rounding."""
    data = path.read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    found = {}
    for name, about in header.items():
        if name == "__metadata__":
            if json.loads(about["labels"]) != list(LABELS):
                raise ValueError(f"{path} was trained for other tools; train it again")
            continue
        start, end = about["data_offsets"]
        kind = np.int8 if about["dtype"] == "I8" else np.dtype("<f4")
        values = np.frombuffer(data[8 + length + start : 8 + length + end], kind).reshape(about["shape"])
        found[name] = torch.from_numpy(values.astype(np.float32))
    found["bag.weight"] = found.pop("bag.levels") * found.pop("bag.scale")[:, None]
    model = Classifier(found["bag.weight"].shape[1])
    model.load_state_dict(found)
    model.eval()
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=400_000)
    parser.add_argument("--width", type=int, default=96)
    parser.add_argument("--all", action="store_true", help="train on the validation wordings too (the final round)")
    parser.add_argument("--output", type=Path, default=HERE / "build" / "classifier.safetensors")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    phrases = read_phrases(HERE / "phrases")
    training = phrases if options.all else split(phrases)[0]
    model = train(Generator(training, SEED + 1), options.examples, options.width)
    save(options.output, model)
    print(f"{options.output}: {options.output.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
