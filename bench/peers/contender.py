"""A contender of `npm run bench -- --peers`: the equations in PyTorch on the CPU, eager or with torch.compile. Reads one call in JSON
per line, {"name", "argument"}, and writes a line {"value"} or {"error"}. The calls are those of bench/ops/contender.mjs."""

import json
import sys
import time

import torch

import cases
from equations import Options, add_rms_norm, connection, depth, depth_width, width

LIMITS = (1e-5, 1e-4)  # forward, gradients; relative to the norm of the tensor, in float32


class Contender:
    def open(self, name, threads, cacheBytes):
        torch.set_num_threads(threads)
        self.compiled = name == "torch-compile"
        self.buffer = torch.ones(cacheBytes // 4)
        return {"versions": {"torch": torch.__version__}}

    def prepare(self, shape, ops):
        self.cases = {op: make_case(op, shape) for op in ops}
        for op, (function, inputs, upstream) in self.cases.items():
            if self.compiled:
                function = torch.compile(function, fullgraph=True, dynamic=False)
            check(op, function, self.cases[op][0], inputs, upstream)
            self.cases[op] = function, inputs, upstream

    def forward(self, op, calls):
        function, inputs, _ = self.cases[op]
        with torch.no_grad():
            return {"forward": self.each(calls, lambda: function(**inputs))}

    def backward(self, op, calls):
        function, inputs, upstream = self.cases[op]
        leaves = {name: value.detach().requires_grad_() for name, value in inputs.items()}
        taken = [0.0, 0.0]
        self.evict(calls)
        for _ in range(calls):
            start = time.perf_counter()
            outputs = function(**leaves)
            taken[0] += time.perf_counter() - start
            self.evict(calls)
            start = time.perf_counter()
            torch.autograd.grad(outputs, list(leaves.values()), upstream, allow_unused=True)
            taken[1] += time.perf_counter() - start
        return {"backward": 1e6 * taken[1] / calls, "both": 1e6 * sum(taken) / calls}

    def each(self, calls, call):
        self.evict(calls)
        start = time.perf_counter()
        for _ in range(calls):
            call()
        return 1e6 * (time.perf_counter() - start) / calls

    def evict(self, calls):
        if calls == 1:
            self.buffer.sum()


def make_case(op, shape):
    """The op as a function of its named inputs, the inputs, and the gradients of its outputs."""
    random = torch.Generator().manual_seed(1)

    def normal(*sizes, scale=1.0):
        return torch.randn(*sizes, generator=random) * scale

    tokens, dim, m = shape["tokens"], shape["dim"], shape["fractions"]
    n, c, k = shape["streams"] * m, dim // m, m + shape["streams"] * m
    o = Options(n, m)
    weights = {"static_alpha": normal(n, k, scale=0.5), "static_beta": normal(n, scale=0.5)}
    if shape["dynamic"]:
        weights |= {"norm_gamma": 1 + normal(c, scale=0.1), "w_alpha": normal(c, k, scale=c**-0.5), "w_beta": normal(c, scale=c**-0.5)}
        weights |= {"scale_alpha": 0.1 + normal(1, scale=0.01), "scale_beta": 0.1 + normal(1, scale=0.01)}
    if shape["prenorm"]:
        weights["prenorm_gamma"] = 1 + normal(dim, scale=0.1)
    lead = [tokens] if shape["dynamic"] else []
    mixing = {"alpha": normal(*lead, n, k, scale=0.5), "beta": normal(*lead, n, scale=0.5)}
    h, y = normal(tokens, n, c), normal(tokens, m, c)

    def around(h, **weights):  # a connection around the identity
        x, alpha, beta = width(h, weights, o)
        return (depth(h, x, alpha, beta, o),)

    def residual(h, y, **gain):
        return add_rms_norm(h, y, gain["gain"]) if gain else (h + y,)

    found = {
        "width": (lambda h, **weights: width(h, weights, o), {"h": h, **weights}),
        "depth": (lambda h, y, alpha, beta: (depth(h, y, alpha, beta, o),), {"h": h, "y": y, **mixing}),
        "depth_width": (
            lambda h, y, alpha, beta, **weights: depth_width(h, y, alpha, beta, weights, o),
            {"h": h, "y": y, **mixing, **weights},
        ),
        "connection": (around, {"h": h, **weights}),
        "residual": (residual, {"h": normal(tokens, dim), "y": normal(tokens, dim), **({"gain": torch.ones(dim)} if shape["prenorm"] else {})}),
    }
    function, inputs = found[op]
    with torch.no_grad():
        upstream = [normal(*each.shape) for each in function(**inputs)]
    # An output that is a static coefficient is the weight itself, and its gradient costs nothing. It is left out.
    return function, inputs, upstream


def results(function, inputs, upstream):
    leaves = {name: value.detach().clone().requires_grad_() for name, value in inputs.items()}
    outputs = function(**leaves)
    grads = torch.autograd.grad(outputs, list(leaves.values()), upstream, allow_unused=True)
    return outputs, [each for each in grads if each is not None]


def check(op, function, plain, inputs, upstream):
    """Raises an error unless outputs and gradients equal those of float64."""
    want = results(plain, {name: value.double() for name, value in inputs.items()}, [each.double() for each in upstream])
    for kind, got, right, limit in zip(("output", "gradient"), results(function, inputs, upstream), want, LIMITS):
        for i, (mine, its) in enumerate(zip(got, right)):
            off = cases.distance(mine, its)
            if not off <= limit:
                raise ValueError(f"{op}: {kind} {i} is off by {off:.3g}, more than {limit}")


def main():
    contender = Contender()
    for line in sys.stdin:
        call = json.loads(line)
        try:
            answer = {"value": getattr(contender, call["name"])(**call["argument"])}
        except Exception as error:  # report any error to the parent process
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
