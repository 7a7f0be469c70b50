"""Writes Tests/TorchUtilsTests/Goldens/image_grid.json: what torchvision's make_grid and save_image make of images.

    python Tools/goldens/image_grid.py

Whole numbers over a power of two, so that every element is exact in float32.
"""

import io
import json
import pathlib

import numpy as np
import torch
from PIL import Image
from torchvision.utils import make_grid, save_image

cases = [
    ("greys", [5, 1, 2, 3], dict(nrow=2)),
    ("colours", [3, 3, 2, 2], dict(nrow=8, padding=1, pad_value=0.5)),
    ("one", [1, 3, 2, 2], dict(padding=3)),
    ("image", [3, 2, 2], dict()),
    ("grey image", [1, 2, 2], dict()),
    ("plane", [2, 3], dict()),
    ("normalized", [4, 1, 2, 2], dict(nrow=4, padding=0, normalize=True)),
    ("ranged", [4, 1, 2, 2], dict(nrow=3, normalize=True, value_range=(0.0, 0.5))),
    ("each", [3, 1, 2, 2], dict(nrow=3, normalize=True, scale_each=True)),
    ("flat", [2, 1, 2, 2], dict(normalize=True)),
]

written = []
for name, shape, options in cases:
    count = int(np.prod(shape))
    numbers = [0.25] * count if name == "flat" else [((i * 37) % 64 - 16) / 32 for i in range(count)]
    image = torch.tensor(numbers).view(shape)
    grid = make_grid(image, **options)
    png = io.BytesIO()
    save_image(image, png, format="png", **options)
    pixels = np.asarray(Image.open(png)).flatten().tolist()
    written.append(
        dict(name=name, shape=shape, numbers=numbers, options=options, grid_shape=list(grid.shape),
             grid=grid.flatten().tolist(), pixels=pixels))

path = pathlib.Path(__file__).parents[2] / "Tests/TorchUtilsTests/Goldens/image_grid.json"
path.parent.mkdir(exist_ok=True)
path.write_text(json.dumps(written, separators=(",", ":")).replace('},{"name"', '},\n{"name"') + "\n")
