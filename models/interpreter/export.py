"""Writes a checkpoint as GGUF (version 3, weights Q8_0, norms F32) with everything a runtime needs in the file itself.

Format: the GGUF specification of ggml; names and required keys as llama.cpp reads them for architecture `llama`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import struct
from pathlib import Path

import numpy as np

from classifier import WEIGHT
from model import Interpreter
from tokenizer import Tokenizer
from tools import CALL, END, REQUEST, metadata
from train import HERE, load

_UINT32, _FLOAT32, _BOOL, _STRING, _ARRAY, _INT32 = 4, 6, 7, 8, 9, 5
_F32, _Q8_0 = 0, 8
_ALIGNMENT = 32
_NORMAL, _CONTROL = 1, 3
CLASSIFIER_NAME = "castellan-interpreter.classifier.safetensors"

Value = str | bool | int | float | list[str] | list[int] | list[float]


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _value(value: Value) -> bytes:
    match value:
        case str():
            return struct.pack("<I", _STRING) + _string(value)
        case bool():
            return struct.pack("<IB", _BOOL, value)
        case int():
            return struct.pack("<II", _UINT32, value)
        case float():
            return struct.pack("<If", _FLOAT32, value)
        case [str(), *_]:
            return struct.pack("<IIQ", _ARRAY, _STRING, len(value)) + b"".join(_string(v) for v in value)
        case [float(), *_]:
            return struct.pack("<IIQ", _ARRAY, _FLOAT32, len(value)) + struct.pack(f"<{len(value)}f", *value)
        case _:
            return struct.pack("<IIQ", _ARRAY, _INT32, len(value)) + struct.pack(f"<{len(value)}i", *value)


def q8_0(matrix: np.ndarray) -> bytes:
    """Blocks of 32 weights: one half-precision scale, then 32 signed bytes."""
    if matrix.shape[-1] % 32:
        raise ValueError(f"a row of {matrix.shape[-1]} weights cannot be cut into blocks of 32")
    blocks = matrix.astype(np.float32).reshape(-1, 32)
    scale = np.abs(blocks).max(1, keepdims=True) / 127
    levels = np.divide(blocks, scale, out=np.zeros_like(blocks), where=scale > 0)
    packed = np.empty(len(blocks), dtype=[("scale", "<f2"), ("levels", "i1", 32)])
    packed["scale"] = scale[:, 0]
    packed["levels"] = np.rint(levels)
    return packed.tobytes()


def facts(model: Interpreter, tokenizer: Tokenizer, gate: float, note: dict[str, object], classifier: Path) -> dict[str, Value]:
    shape = model.shape
    return {
        "general.architecture": "llama",
        "general.name": "castellan-interpreter",
        "general.license": "mit",
        "general.description": f"Turns a request into one Castellan tool call; trained on {note.get('examples', 0)} examples",
        "general.file_type": 7,
        "llama.context_length": shape.context,
        "llama.embedding_length": shape.width,
        "llama.block_count": shape.layers,
        "llama.feed_forward_length": shape.hidden,
        "llama.attention.head_count": shape.heads,
        "llama.attention.head_count_kv": shape.heads,
        "llama.attention.layer_norm_rms_epsilon": shape.epsilon,
        "llama.rope.dimension_count": shape.head_width,
        "llama.rope.freq_base": shape.rope_base,
        "llama.vocab_size": shape.vocabulary,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "deepseek-coder",
        "tokenizer.ggml.tokens": tokenizer.gguf_tokens(),
        "tokenizer.ggml.scores": [0.0] * tokenizer.size,
        "tokenizer.ggml.token_type": [_CONTROL if i < tokenizer.byte_offset else _NORMAL for i in range(tokenizer.size)],
        "tokenizer.ggml.merges": tokenizer.gguf_merges(),
        "tokenizer.ggml.bos_token_id": tokenizer.special_id[REQUEST],
        "tokenizer.ggml.eos_token_id": tokenizer.special_id[END],
        "tokenizer.ggml.add_bos_token": False,
        "tokenizer.ggml.add_eos_token": False,
        "tokenizer.ggml.add_space_prefix": False,
        "tokenizer.chat_template": "{% for m in messages %}{% if m.role == 'user' %}"
        + REQUEST + " {{ m.content }}" + CALL + "{% endif %}{% endfor %}",
        "castellan.kind": "interpreter",
        "castellan.format": 3,
        "castellan.classifier.file": CLASSIFIER_NAME,
        "castellan.classifier.sha256": hashlib.sha256(classifier.read_bytes()).hexdigest(),
        "castellan.classifier.weight": float(WEIGHT),
        "castellan.gate": float(gate),
        "castellan.tools": json.dumps(metadata(), separators=(",", ":")),
    }  # fmt: skip


def tensors(model: Interpreter) -> dict[str, np.ndarray]:
    weights = {name: value.detach().numpy() for name, value in model.state_dict().items()}
    return {name.replace("blocks.", "blk."): value for name, value in weights.items()}


def write(
    path: Path, model: Interpreter, tokenizer: Tokenizer, gate: float, note: dict[str, object], classifier: Path
) -> None:
    """PyTorch's [out, in] bytes go in unchanged, dimensions written reversed; tied embeddings, so no `output.weight`."""
    header = facts(model, tokenizer, gate, note, classifier)
    infos, payloads, offset = b"", [], 0
    for name, array in tensors(model).items():
        kind = _F32 if array.ndim == 1 else _Q8_0
        data = array.astype("<f4").tobytes() if kind == _F32 else q8_0(array)
        dimensions = array.shape[::-1]
        infos += _string(name) + struct.pack(f"<I{len(dimensions)}Q", len(dimensions), *dimensions)
        infos += struct.pack("<IQ", kind, offset)
        data += b"\0" * (-len(data) % _ALIGNMENT)
        payloads.append(data)
        offset += len(data)
    start = b"GGUF" + struct.pack("<IQQ", 3, len(payloads), len(header))
    start += b"".join(_string(key) + _value(value) for key, value in header.items()) + infos
    start += b"\0" * (-len(start) % _ALIGNMENT)
    path.write_bytes(start + b"".join(payloads))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("output", type=Path, nargs="?", default=HERE / "castellan-interpreter.gguf")
    parser.add_argument("--classifier", type=Path, default=HERE / "build" / "classifier.safetensors")
    parser.add_argument("--gate", type=float, default=0.8)
    options = parser.parse_args()
    model, tokenizer, note = load(options.checkpoint)
    beside = options.output.with_name(CLASSIFIER_NAME)
    if beside != options.classifier:
        shutil.copyfile(options.classifier, beside)
    write(options.output, model, tokenizer, options.gate, note, beside)
    print(f"{options.output}: {options.output.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
