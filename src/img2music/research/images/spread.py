"""How far people's ratings are from what the image model reads: a standard deviation with each reading.

The logarithm of the squared error is read off the same features as affect, by the same kernel ridge regression, so
that it folds into quadratic forms too. The errors that it learns from are those on themes left out (`head.solve`). A
factor then makes the 80 % interval of a normal distribution hold 80 % of these errors.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from img2music.research.evaluation import Floats, Indices
from img2music.research.images.head import RIDGE, CodeNames, Codes, Forms, in_common, kernel, means_of, solve
from img2music.research.onnx_graph import GraphBuilder

COVERED = 0.8
"""Share of ratings that the calibrated interval holds."""

HALF_WIDTH = 1.2816
"""Half the width of the interval that holds 80 % of a normal distribution, in standard deviations."""

# Chosen once, on ten-fold splits of OASIS of seed 100, by the likelihood of the ratings left out.
SPREAD_RIDGE = 100.0
# Added to squared errors: a hit by chance says no more than an error of 0.01.
LEAST_SQUARE = 1e-4


@dataclass(frozen=True)
class Spread:
    """The standard deviation around each reading of the first set, ``exp(forms of u)``."""

    forms: Forms  # logarithm of the standard deviation of valence and arousal

    @classmethod
    def fit(cls, codes: Codes, affect: Floats, sets: Indices, noise: Floats, themes: Sequence[str]) -> "Spread":
        """Fit to the images that the head is fitted to."""
        compared = kernel(codes, sets)
        _, errors = solve(compared, affect - means_of(affect, sets)[sets], RIDGE * noise, themes)
        logs = np.log(errors**2 + LEAST_SQUARE) / 2
        averages = means_of(logs, sets)
        dual, misses = solve(compared, logs - averages[sets], SPREAD_RIDGE, themes)
        first = sets == 0
        unseen = np.exp(logs - misses)[first]
        factor = np.quantile(np.abs(errors[first]) / unseen, COVERED, axis=0) / HALF_WIDTH
        return cls(Forms.fold(codes, dual * in_common(sets, 0)[:, None], averages[0] + np.log(factor)))

    def predict(self, codes: Codes) -> Floats:
        """Give the standard deviations for the codes of n images, on the unit scale: shape (n, 2)."""
        return np.asarray(np.exp(self.forms.of(codes)))

    def add_to(self, graph: GraphBuilder, codes: CodeNames, output: str) -> None:
        """Add the same computation to an ONNX graph; ``output`` is the name to give to the standard deviations."""
        graph.add("Exp", self.forms.add_to(graph, codes), output=output)
