"""The reference's models under the core's names for them, NADE's variants too."""

from functools import partial
from types import ModuleType, SimpleNamespace

from ardens import reference
from ardens.reference import nade

VARIANTS = ["nade-tanh", "nade-relu", "nade-direct", "nade-tied", "nade-tanh-direct-tied"]


def _variant(name: str) -> SimpleNamespace:
    activation = next((f for f in nade.ACTIVATIONS if f in name), "sigmoid")
    functions = ("logits", "conditionals", "log_prob", "value_and_grad", "sample")
    return SimpleNamespace(
        **{name: partial(getattr(nade, name), activation=activation) for name in functions}
    )


MODELS: dict[str, ModuleType | SimpleNamespace] = {
    **reference.MODELS,
    **{name: _variant(name) for name in VARIANTS},
}
