"""Terms of the energy: one effect a file."""

from neuroskyrm.micromagnetics.terms.anisotropy import UniaxialAnisotropy
from neuroskyrm.micromagnetics.terms.base import LinearTerm, LocalTerm, Term
from neuroskyrm.micromagnetics.terms.demag import Demag
from neuroskyrm.micromagnetics.terms.dmi import BulkDMI, InterfacialDMI
from neuroskyrm.micromagnetics.terms.exchange import Exchange
from neuroskyrm.micromagnetics.terms.extrapolated_demag import ExtrapolatedDemag
from neuroskyrm.micromagnetics.terms.interlayer import InterlayerExchange
from neuroskyrm.micromagnetics.terms.zeeman import Zeeman

__all__ = [
    "BulkDMI",
    "Demag",
    "Exchange",
    "ExtrapolatedDemag",
    "InterfacialDMI",
    "InterlayerExchange",
    "LinearTerm",
    "LocalTerm",
    "Term",
    "UniaxialAnisotropy",
    "Zeeman",
]
