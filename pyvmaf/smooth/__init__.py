# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The differentiable form of VMAF without PyTorch: constants, C kernels on NumPy arrays, gradients.

`pyvmaf.torch` puts the same kernels into PyTorch's graph.
"""
