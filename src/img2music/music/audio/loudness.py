"""Integrated loudness in LUFS (ITU-R BS.1770-4)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

BLOCK, STEP = 0.4, 0.1  # seconds: annex 1, 75 % overlap
ABSOLUTE_GATE = -70.0  # LUFS
RELATIVE_GATE = -10.0  # LU below the loudness of what passed the absolute gate
OFFSET = -0.691  # makes a 997 Hz sine at 0 dBFS in one channel read -3.01 LUFS
SURROUND_GAIN = 1.41  # table 3: channels at the listener's sides and back
SURROUND = frozenset({"BL", "BR", "SL", "SR", "BC"})
WITHOUT_WEIGHT = frozenset({"LFE", "LFE2"})


def k_weighting(rate: int) -> NDArray[np.float64]:
    """Second-order sections of the K-weighting filter at any sample rate, of shape (2, 6).

    A high shelf (the head) and a high-pass (revised low-frequency B curve). BS.1770-4 tabulates both at 48 kHz; their
    analogue forms (found by De Man, 2014, "Evaluation of implementations of the EBU R128 loudness measurement", AES
    137) give the same coefficients there.
    """
    high = 10 ** (3.999843853973347 / 20)
    # The shelf's corner lies above Nyquist at the lowest rates; there the shelf is left at its edge.
    corner = np.tan(np.pi * min(1681.974450955533 / rate, 0.49))
    band, poles = high**0.4996667741545416 / 0.7071752369554196, (1.0, 1.0 / 0.7071752369554196, 1.0)
    shelf = _digital((high, band, 1.0), corner), _digital(poles, corner)
    corner = np.tan(np.pi * 38.13547087602444 / rate)
    high_pass = (1.0, -2.0, 1.0), _digital((1.0, 1.0 / 0.5003270373238773, 1.0), corner)
    return np.array(
        [[*(shelf[0] / shelf[1][0]), *(shelf[1] / shelf[1][0])], [*high_pass[0], *(high_pass[1] / high_pass[1][0])]]
    )


def _digital(analogue: tuple[float, float, float], corner: float) -> NDArray[np.float64]:
    """Bilinear transform of ``a s^2 + b s + c``, whose corner frequency becomes ``atan(corner) / pi`` of the rate."""
    a, b, c = analogue[0], analogue[1] * corner, analogue[2] * corner**2
    return np.array([a + b + c, 2.0 * (c - a), a - b + c])


def channel_weights(layout: Sequence[str]) -> NDArray[np.float64]:
    """What the power of each channel counts."""
    return np.array([0.0 if name in WITHOUT_WEIGHT else SURROUND_GAIN if name in SURROUND else 1.0 for name in layout])


def block_powers(samples: NDArray[np.float32], rate: int, layout: Sequence[str]) -> NDArray[np.float64]:
    """Weighted power of each gating block."""
    from scipy.signal import sosfilt

    step = round(STEP * rate)
    steps = samples.shape[1] // step
    overlap = round(BLOCK / STEP)
    if steps < overlap:
        return np.zeros(0)
    sections = k_weighting(rate)
    power = np.zeros(steps)
    for weight, channel in zip(channel_weights(layout), samples, strict=True):
        if weight:
            weighted = sosfilt(sections, channel[: steps * step].astype(np.float64)).reshape(steps, step)
            power += weight * np.einsum("ij,ij->i", weighted, weighted) / step
    return np.asarray(np.convolve(power, np.full(overlap, 1.0 / overlap), mode="valid"))


def integrated_loudness(powers: NDArray[np.float64]) -> float | None:
    """Gate the blocks and average the rest."""
    heard = powers[powers > 10 ** ((ABSOLUTE_GATE - OFFSET) / 10)]
    if not heard.size:
        return None
    gate = heard.mean() * 10 ** (RELATIVE_GATE / 10)
    return float(OFFSET + 10 * np.log10(heard[heard > gate].mean()))
