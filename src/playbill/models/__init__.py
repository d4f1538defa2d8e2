"""The models by name. DRAFT."""

from playbill.models.content import Content
from playbill.models.linear import Linear

MODELS = {"linear": Linear, "content": Content}
