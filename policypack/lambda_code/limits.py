"""Lambda's quotas for a function's code. None can be raised.

Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, where a MB is 1024 KB.
"""

from __future__ import annotations

MB = 1024**2

ZIPPED = 50 * MB
"""Bytes of a zip file that is uploaded with the call itself and not through a bucket: a function's or a layer's."""

UNZIPPED = 250 * MB
"""Bytes of a function's code and of all its layers, unzipped."""

LAYERS = 5
"""Layers of one function."""
