# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The words that arguments take, as types: a checker finds what is misspelt, and tables are made of them.

>>> from typing import get_args
>>> get_args(FilmGrain)
('apply', 'skip')
"""

from __future__ import annotations

from typing import Literal, TypeAlias

#: "check": look at the first frames and some later; "auto": match all frames first; "off": neither.
AlignWord: TypeAlias = Literal["check", "auto", "off"]
PrepareWord: TypeAlias = Literal["auto", "none"]
FilmGrain: TypeAlias = Literal["apply", "skip"]
WorkersWord: TypeAlias = Literal["threads", "processes"]

#: How luma and chroma are made of R'G'B', and which codes they have.
Matrix: TypeAlias = Literal["bt601", "bt709", "bt2020"]
Range: TypeAlias = Literal["limited", "full"]
#: Rows and columns of luma for each of chroma.
Subsampling: TypeAlias = Literal["420", "422", "444"]

#: How `lpips` reads samples; "compat" as its published scores were made.
LpipsMatrix: TypeAlias = Literal["compat", "bt601", "bt709", "bt2020"]
LpipsChroma: TypeAlias = Literal["nearest", "bilinear"]
Siting: TypeAlias = Literal["left", "center", "topleft"]
LpipsDepth: TypeAlias = Literal["8", "native"]

#: By what is differentiated.
Wrt: TypeAlias = Literal["dist", "ref", "both"]
#: What PyTorch's twin computes, of samples as they are or as codes; see `pyvmaf.torch.VMAF`.
Mode: TypeAlias = Literal["smooth", "quantised", "exact"]
CambiForm: TypeAlias = Literal["engine", "smooth"]
Reduction: TypeAlias = Literal["mean", "sum", "none"]
