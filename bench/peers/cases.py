"""Runs the reference cases (cases.txt, made from test/fixtures) through the equations, forward and backward."""

import torch

from equations import Options, connection

TOLERANCES = {torch.float64: (1e-9, 1e-9), torch.float32: (1e-5, 1e-4)}  # forward, gradients; relative to the norm of the tensor


def read(path):
    """Reads cases as {name, config: {key: word}, tensors: {'inputs.h': float64 tensor}}."""
    cases = []
    with open(path) as lines:
        for line in lines:
            kind, *words = line.split()
            if kind == "case":
                cases.append({"name": words[0], "config": {}, "tensors": {}})
            elif kind == "config":
                cases[-1]["config"][words[0]] = words[1]
            elif kind == "tensor":
                shape = [int(each) for each in words[2:]]
                values = [float(each) for each in next(lines).split()]
                cases[-1]["tensors"][words[0]] = torch.tensor(values, dtype=torch.float64).reshape(shape)
    if not cases:
        raise ValueError(f"{path} has no cases")
    return cases


def group(case, prefix, **to):
    start = prefix + "."
    return {k[len(start) :]: v.to(**to) for k, v in case["tensors"].items() if k.startswith(start)}


def run(case, dtype, device, style):
    """Outputs and gradients by name, in the shapes of the fixtures, for the loss sum(x grad_x) + sum(out grad_out)."""
    config = case["config"]
    m = int(config["fractions"])
    n, c = int(config["streams"]) * m, int(config["dim"]) // m
    o = Options(n, m, config["norm"], config["tanh"] == "true", float(config["epsilon"]), style)
    given = group(case, "inputs", dtype=dtype, device=device)
    upstream = [given.pop("grad_x").reshape(-1, m, c), given.pop("grad_out").reshape(-1, n, c)]
    leaves = {name: value.requires_grad_() for name, value in given.items()}
    weights = {name: value for name, value in leaves.items() if name not in ("h", "y")}
    x, out, alpha, beta = connection(leaves["h"].reshape(-1, n, c), leaves["y"].reshape(-1, m, c), weights, o)
    grads = torch.autograd.grad([x, out], list(leaves.values()), upstream)
    outputs = {"x": x, "out": out, "alpha": alpha, "beta": beta}
    return outputs, dict(zip(leaves, grads))


def distance(got, want):
    got, want = (each.detach().double().cpu().flatten() for each in (got, want))
    if got.numel() != want.numel():  # a static coefficient; a fixture may repeat it for each token
        got = got.repeat(want.numel() // got.numel())
    return float((got - want).norm() / want.norm().clamp_min(1e-30))


def check(path, device):
    """Prints wrong results. Returns True if there are none."""
    cases, wrong = read(path), 0
    for dtype, limits in TOLERANCES.items():
        for style in ("matmul", "sums"):
            worst = 0.0
            for case in cases:
                results = run(case, dtype, device, style)
                for prefix, got, limit in zip(("outputs", "grads"), results, limits):
                    for name, want in group(case, prefix).items():
                        off = distance(got[name], want)
                        worst = max(worst, off)
                        if not off <= limit:
                            wrong += 1
                            print(f"{case['name']}, {dtype}, {style}: {prefix}.{name} is off by {off:.3g}")
            print(f"{len(cases)} cases, {dtype}, {style}: off by {worst:.2g} at most")
    return wrong == 0
