"""Models: how likely each title is the next play. A new one is a file here and a line below."""

from playbill.models.content import Content
from playbill.models.linear import Linear
from playbill.models.model import Trainable
from playbill.models.popularity import Popularity

MODELS: dict[str, type[Trainable]] = {
    "content": Content,
    "linear": Linear,
    "popularity": Popularity,
}
"""Every trainable model by the name that releases use. `Blend`, `Similar` and `Near` are made of these for pages."""
