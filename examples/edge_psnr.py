# SPDX-License-Identifier: BSD-2-Clause-Patent
"""An extractor of one's own: PSNR in which an error on an edge counts more.

python examples/edge_psnr.py REF DIST
"""

import sys

import numpy as np

import pyvmaf


class EdgePsnr(pyvmaf.FeatureExtractor):
    """PSNR of luma, each error weighted by the gradient of the reference."""

    name = "edge_psnr"
    features = ("edge_psnr",)
    options = (pyvmaf.Option("gain", float, 1.0, min=0, max=100, feature_param=True),)

    def extract(self, ref, dist, index):
        a, b = (p.planes[0].astype(np.float64) for p in (ref, dist))
        weight = 1 + self.gain * np.hypot(*np.gradient(a))
        error = np.average((a - b) ** 2, weights=weight)
        peak = (1 << ref.bpc) - 1
        return {"edge_psnr": 10 * np.log10(peak**2 / max(error, 1e-12))}


pyvmaf.register(EdgePsnr)

if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    result = pyvmaf.score(*sys.argv[1:3], model=None, features=["edge_psnr", "psnr"])
    for name, pooled in result.pooled.items():
        print(f"{name}: {pooled.mean:.3f}")
