"""The paper's equations in plain PyTorch, for any streams and fractions (arXiv 2503.14125, Eq. 7 to 14 and Algorithm 2).

N tokens, n segments of width c, m blocks. h: [N, n, c], y and x: [N, m, c], alpha: [N, n, m + n] or [n, m + n], beta: [N, n] or [n].
Coefficients and mixes are computed in float32, or in float64 where the inputs are; h, x and out keep the type of h.

There are two styles of the same sums: 'matmul' uses matrix products, like the paper; 'sums' uses products that are broadcast and
added, which a compiler that fuses element-wise code can put into one kernel.
"""

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Options:
    n: int
    m: int
    norm: str = "rms"  # or 'layer', 'none'
    tanh: bool = True
    epsilon: float = 1e-5
    style: str = "matmul"  # or 'sums'


def wide(t):
    """Converts to the type for arithmetic: at least float32."""
    return t if t.dtype == torch.float64 else t.float()


def normalised(h, weights, o):
    if o.norm == "none":
        return h
    if o.norm == "layer":
        h = h - h.mean(-1, keepdim=True)
    h = h * torch.rsqrt(h.square().mean(-1, keepdim=True) + o.epsilon) * weights["norm_gamma"]
    return h + weights["norm_beta"] if o.norm == "layer" else h


def project(h, w, o):
    """h @ w, w: [c, columns] or [c]."""
    if o.style == "matmul":
        return h @ w
    if w.dim() == 1:
        return (h * w).sum(-1)
    return torch.stack([(h * w[:, j]).sum(-1) for j in range(w.shape[1])], -1)


def coefficients(h, weights, o):
    """alpha = scale_alpha tanh(norm(h) @ w_alpha) + static_alpha; beta likewise."""
    result = []
    dynamic = [name for name in ("alpha", "beta") if f"w_{name}" in weights]
    read = normalised(h, weights, o) if dynamic else None
    for name in ("alpha", "beta"):
        value = weights[f"static_{name}"]
        if name in dynamic:
            logits = project(read, weights[f"w_{name}"], o)
            value = (torch.tanh(logits) if o.tanh else logits) * weights.get(f"scale_{name}", 1) + value
        result.append(value)
    return result


def mix(factors, h, o):
    """[j] = sum over i of factors[i, j] h[i]."""
    if o.style == "matmul":
        return factors.transpose(-1, -2) @ h
    columns = [sum(factors[..., i, j, None] * h[:, i] for i in range(o.n)) for j in range(factors.shape[-1])]
    return torch.stack(columns, 1)


def width(h, weights, o):
    """x = Y^T h, and the coefficients. With `prenorm_gamma`, x is RMSNorm(x) * prenorm_gamma."""
    state = wide(h)
    alpha, beta = coefficients(state, weights, o)
    x = mix(alpha[..., : o.m], state, o)
    if "prenorm_gamma" in weights:
        gain = weights["prenorm_gamma"].view(o.m, -1)
        x = x * torch.rsqrt(x.square().mean((-1, -2), keepdim=True) + o.epsilon) * gain
    return x.to(h.dtype), alpha, beta


def depth(h, y, alpha, beta, o):
    """out[i] = beta[i] y[i mod m] + sum over k of A[k, i] h[k]."""
    blocks = wide(y).repeat(1, o.n // o.m, 1)
    return (beta[..., None] * blocks + mix(alpha[..., o.m :], wide(h), o)).to(h.dtype)


def connection(h, y, weights, o):
    """A whole connection around a layer with output y: width, then depth. Returns x, out, alpha, beta."""
    x, alpha, beta = width(h, weights, o)
    return x, depth(h, y, alpha, beta, o), alpha, beta


def depth_width(h, y, alpha, beta, weights, o):
    """Depth connection, then the next width connection. Returns the next x, the state between the layers, the next alpha and beta."""
    out = depth(h, y, alpha, beta, o)
    x, next_alpha, next_beta = width(out, weights, o)
    return x, out, next_alpha, next_beta


def add_rms_norm(x, y, gamma, epsilon=1e-5):
    """A residual connection: the sum, and the RMSNorm of the next layer. x, y: [N, d]."""
    total = x + y
    return total, torch.nn.functional.rms_norm(total, total.shape[-1:], gamma.to(total.dtype), epsilon)
