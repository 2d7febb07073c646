"""The Triton kernel: interpreted on the CPU against float64, built for GPUs that are not here."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
CASES = """
import json, os, sys
import torch
from ast_demo.explain.attention_maps import rollout_step_triton
from ast_demo.model.attention import AttentionTrace

torch.manual_seed(0)
worst = {}
for dtype in (torch.float32, torch.float16):
    for batch, heads, tokens, head_dim in json.loads(sys.argv[1]):
        queries = 3 * torch.randn(batch, tokens, heads, head_dim)
        keys = torch.randn(batch, tokens, heads, head_dim)
        queries, keys = (given.to(dtype).transpose(1, 2) for given in (queries, keys))
        scores = queries.double() @ keys.double().mT * head_dim**-0.5
        trace = AttentionTrace(queries, keys, keys, keys, scores.logsumexp(-1).float())
        share = torch.rand(batch, tokens).softmax(-1)
        share[:, 1::3] = 0
        weights = scores.softmax(-1).mean(1)
        expected = (share[:, None].double() @ weights)[:, 0]
        cases = (trace, trace._replace(log_sums=None))
        found = [rollout_step_triton(share, given) for given in cases]
        for result in found:
            assert result.shape == (batch, tokens) and result.dtype == torch.float32
            error = ((result - expected).abs().max() / expected.max()).item()
            worst[str(dtype)] = max(error, worst.get(str(dtype), 0.0))
print(json.dumps(worst))
"""
SHAPES = [[1, 3, 146, 64], [2, 2, 98, 32], [1, 4, 77, 48], [2, 1, 128, 8], [1, 1, 5, 24]]

BUILD = """
import sys
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource, compile
from ast_demo.explain import triton_ops

function = triton_ops._rollout_blocks
fixed = {"tokens": 1214, "head_dim": 64, "block_dim": 64}
fixed |= {"block_rows": triton_ops.BLOCK_ROWS, "block_tokens": triton_ops.BLOCK_TOKENS}
fixed |= {"query_dim": 1, "key_dim": 1}
types = dict.fromkeys(function.arg_names, "i32") | {"scale": "fp32"}
types |= dict.fromkeys(["share", "log_sums", "carried"], "*fp32")
types |= dict.fromkeys(["queries", "keys"], "*fp16") | dict.fromkeys(fixed, "constexpr")
for capability in (80, 90):
    target = GPUTarget("cuda", capability, 32)
    built = compile(ASTSource(function, types, fixed), target=target)
    assert len(built.asm["cubin"]) > 1000
    print(capability, "mma" in built.asm["ptx"])
"""

pytestmark = pytest.mark.slow
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="Triton comes with torch on Linux")


def run(code, tmp_path, *arguments, **variables):
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "TRITON_CACHE_DIR": str(tmp_path), **variables},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    return result.stdout


@on_linux
def test_interpreted_it_carries_shares_as_the_matrices_do(tmp_path):
    worst = json.loads(run(CASES, tmp_path, json.dumps(SHAPES), TRITON_INTERPRET="1"))
    assert worst.keys() == {"torch.float32", "torch.float16"}
    for dtype, error in worst.items():
        assert error < 1e-5, f"{dtype}: {error:.3g} of the largest share"


@on_linux
def test_it_builds_for_ampere_and_hopper_and_uses_their_matrix_units(tmp_path):
    assert run(BUILD, tmp_path).split() == ["80", "True", "90", "True"]
