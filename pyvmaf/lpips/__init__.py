# SPDX-License-Identifier: BSD-2-Clause-Patent
"""LPIPS, a learned perceptual distance, as a feature extractor on ONNX Runtime."""
