"""An independent nodal solver: plain loops over nodes and resistors, one sparse solution an input.

It shares nothing with the package: its own numbering, its own treatment of zero resistances
(nodes joined by union-find), and iterative refinement for the last digits.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import splu


class NodalSolver:
    def __init__(self, devices, word, bit, driver, sense):
        self.rows, self.columns = devices.shape
        self.parent: dict[tuple, tuple] = {}
        self.resistors: list[tuple[tuple, tuple, float]] = []
        for i in range(self.rows):
            for j in range(self.columns):
                if devices[i, j] > 0:
                    self.resistors.append((("w", i, j), ("b", i, j), devices[i, j]))
                left = ("w", i, j - 1) if j else ("source", i)
                self.wire(left, ("w", i, j), word + (0 if j else driver))
                last = i == self.rows - 1
                below = ("sink", j) if last else ("b", i + 1, j)
                self.wire(("b", i, j), below, bit + (sense if last else 0))

    def find(self, node):
        while self.parent.get(node, node) != node:
            node = self.parent[node]
        return node

    def wire(self, a, b, resistance):
        if resistance > 0:
            self.resistors.append((a, b, 1 / resistance))
            return
        a, b = self.find(a), self.find(b)
        if a != b:  # terminals stay the root of what they are joined to
            a, b = (b, a) if a[0] in ("source", "sink") else (a, b)
            self.parent[a] = b

    def currents(self, inputs):
        """Return (output currents, driver currents) for one input vector."""
        edges = [(self.find(a), self.find(b), g) for a, b, g in self.resistors]
        nodes = sorted({n for a, b, _ in edges for n in (a, b)})
        index = {n: k for k, n in enumerate(nodes)}
        a = np.array([index[e[0]] for e in edges])
        b = np.array([index[e[1]] for e in edges])
        g = np.array([e[2] for e in edges])
        fixed = np.array([n[0] in ("source", "sink") for n in nodes])
        voltage = np.array([inputs[n[1]] if n[0] == "source" else 0.0 for n in nodes])
        size = len(nodes)
        laplacian = csr_matrix(
            (np.concatenate([g, g, -g, -g]), (np.r_[a, b, a, b], np.r_[a, b, b, a])), (size, size)
        )
        if (~fixed).any():
            factor = splu(laplacian[~fixed][:, ~fixed].tocsc())
            for _ in range(4):
                residual = np.zeros(size)  # summed resistor by resistor: keeps small differences
                flow = g * (voltage[a] - voltage[b])
                np.add.at(residual, a, -flow)
                np.add.at(residual, b, flow)
                voltage[~fixed] += factor.solve(residual[~fixed])
        flow = g * (voltage[a] - voltage[b])
        out, driven = np.zeros(self.columns), np.zeros(self.rows)
        for terminal, total in ((a, flow), (b, -flow)):
            for k in np.flatnonzero(fixed[terminal]):
                kind, line = nodes[terminal[k]][:2]
                if kind == "source":
                    driven[line] += total[k]
                else:
                    out[line] -= total[k]
        return out, driven


@pytest.fixture(scope="session")
def nodal_solver():
    return NodalSolver
