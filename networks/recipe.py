"""How the float network is trained: the paper's recipe, and a better one for the same net."""

from __future__ import annotations

from dataclasses import dataclass

from networks.augmentation import Distortion
from networks.losses import Loss


@dataclass(frozen=True)
class Recipe:
    """How the float network is trained.

    Attributes
    ----------
    hidden : tuple of int
        Neurons in each hidden layer.
    epochs, batch : int
        Passes over the training images; images a step.
    rate, momentum : float
        Learning rate at the start; Nesterov momentum (0: plain descent).
    cosine : bool
        Let the learning rate fall to zero along half a cosine.
    initial : float or None
        Weights start uniform in [-initial, initial]; None: He et al. (2015), sqrt(6 / n_in).
    dropout : tuple of float
        Share of silenced inputs and of silenced hidden neurons.
    shared_dropout : bool
        Silence the same hidden neurons for all images of a batch. Their products need not be
        formed, so that half the neurons cost a quarter of the time (Graham, Reizenstein and
        Robinson, arXiv:1502.02478).
    distortion : Distortion or None
        Distorted copies instead of the images themselves.
    loss : {"cross-entropy", "squared"}
        Error against the labels (see `networks.losses`).
    temperature : float
        How far a teacher's answers are softened, where there is one.
    activation_steps : int
        0: ReLU. T: ReLU in T steps, as a spiking neuron of T time steps can pass it on.
    weight_noise : float
        Standard deviation of noise on quantised weights in training, in units of the largest
        level (noise-aware training).
    bfloat16 : bool
        Multiply in bfloat16: several times faster on processors that can, and as many times
        slower on those that cannot.
    seed : int
        Seed of everything random.
    """

    hidden: tuple[int, ...] = (2400, 2400)
    epochs: int = 15
    batch: int = 100
    rate: float = 0.05
    momentum: float = 0.0
    cosine: bool = False
    initial: float | None = 0.1
    dropout: tuple[float, float] = (0.0, 0.0)
    shared_dropout: bool = False
    distortion: Distortion | None = None
    loss: Loss = "cross-entropy"
    temperature: float = 4.0
    activation_steps: int = 0
    weight_noise: float = 0.0
    bfloat16: bool = False
    seed: int = 0


PAPER = Recipe(rate=0.1, dropout=(0.2, 0.5))
"""Chen et al., Appendix B: ±0.1, batch 100, 15 epochs; cross-entropy and dropout are ours."""

TOOLBOX = Recipe(rate=1.0, momentum=0.5, initial=0.01, dropout=(0.0, 0.5), loss="squared")
"""The constants of the code that the paper builds on (Diehl et al., IJCNN 2015, their example):
±0.01, squared error of logistic outputs, learning rate 1, momentum 0.5, half the neurons silent."""

BEST = Recipe(
    epochs=40,
    rate=0.03,
    momentum=0.9,
    cosine=True,
    initial=None,
    dropout=(0.1, 0.3),
    distortion=Distortion(),
)
"""The best recipe found for the same net: distorted copies, momentum, falling rate."""
