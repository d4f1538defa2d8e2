"""Policies: which arm to show, drawn from probabilities that are logged. A new one is a file here and a line below."""

from playbill.bandits.empirical_bayes import EmpiricalBayes
from playbill.bandits.uniform import Uniform

POLICIES: dict[str, type[EmpiricalBayes] | type[Uniform]] = {
    "empirical_bayes": EmpiricalBayes,
    "uniform": Uniform,
}
"""Every policy by the name that settings and logs use."""
