"""A Bayesian network of pgmpy: hill climbing by BIC on columns cut into bins, counts with a prior.

Numbers have bins of equal mass and leaves for frequent values; Dirichlet equivalents have the mass
of ten rows (BDeu), as pgmpy advises.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from binned import columns_of
from pgmpy.estimators import HillClimbSearch
from pgmpy.models import DiscreteBayesianNetwork
from pgmpy.parameter_estimator import DiscreteBayesianEstimator
from work import Job, run

BINS = 20
OFTEN = 50  # a number has a leaf of its own if it is one of so many rows, and stands in as many
PARENTS = 3
MASS = 10


class Network:
    """A graph of columns and their tables."""

    def fit(self, train: pd.DataFrame, job: Job) -> None:
        """Cut the columns, find the graph, count."""
        self.columns = columns_of(train, job, BINS, min(OFTEN, len(train) // OFTEN))
        leaves = pd.DataFrame(
            {
                name: pd.Categorical(column.encode(train[name])[0], range(len(column.sizes)))
                for name, column in self.columns.items()
            }
        )
        states = {name: list(range(len(c.sizes))) for name, c in self.columns.items()}
        search = HillClimbSearch(leaves, state_names=states)
        graph = search.estimate(scoring_method="bic-d", max_indegree=PARENTS, show_progress=False)
        self.model = DiscreteBayesianNetwork(graph.edges())
        self.model.add_nodes_from(leaves.columns)
        counts = DiscreteBayesianEstimator(
            state_names=states, prior_type="BDeu", equivalent_sample_size=MASS
        )
        self.model.fit(leaves, estimator=counts)

    def sample(self, n: int, seed: int) -> pd.DataFrame:
        """Draw leaves, then values of them."""
        rng = np.random.default_rng(seed)
        leaves = self.model.simulate(n, seed=seed, show_progress=False)
        return pd.DataFrame(
            {
                name: column.decode(leaves[name].to_numpy().astype(np.int64), rng)
                for name, column in self.columns.items()
            }
        )

    def nats(self, test: pd.DataFrame) -> np.ndarray:
        """The tables' entries; a cell that has no leaf stands at its column's commonest."""
        total, leaves = np.zeros(len(test)), {}
        known: dict[str, Any] = {}
        for name, column in self.columns.items():
            found, nats = column.encode(test[name])
            total += nats
            known[name] = found >= 0
            leaves[name] = np.where(found < 0, column.sizes.argmax(), found)
        for cpd in self.model.get_cpds():
            places = tuple(
                np.argsort(np.asarray(cpd.state_names[name], np.int64))[leaves[name]]
                for name in cpd.variables
            )
            total += np.where(known[cpd.variable], np.log(cpd.values[places]), 0.0)
        return total


if __name__ == "__main__":
    run(Network, "pgmpy")
