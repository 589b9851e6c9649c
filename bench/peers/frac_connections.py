#!/usr/bin/env python3
"""Frac-Connections in PyTorch, eager and through torch.compile, and the residual connection that they take the place of: what the
kernels have to beat. Values are checked against float64 before anything is timed; one JSON row a line.

  python3 frac_connections.py --check cases.txt [--device cpu]
  python3 frac_connections.py --rows FILE [--device cuda|cpu] [--tokens 16384] [--dims 2048 4096] [--rate 4] [--seconds 0]
"""

import argparse
import json
import sys
import time

import torch

import cases
from equations import Options, add_rms_norm, connection, depth_width
from timing import copies_needed, copy_us, time_us

# The least rows of `dim` values that each must move per token: forward, and forward + backward.
UNITS = {"connection": (5, 14), "frac_depth_width": (4, 10), "residual add + RMSNorm": (4, 8)}
LIMITS = {torch.float32: 1e-4, torch.bfloat16: 2e-2}  # error against float64, relative to the norm of the tensor; bfloat16 has 8 bits


def make_inputs(op, tokens, dim, m, dtype, device, seed):
    """Named inputs, and gradients of the outputs. Random weights, because the zeros of the initial weights would hide errors."""
    random = torch.Generator(device=device).manual_seed(seed)

    def normal(*shape, scale=1.0, type_=torch.float32):
        return (torch.randn(*shape, generator=random, device=device) * scale).to(type_)

    c, k = dim // m, 2 * m
    if op == "residual add + RMSNorm":
        given = {name: normal(tokens, dim, type_=dtype) for name in ("x", "y")}
        return {**given, "gamma": 1 + normal(dim, scale=0.1)}, [normal(tokens, dim, type_=dtype) for _ in range(2)]
    given = {name: normal(tokens, m, c, type_=dtype) for name in ("h", "y")}
    if op == "frac_depth_width":
        given |= {"alpha": normal(tokens, m, k, scale=0.5), "beta": normal(tokens, m, scale=0.5)}
    given |= {"static_alpha": normal(m, k, scale=0.5), "static_beta": normal(m, scale=0.5)}
    given |= {"norm_gamma": 1 + normal(c, scale=0.1), "w_alpha": normal(c, k, scale=c**-0.5), "w_beta": normal(c, scale=c**-0.5)}
    given |= {"scale_alpha": 0.1 + normal(1, scale=0.01), "scale_beta": 0.1 + normal(1, scale=0.01)}
    upstream = [normal(tokens, m, c, type_=dtype) for _ in range(2)]
    return given, upstream + [normal(tokens, m, k), normal(tokens, m)]


def function_of(op, m, style):
    """The op as a function of its named inputs."""
    o = Options(m, m, style=style)
    if op == "residual add + RMSNorm":
        return lambda x, y, gamma: add_rms_norm(x, y, gamma)
    if op == "connection":
        return lambda h, y, **weights: connection(h, y, weights, o)
    return lambda h, y, alpha, beta, **weights: depth_width(h, y, alpha, beta, weights, o)


def backward(function, given, upstream):
    leaves = {name: value.detach().requires_grad_() for name, value in given.items()}
    outputs = function(**leaves)
    grads = torch.autograd.grad(outputs, list(leaves.values()), [g.to(o.dtype) for g, o in zip(upstream, outputs)])
    return [*outputs, *grads]


def sums_together(names, results):
    """Outputs and gradients. Those of scales and static parts are joined to one vector, because a single value may nearly cancel."""
    grads = dict(zip(names, results[-len(names) :]))
    sums = [value.flatten().double() for name, value in grads.items() if name.startswith(("static_", "scale_"))]
    rest = [value for name, value in grads.items() if not name.startswith(("static_", "scale_"))]
    return [*results[: -len(names)], *rest, *([torch.cat(sums)] if sums else [])]


def agrees(function, op, m, dtype, device, dim):
    """Raises an error unless outputs and gradients equal those of float64 on the same inputs."""
    given, upstream = make_inputs(op, 64, dim, m, dtype, device, 7)
    got = backward(function, given, upstream)
    want = backward(function_of(op, m, "matmul"), {k: v.double() for k, v in given.items()}, [g.double() for g in upstream])
    got, want = (sums_together(list(given), each) for each in (got, want))
    for i, (mine, right) in enumerate(zip(got, want)):
        off = cases.distance(mine, right)
        if not off <= LIMITS[dtype]:
            raise ValueError(f"{op}, {dtype}: result {i} is off by {off:.3g}, more than {LIMITS[dtype]}")


def measure(op, implementation, style, dtype, dim, a):
    """Rows of one implementation at one size."""
    function = function_of(op, a.rate, style)
    if implementation != "eager":
        torch.compiler.reset()
        function = torch.compile(function, fullgraph=True, dynamic=False)
    agrees(function, op, a.rate, dtype, a.device, dim)
    if implementation != "eager":
        torch.compiler.reset()  # the check compiled for another number of tokens
    one = a.tokens * dim * dtype.itemsize
    sets = [make_inputs(op, a.tokens, dim, a.rate, dtype, a.device, i) for i in range(copies_needed(4 * one))]

    def forward(i):
        with torch.no_grad():
            function(**sets[i % len(sets)][0])

    runs = {"forward": forward, "forward + backward": lambda i: backward(function, *sets[i % len(sets)])}
    for units, (pass_, run) in zip(UNITS[op], runs.items()):
        us, total = time_us(run, a.device, a.repeats), units * one
        yield {
            "implementation": implementation, "op": op, "pass": pass_, "dtype": str(dtype).split(".")[1],
            "N": a.tokens, "d": dim, "n": a.rate, "m": a.rate, "options": f"dynamic {style}" if style else "",
            "us": round(us, 2), "gbps": round(total / us / 1e3, 1),
            "percentOfCopy": round(100 * copy_us(total, a.device, a.repeats) / us, 1), "torch": torch.__version__,
        }  # fmt: skip


def settings(dims):
    """The settings, those of the goals first."""
    for dim in dims:
        for dtype in (torch.bfloat16, torch.float32):
            yield "residual add + RMSNorm", "add+rmsnorm", "", dtype, dim
            for style in ("sums", "matmul"):
                yield "frac_depth_width", "compile", style, dtype, dim
    for dim in dims:
        for dtype in (torch.bfloat16, torch.float32):
            yield "frac_depth_width", "eager", "matmul", dtype, dim
            yield "connection", "eager", "matmul", dtype, dim
            for style in ("sums", "matmul"):
                yield "connection", "compile", style, dtype, dim


def bench(a):
    """Prints and writes the rows. Returns True if every setting was measured."""
    started, complete = time.monotonic(), True
    with open(a.rows, "w", buffering=1) as file:
        for op, implementation, style, dtype, dim in settings(a.dims):
            name = f"{op}, {implementation} {style}, {dtype}, d {dim}"
            if a.seconds and time.monotonic() - started > a.seconds:
                print(f"left out, because the time limit is reached: {name}")
                complete = False
                continue
            try:
                for row in measure(op, implementation, style, dtype, dim, a):
                    print(json.dumps(row))
                    file.write(json.dumps(row) + "\n")
            except (RuntimeError, ValueError) as error:
                print(f"failed: {name}: {error}")
                complete = False
            if a.device == "cuda":
                torch.cuda.empty_cache()
    return complete


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", metavar="CASES")
    parser.add_argument("--rows", metavar="FILE")
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"))
    parser.add_argument("--tokens", type=int, default=16384)
    parser.add_argument("--dims", type=int, nargs="+", default=[2048, 4096])
    parser.add_argument("--rate", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=31)
    parser.add_argument("--seconds", type=float, default=0, help="start no new setting after this time; 0 means no limit")
    a = parser.parse_args()
    if bool(a.check) == bool(a.rows):
        parser.error("either --check CASES or --rows FILE")
    print(f"PyTorch {torch.__version__}, {torch.cuda.get_device_name() if a.device == 'cuda' else 'CPU'}")
    return 0 if (cases.check(a.check, a.device) if a.check else bench(a)) else 1


if __name__ == "__main__":
    sys.exit(main())
