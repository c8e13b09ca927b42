# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
"""The inner loop of the rigid skyrmions: forces, one step, losses."""

from __future__ import annotations

import numpy as np

from neuroskyrm.jit import kernel


@kernel
def _bilinear(force, cell, x, y, out):
    """Add the force of the landscape at (x, y) to out."""
    ny, nx = force.shape[1], force.shape[2]
    u = min(max(x / cell - 0.5, 0.0), nx - 1.001)
    v = min(max(y / cell - 0.5, 0.0), ny - 1.001)
    j, i = int(u), int(v)
    a, b = u - j, v - i
    for k in range(2):
        low = (1 - a) * force[k, i, j] + a * force[k, i, j + 1]
        high = (1 - a) * force[k, i + 1, j] + a * force[k, i + 1, j + 1]
        out[k] += (1 - b) * low + b * high


@kernel
def _forces(places, alive, force, cell, size, push, pair, edge, out, squeeze):
    """Fill out (n, 2) with all forces but the noise [N], and squeeze (n,) with what presses [N].

    pair and edge hold strength [N], reference distance [m] and decay length [m]. The squeeze of a
    skyrmion is the sum of the magnitudes of what pushes it: other skyrmions, landscape, edges.
    """
    n = len(places)
    for i in range(n):
        out[i, 0], out[i, 1] = 0.0, 0.0
        squeeze[i] = 0.0
        if not alive[i]:
            continue
        x, y = places[i, 0], places[i, 1]
        _bilinear(force, cell, x, y, out[i])
        if edge[0] > 0.0:
            out[i, 0] += edge[0] * np.exp((edge[1] - x) / edge[2])
            out[i, 0] -= edge[0] * np.exp((edge[1] - (size[0] - x)) / edge[2])
            out[i, 1] += edge[0] * np.exp((edge[1] - y) / edge[2])
            out[i, 1] -= edge[0] * np.exp((edge[1] - (size[1] - y)) / edge[2])
        squeeze[i] = np.sqrt(out[i, 0] ** 2 + out[i, 1] ** 2)
        out[i, 0] += push
    for i in range(n):
        for j in range(i):
            if alive[i] and alive[j]:
                dx, dy = places[i, 0] - places[j, 0], places[i, 1] - places[j, 1]
                d = max(np.sqrt(dx * dx + dy * dy), 1e-12)
                strength = pair[0] * np.exp(min((pair[1] - d) / pair[2], 8.0)) / d
                out[i, 0] += strength * dx
                out[i, 1] += strength * dy
                out[j, 0] -= strength * dx
                out[j, 1] -= strength * dy
                squeeze[i] += strength * d
                squeeze[j] += strength * d


@kernel
def _collapse(alive, squeeze, chance, dt, collapse):
    """Take out skyrmions whose area falls to nothing in a step (see ThieleModel.collapse)."""
    for i in range(len(alive)):
        if alive[i]:
            barrier = collapse[0] * max(1.0 - squeeze[i] / collapse[1], 0.0) ** 1.5
            if chance[i] < dt * collapse[2] * np.exp(-barrier):
                alive[i] = False


@kernel
def _lose(places, alive, size, loss, merge):
    """Take out skyrmions that left through an edge or were swallowed by another."""
    for i in range(len(places)):
        if not alive[i]:
            continue
        x, y = places[i, 0], places[i, 1]
        margin = min(x, size[0] - x, y, size[1] - y)
        if margin < loss:
            alive[i] = False
            continue
        for j in range(i):
            if alive[j]:
                dx, dy = x - places[j, 0], y - places[j, 1]
                if dx * dx + dy * dy < merge * merge:
                    alive[i] = False
                    break


@kernel
def advance(
    places, alive, noise, chance, dt, mobility, force, cell, size, push, pair, edge, loss, merge,
    collapse, squeeze,
):  # fmt: skip
    """Advance by len(noise) Heun steps, in place; squeeze (n,) [N] follows with the area's memory.

    v = M (F + noise); noise (steps, n, 2) holds the mean random force of each step [N]. It does
    not depend on the place, so that Heun and Euler agree on it. chance (steps, n) in 0 ... 1
    decides who collapses; collapse is that of the model.
    """
    n = len(places)
    first, second, trial = np.empty((n, 2)), np.empty((n, 2)), np.empty((n, 2))
    pressed = np.empty(n)
    # An area answers what presses it within its memory, 1 / (2 pi rate).
    follow = min(2 * np.pi * collapse[2] * dt, 1.0)
    for step in range(len(noise)):
        _forces(places, alive, force, cell, size, push, pair, edge, first, pressed)
        for i in range(n):
            fx, fy = first[i, 0] + noise[step, i, 0], first[i, 1] + noise[step, i, 1]
            trial[i, 0] = places[i, 0] + dt * (mobility[0, 0] * fx + mobility[0, 1] * fy)
            trial[i, 1] = places[i, 1] + dt * (mobility[1, 0] * fx + mobility[1, 1] * fy)
        _forces(trial, alive, force, cell, size, push, pair, edge, second, pressed)
        for i in range(n):
            if alive[i]:
                fx = 0.5 * (first[i, 0] + second[i, 0]) + noise[step, i, 0]
                fy = 0.5 * (first[i, 1] + second[i, 1]) + noise[step, i, 1]
                places[i, 0] += dt * (mobility[0, 0] * fx + mobility[0, 1] * fy)
                places[i, 1] += dt * (mobility[1, 0] * fx + mobility[1, 1] * fy)
        if collapse[2] > 0.0:
            squeeze += (pressed - squeeze) * follow
            _collapse(alive, squeeze, chance[step], dt, collapse)
        _lose(places, alive, size, loss, merge)
