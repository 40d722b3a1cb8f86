"""The specification: every model, gradient, optimizer and the sampler in plain NumPy.

Everything is float64, follows the papers line by line and does not care for speed; the compiled
core has to agree with what is written here. All models factorise a binary vector as

    p(x) = prod_i p(x_i | x_<i),        p(x_i = 1 | x_<i) = sigmoid(logit_i(x_<i))

and differ in ``logit_i`` alone; i counts from 0. Each is a module with the same functions; X is
(n_samples, n_features), zeros and ones of any dtype, w the weights of the rows, 1 where it is left
out, and parameters are given by name:

=====================================  ========================================  =============
``logits(X, **params)``                log-odds of x_i = 1 given x_<i            X.shape
``conditionals(X, **params)``          p(x_i = 1 | x_<i)                         X.shape
``log_prob(X, **params)``              log p(x) in nats                          (n_samples,)
``value_and_grad(X, w, **params)``     mean of w log p(x), its gradient          float, dict
``sample(n, seed, start, **params)``   rows start ... start + n - 1 of a stream  n rows, uint8
=====================================  ========================================  =============

`MODELS` lists them by name, `bernoulli` holds the maths that they share, `mixture` mixes them,
`philox` makes their random numbers, `questions` and `particles` answer for rows of which some cells
are unknown, `optimizers` moves their parameters and `logistic` says what the convex solver of FVSBN
minimises.

Examples
--------
>>> import numpy as np
>>> from ardens.reference import MODELS
>>> sorted(MODELS)
['fvsbn', 'mlp', 'nade', 'tabular']
>>> MODELS["fvsbn"].log_prob(np.array([[0, 1]]), W=np.zeros((2, 2)), b=np.zeros(2)) / np.log(2)
array([-2.])
"""

from types import ModuleType

from . import (
    bernoulli,
    codes,
    fvsbn,
    logistic,
    mixture,
    mlp,
    nade,
    optimizers,
    particles,
    philox,
    questions,
    tabular,
)

__all__ = [
    "MODELS",
    "bernoulli",
    "codes",
    "fvsbn",
    "logistic",
    "mixture",
    "mlp",
    "nade",
    "optimizers",
    "particles",
    "philox",
    "questions",
    "tabular",
]

MODELS: dict[str, ModuleType] = {"tabular": tabular, "fvsbn": fvsbn, "mlp": mlp, "nade": nade}
