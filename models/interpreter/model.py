"""The network: llama's architecture as llama.cpp runs it (RMS norm, interleaved rotary pairs, SwiGLU, tied embeddings)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True)
class Shape:
    vocabulary: int
    width: int = 192
    layers: int = 5
    heads: int = 6
    hidden: int = 512
    context: int = 256
    rope_base: float = 1000.0
    epsilon: float = 1e-5

    @property
    def head_width(self) -> int:
        return self.width // self.heads


class Norm(nn.Module):
    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.epsilon) * self.weight


class Block(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.attn_norm = Norm(shape.width, shape.epsilon)
        self.ffn_norm = Norm(shape.width, shape.epsilon)
        self.attn_q = nn.Linear(shape.width, shape.width, bias=False)
        self.attn_k = nn.Linear(shape.width, shape.width, bias=False)
        self.attn_v = nn.Linear(shape.width, shape.width, bias=False)
        self.attn_output = nn.Linear(shape.width, shape.width, bias=False)
        self.ffn_gate = nn.Linear(shape.width, shape.hidden, bias=False)
        self.ffn_up = nn.Linear(shape.width, shape.hidden, bias=False)
        self.ffn_down = nn.Linear(shape.hidden, shape.width, bias=False)

    def forward(self, x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor, mask: torch.Tensor, drop: float) -> torch.Tensor:
        batch, length, width = x.shape
        heads, size = self.shape.heads, self.shape.head_width
        y = self.attn_norm(x)
        q = rotate(self.attn_q(y).view(batch, length, heads, size).transpose(1, 2), cos, sin)
        k = rotate(self.attn_k(y).view(batch, length, heads, size).transpose(1, 2), cos, sin)
        v = self.attn_v(y).view(batch, length, heads, size).transpose(1, 2)
        scores = torch.matmul(q, k.transpose(-1, -2)) / math.sqrt(size) + mask
        mixed = torch.matmul(scores.softmax(-1), v).transpose(1, 2).reshape(batch, length, width)
        x = x + nn.functional.dropout(self.attn_output(mixed), drop, self.training)
        y = self.ffn_norm(x)
        y = self.ffn_down(nn.functional.silu(self.ffn_gate(y)) * self.ffn_up(y))
        return x + nn.functional.dropout(y, drop, self.training)


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Rotates neighbouring pairs (0,1), (2,3) …: what llama.cpp does for architecture `llama`, so weights go in unpermuted."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2)


class Interpreter(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.token_embd = nn.Embedding(shape.vocabulary, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.output_norm = Norm(shape.width, shape.epsilon)
        angles = torch.arange(shape.context)[:, None] * frequencies(shape)[None, :]
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)
        self.register_buffer("mask", torch.full((shape.context, shape.context), -1e9).triu(1), persistent=False)
        self.dropout = 0.0
        self._initialise()

    def _initialise(self) -> None:
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                scale = 0.02 if name == "token_embd.weight" else 1 / math.sqrt(parameter.shape[1])
                if "attn_output" in name or "ffn_down" in name:
                    scale /= math.sqrt(2 * self.shape.layers)
                nn.init.normal_(parameter, std=scale)
        with torch.no_grad():
            # One dimension that all tokens share gives attention something to look at that is not content.
            self.token_embd.weight[:, 0] = 0.1
            for head in range(2):
                self._look_back(self.blocks[0], head, distance=head + 1)

    def _look_back(self, block: Block, head: int, distance: int) -> None:
        """Makes a head attend `distance` tokens back whatever they are: copying is then soon learned on top of it."""
        size = self.shape.head_width
        rows = slice(head * size, (head + 1) * size)
        theta = frequencies(self.shape)
        block.attn_q.weight[rows] *= 0.1
        block.attn_k.weight[rows] *= 0.1
        # With the shared dimension normalised to about 4, this puts ~8 between the wanted token and its neighbours.
        strength = 1.6
        for pair in range(size // 2):
            angle = -distance * float(theta[pair])
            block.attn_q.weight[head * size + 2 * pair, 0] = strength * math.cos(angle)
            block.attn_q.weight[head * size + 2 * pair + 1, 0] = strength * math.sin(angle)
            block.attn_k.weight[head * size + 2 * pair, 0] = strength
            block.attn_k.weight[head * size + 2 * pair + 1, 0] = 0.0

    def hidden(self, tokens: torch.Tensor) -> torch.Tensor:
        length = tokens.shape[1]
        x = nn.functional.dropout(self.token_embd(tokens), self.dropout, self.training)
        cos, sin, mask = self.cos[:length], self.sin[:length], self.mask[:length, :length]
        for block in self.blocks:
            x = block(x, cos, sin, mask, self.dropout)
        return self.output_norm(x)

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        return hidden @ self.token_embd.weight.t()


def frequencies(shape: Shape) -> torch.Tensor:
    return shape.rope_base ** (-torch.arange(0, shape.head_width, 2).float() / shape.head_width)
