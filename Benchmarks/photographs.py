#!/usr/bin/env python3
"""Makes a folder of many photographs out of a few, for Benchmarks/loader:

    Benchmarks/photographs.py SOURCE TARGET [--count N]

Each is a random part of one of the pictures SOURCE/imagenet_*.jpg, about 500 x 375 or 375 x 500 pixels, as a baseline JPEG of
quality 90, in one of ten folders of classes. The same numbers give the same files with one version of Pillow.
"""

import argparse
import pathlib
import random

from PIL import Image, ImageOps

CLASSES = 10


def part_of(picture, draw):
    """A random part with sides of 4 : 3 or 3 : 4, scaled to about half a thousand pixels; perhaps mirrored."""
    long_side = draw.randint(480, 520)
    width, height = (long_side, round(long_side * 0.75))
    if draw.random() < 0.3:
        width, height = height, width
    fit = min(picture.width / width, picture.height / height) * draw.uniform(0.7, 1.0)
    across, down = width * fit, height * fit
    left, top = draw.uniform(0, picture.width - across), draw.uniform(0, picture.height - down)
    part = picture.resize((width, height), Image.Resampling.BICUBIC, box=(left, top, left + across, top + down))
    return ImageOps.mirror(part) if draw.random() < 0.5 else part


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("target", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=2000)
    options = parser.parse_args()
    files = sorted(options.source.glob("imagenet_*.jpg"))
    if not files:
        parser.error(f"{options.source} holds no imagenet_*.jpg; run Tools/artefacts first")
    pictures = [Image.open(file).convert("RGB") for file in files]
    for number in range(options.count):
        draw = random.Random(number)
        folder = options.target / f"class_{number % CLASSES}"
        folder.mkdir(parents=True, exist_ok=True)
        picture = part_of(pictures[number % len(pictures)], draw)
        picture.save(folder / f"{number:05}.jpg", quality=90)


main()
