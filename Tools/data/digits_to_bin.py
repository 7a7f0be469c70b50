#!/usr/bin/env python3
"""Writes Examples/Digits/Data/digits.bin from scikit-learn's copy of the UCI handwritten digits.

    python3 Tools/data/digits_to_bin.py [FILE]

Needs numpy and scikit-learn. The layout is described in Examples/Digits/Data/include/CDigitsData.h; the SHA-256 of the
result is checked, so that a changed data set does not slip in.
"""

import hashlib
import pathlib
import struct
import sys

import numpy
from sklearn.datasets import load_digits

SHA256 = "2af89a256da9bdbdca6c440148ae91987c41db6e7111db2ebb4547b21f535487"
DEFAULT = pathlib.Path(__file__).resolve().parents[2] / "Examples/Digits/Data/digits.bin"


def main():
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT
    images, labels = load_digits(return_X_y=True)
    assert images.shape == (1797, 64) and (images == numpy.rint(images)).all() and images.max() == 16
    records = numpy.concatenate([images, labels[:, None]], axis=1).astype(numpy.uint8)
    data = struct.pack("<8sIBBBB", b"digits01", len(records), 8, 8, 16, 10) + records.tobytes()
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256:
        sys.exit(f"the digits differ from those expected: SHA-256 {found}")
    path.write_bytes(data)
    print(f"{path}: {len(records)} digits, {len(data)} bytes")


if __name__ == "__main__":
    main()
