"""Writes Tests/TorchVisionTests/Goldens/datasets: CIFAR's batches in small, as Python 2 pickled them, and pictures of FakeData.

Pixel i of picture n is (31 n + 7 i) % 256, so that the tests know them.
"""

import gzip
import io
import json
import pathlib
import pickle
import tarfile

import numpy as np
from torchvision import datasets

OUT = pathlib.Path(__file__).parents[2] / "Tests/TorchVisionTests/Goldens/datasets"


class Python2(pickle._Pickler):
    """Texts and bytes are both what Python 2 calls str."""

    dispatch = dict(pickle._Pickler.dispatch)

    def save_text(self, value):
        data = value if isinstance(value, bytes) else value.encode("latin1")
        if len(data) < 256:
            self.write(pickle.SHORT_BINSTRING + bytes([len(data)]) + data)
        else:
            self.write(pickle.BINSTRING + len(data).to_bytes(4, "little") + data)
        self.memoize(value)

    dispatch[str] = save_text
    dispatch[bytes] = save_text


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    stream = io.BytesIO()
    Python2(stream, protocol=2).dump(value)
    # The module's name before NumPy 2.
    path.write_bytes(stream.getvalue().replace(b"numpy._core.multiarray", b"numpy.core.multiarray"))


def pictures(first, count):
    number = np.arange(first, first + count)[:, None]
    return ((31 * number + 7 * np.arange(3072)[None]) % 256).astype(np.uint8)


def batch(first, labels, key):
    return {"data": pictures(first, len(labels)), key: labels, "batch_label": "batch", "filenames": ["a.png"] * len(labels)}


def pack(folder, archive):
    """An archive as the one on the net: GNU's format, without times and owners of this machine."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as tar:

        def plain(info):
            info.mtime = info.uid = info.gid = 0
            info.uname = info.gname = ""
            return info

        tar.add(folder, folder.name, recursive=False, filter=plain)
        for path in sorted(folder.iterdir()):
            tar.add(path, f"{folder.name}/{path.name}", filter=plain)
    archive.write_bytes(gzip.compress(stream.getvalue(), mtime=0))


def main():
    ten = OUT / "cifar-10-batches-py"
    for i in range(5):
        write(ten / f"data_batch_{i + 1}", batch(2 * i, [i, 9 - i], "labels"))
    write(ten / "test_batch", batch(10, [3], "labels"))
    write(ten / "batches.meta", {"num_cases_per_batch": 2, "label_names": [f"kind {i}" for i in range(10)], "num_vis": 3072})
    pack(ten, OUT / "cifar-10-python.tar.gz")
    hundred = OUT / "cifar-100-python"
    for name, first, labels in (("train", 0, [99, 5]), ("test", 2, [7])):
        value = batch(first, labels, "fine_labels")
        value["coarse_labels"] = [1] * len(labels)
        write(hundred / name, value)
    write(hundred / "meta", {"fine_label_names": [f"kind {i}" for i in range(100)], "coarse_label_names": []})

    # torchvision reads them too, but for the sums.
    for kind in (datasets.CIFAR10, datasets.CIFAR100):
        kind._check_integrity = lambda self: True
        kind.meta = {**kind.meta, "md5": None}
        found = kind(OUT, train=True)
        assert (found.data.transpose(0, 3, 1, 2).reshape(len(found), -1) == pictures(0, len(found))).all()

    fake = datasets.FakeData(size=3, image_size=(3, 4, 5), num_classes=7, random_offset=11)
    grey = datasets.FakeData(size=2, image_size=(1, 3, 3), num_classes=3)
    rows = [[list(image.tobytes()), label] for image, label in [*(fake[i] for i in range(3)), *(grey[i] for i in range(2))]]
    (OUT / "fake.json").write_text(json.dumps(rows) + "\n")


main()
