# SPDX-License-Identifier: BSD-2-Clause-Patent
"""LPIPS, a learned perceptual distance, as a feature extractor on ONNX Runtime.

Importing this does not import ONNX Runtime; the first context that uses the
extractor does.
"""

from .extractor import LpipsExtractor

__all__ = ["LpipsExtractor"]
