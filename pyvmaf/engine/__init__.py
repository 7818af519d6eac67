# SPDX-License-Identifier: BSD-2-Clause-Patent
"""libvmaf's verbs and nouns as classes, and extractors written in Python."""
