#!/bin/sh
# Rebuilds the built-in model: data, training, GGUF, figures. Two cores, under three hours, or a GPU where PyTorch finds one; seeds are fixed.
# Needs Debian's python3-torch, libopenblas0-pthread and python3-numpy, and the project's own dependencies for the last step.
set -eu
cd "$(dirname "$0")"

python=${PYTHON:-/usr/bin/python3}
node=${NODE:-$(ls ../../node_modules/node-linux-*/bin/node | head -n 1)}
if ! "$python" -c 'import torch, numpy' 2>/dev/null; then
  echo "The recipe needs PyTorch. On Debian: apt-get install python3-torch libopenblas0-pthread python3-numpy" >&2
  exit 1
fi
# OpenBLAS threads only get in each other's way at this size.
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1

"$python" -m unittest discover -s test
# First without the validation wordings, to measure and to judge gate and weight on them; then a short round on everything.
"$python" classifier.py --output build/first.classifier.safetensors &
"$python" train.py --output build/first.pt
wait
"$python" evaluate.py build/first.pt --classifier build/first.classifier.safetensors --weight 0 --weight 0.5 --weight 1 --weight 1.5
"$python" classifier.py --all &
"$python" train.py --all --start build/first.pt --examples 120000 --minutes 25 --rate 0.35 --output build/interpreter.pt
wait
"$python" export.py build/interpreter.pt castellan-interpreter.gguf
# What the registry of models trusts the built-in one by.
sha256sum castellan-interpreter.gguf >castellan-interpreter.gguf.sha256
"$python" sample_tokens.py build/interpreter.pt | "$node" check-tokens.ts
"$node" --conditions=source evaluate.ts
