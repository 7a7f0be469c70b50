"""Writes Tests/TorchVisionTests/Goldens/images: small files of our own drawings, and what PIL and torchvision make of them.

    python Tools/goldens/images.py

A line of files.txt: file, mode, width, height, EXIF orientation, hash of the pixels as PIL reads them, hash of the picture that
PIL.ImageOps.exif_transpose gives. convert.txt: mode, mode, hash. tensors.txt: file, ImageReadMode, shape, hash, from torchvision.io.
written-*.jpg are JPEG files that PIL wrote of drawing.png; grid-*.png torchvision's save_image. Hashes are FNV-1a of 64 bits.
"""

import io
import pathlib
import random
import sys

import numpy
import torch
import torchvision
from PIL import Image, ImageOps

ROOT = pathlib.Path(__file__).parents[2]
OUT = ROOT / "Tests/TorchVisionTests/Goldens/images"
sys.path.insert(0, str(ROOT / "Tools/images"))
import compare  # noqa: E402
import random_files  # noqa: E402


def fnv(content):
    value = 0xcbf29ce484222325
    for byte in content:
        value = (value ^ byte) * 0x100000001b3 & 0xffffffffffffffff
    return f"{value:016x}"


def fixtures():
    rng = random.Random(8)
    for colour, depth in random_files.PNG_KINDS:
        for interlaced in (0, 1):
            name = f"png-{colour}-{depth}{'-interlaced' * interlaced}.png"
            yield name, random_files.png_by_hand(rng, (colour, depth), interlaced)
    for kind, count in (("jpeg", 24), ("png", 8), ("bmp", 28), ("portable", 24)):
        index = 0
        while index < count:
            file = getattr(random_files, kind)(rng)
            if len(file) < 2500:
                yield f"{kind}-{index}.{kind}", file
                index += 1


def sources():
    """The pictures of ImageConvertTests: numbers that follow from their places."""
    for mode, channels in dict(L=1, LA=2, RGB=3, RGBA=4, CMYK=4, I=1, F=1).items():
        index = numpy.arange(16 * 16 * channels).reshape(16, 16, channels)
        if mode == "I":
            yield Image.fromarray(((index * 7919) % 70000 - 2000).astype(numpy.int32)[..., 0])
        elif mode == "F":
            yield Image.fromarray((((index * 37) % 700 - 100) / 2).astype(numpy.float32)[..., 0])
        else:
            yield Image.frombytes(mode, (16, 16), ((index * 167 + index // 16 * 5 + 11) % 256).astype(numpy.uint8).tobytes())


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for file in OUT.iterdir():
        file.unlink()
    lines, tensors = [], []
    for name, content in fixtures():
        path = OUT / name
        path.write_bytes(content)
        mode, orientation, pixels = compare.peer(path)
        height, width = pixels.shape[:2]
        with Image.open(path) as image:
            upright = numpy.asarray(ImageOps.exif_transpose(image)) if orientation != 1 else pixels
        lines.append(f"{name} {mode} {width} {height} {orientation} {fnv(pixels.tobytes())} {fnv(upright.tobytes())}")
        # Elsewhere torchvision's numbers are others: palettes, 16 bits, and the formats that it does not read.
        is_jpeg, is_png = name.endswith("jpeg"), name.endswith("png")
        palette, is_small = is_png and content[25] == 3, is_png and content[24] < 8
        opaque = palette and mode == "RGB"
        if (is_jpeg or is_png) and mode != "I" and not (is_png and content[24] == 16):
            for read in ("UNCHANGED", "GRAY", "GRAY_ALPHA", "RGB", "RGB_ALPHA"):
                if is_jpeg and read.endswith("ALPHA") or palette and read in ("UNCHANGED", "GRAY", "GRAY_ALPHA"):
                    continue
                # The alpha that it makes up is memory's content for palettes and the greatest number of the file's bits for greys.
                if read.endswith("ALPHA") and (opaque or is_small and not palette):
                    continue
                tensor = torchvision.io.decode_image(torch.frombuffer(bytearray(content), dtype=torch.uint8), read)
                shape = "x".join(map(str, tensor.shape))
                tensors.append(f"{name} {read} {shape} {fnv(tensor.contiguous().numpy().tobytes())}")
    (OUT / "files.txt").write_text("\n".join(lines) + "\n")
    (OUT / "tensors.txt").write_text("\n".join(tensors) + "\n")

    lines = []
    for source in sources():
        for mode in "L LA RGB RGBA CMYK I F".split():
            lines.append(f"{source.mode} {mode} {fnv(numpy.asarray(source.convert(mode)).tobytes())}")
    (OUT / "convert.txt").write_text("\n".join(lines) + "\n")

    drawing = random_files.drawing(random.Random(3), "RGB").resize((40, 30))
    drawing.save(OUT / "drawing.png")
    for name, mode, options in (
        ("plain", "RGB", {}), ("fine", "RGB", dict(quality=95, subsampling=0)),
        ("columns", "RGB", dict(quality=50, subsampling=1)), ("progressive", "RGB", dict(progressive=True)),
        ("optimized", "RGB", dict(quality=30, optimize=True)), ("grey", "L", {}), ("cmyk", "CMYK", {}),
    ):
        drawing.convert(mode).save(OUT / f"written-{name}.jpg", **options)
    batch = torch.arange(5 * 3 * 4 * 6).mul(37).remainder(64).sub(16).div(32).view(5, 3, 4, 6)
    torchvision.utils.save_image(batch, OUT / "grid-plain.png", nrow=3, padding=1, pad_value=0.25)
    torchvision.utils.save_image(batch, OUT / "grid-normalized.png", nrow=2, normalize=True, scale_each=True)
    torchvision.utils.save_image(batch[:1, :1], OUT / "grid-one.png", normalize=True, value_range=(-0.25, 1.0))


if __name__ == "__main__":
    main()
