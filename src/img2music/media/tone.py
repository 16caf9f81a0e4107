"""Tone curves: what pictures of high dynamic range (PQ, HLG) look like on an ordinary screen."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

PQ, HLG = 16, 18
"""Transfer characteristics as ITU-T H.273, table 3, and libav number them: SMPTE ST 2084, ARIB STD-B67."""

WHITE = 203.0
"""cd/m2 of a white sheet in HDR, which is SDR's white: Report ITU-R BT.2408, section 2.1."""

PEAK = 1000.0
"""cd/m2 that become the brightest white; what is brighter is cut. HLG's nominal peak (BT.2100), and usual in PQ."""

SCREEN_GAMMA = 2.4  # Recommendation ITU-R BT.1886, on which SDR films are graded

# Luminance from BT.2020's primaries, and these to BT.709's: Recommendations ITU-R BT.2020, table 4; BT.2087, annex 2.
LUMINANCE = np.array([0.2627, 0.6780, 0.0593], dtype=np.float32)
TO_BT709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], dtype=np.float32
)

# PQ's constants, Recommendation ITU-R BT.2100, table 4.
M1, M2 = 2610 / 16384, 2523 / 4096 * 128
C1, C2, C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
BRIGHTEST = 10_000.0  # cd/m2

# HLG's, table 5, with the gamma of a screen of 1,000 cd/m2.
A, B, C = 0.17883277, 0.28466892, 0.55991073
SYSTEM_GAMMA = 1.2


def shown(codes: NDArray[np.uint16], transfer: int) -> NDArray[np.uint8]:
    """Convert a picture of high dynamic range to what its SDR version would be.

    The luminance that a screen of 1,000 cd/m2 would show is mapped to a white of 203 cd/m2 by the EETF of Report
    ITU-R BT.2390 on the largest of R, G and B, so hues stay; below 87 cd/m2 nothing changes. Colours outside
    BT.709 are cut to it. ``codes`` are R'G'B' with BT.2020's primaries, full range, of shape (..., 3); the result is
    R'G'B' with BT.709's, for a screen of BT.1886.
    """
    light = _light(transfer)[codes]
    if transfer == HLG:
        light *= PEAK * (light @ LUMINANCE)[..., np.newaxis] ** (SYSTEM_GAMMA - 1.0)
    light *= np.interp(light.max(axis=-1), *_gains())[..., np.newaxis].astype(np.float32)
    linear = np.clip(light @ TO_BT709.T / WHITE, 0.0, 1.0)
    return np.asarray((255.0 * linear ** (1.0 / SCREEN_GAMMA)).round(), dtype=np.uint8)


def pq_luminance(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """PQ's EOTF (BT.2100, table 4)."""
    root = signal ** (1.0 / M2)
    return np.asarray(BRIGHTEST * (np.maximum(root - C1, 0.0) / (C2 - C3 * root)) ** (1.0 / M1))


def pq_signal(luminance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Invert `pq_luminance`."""
    power = (luminance / BRIGHTEST) ** M1
    return np.asarray(((C1 + C2 * power) / (1.0 + C3 * power)) ** M2)


def hlg_light(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """HLG's inverse OETF (BT.2100, table 5)."""
    return np.where(signal <= 0.5, signal**2 / 3.0, (np.exp((signal - C) / A) + B) / 12.0)


def soft_clip(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Map `PEAK` to `WHITE`, both in PQ, with a soft shoulder: the EETF of Report ITU-R BT.2390, 5.4.1; black stays."""
    white, peak = pq_signal(np.array([WHITE, PEAK]))
    top = white / peak
    knee = 1.5 * top - 0.5
    part = np.minimum(signal / peak, 1.0)
    t = (part - knee) / (1.0 - knee)
    shoulder = (
        (2.0 * t**3 - 3.0 * t**2 + 1.0) * knee
        + (t**3 - 2.0 * t**2 + t) * (1.0 - knee)
        + (3.0 * t**2 - 2.0 * t**3) * top
    )
    return np.asarray(np.where(part < knee, part, shoulder) * peak)


@cache
def _light(transfer: int) -> Floats:
    """What each of the 65,536 codes stands for: cd/m2 (PQ), light of the scene (HLG)."""
    signal = np.arange(2**16) / (2**16 - 1)
    return (hlg_light if transfer == HLG else pq_luminance)(signal).astype(np.float32)


@cache
def _gains() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Luminances, cd/m2, and what `soft_clip` multiplies them by."""
    signal = np.linspace(0.0, 1.0, 1025)[1:]
    luminance = pq_luminance(signal)
    return luminance, pq_luminance(soft_clip(signal)) / luminance
