"""Writes random pictures of all formats and kinds: python Tools/images/random_files.py FOLDER SEED COUNT [--damaged].

With --damaged each file is cut off, or has bytes changed, put in or taken out. Needs Pillow and numpy.
"""

import io
import pathlib
import random
import struct
import sys
import zlib

import numpy
from PIL import Image


def drawing(rng, mode):
    """Waves, flat areas and noise, up to 90 x 90."""
    width, height = rng.randint(1, 90), rng.randint(1, 90)
    state = numpy.random.RandomState(rng.randrange(1 << 31))
    y, x = numpy.mgrid[0:height, 0:width]
    bands = []
    for _ in range(4):
        wave = numpy.sin(x * rng.random() / 3 + y * rng.random() / 3 + rng.random() * 6) * 90 + 128
        bands.append(wave + state.randn(height, width) * rng.choice([0, 3, 40]))
    pixels = numpy.clip(numpy.stack(bands, -1), 0, 255).astype(numpy.uint8)
    if mode == "I;16":
        return Image.fromarray(pixels[..., 0].astype(numpy.uint16) * 256 + pixels[..., 1])
    if mode == "F":
        return Image.fromarray(pixels[..., 0].astype(numpy.float32) / 7)
    image = Image.fromarray(pixels, "RGBA")
    if mode == "P":
        return image.convert("RGB").quantize(rng.choice([2, 4, 9, 16, 200, 256]))
    if mode == "CMYK":
        return Image.fromarray(pixels, "CMYK")
    return image.convert(mode)


def saved(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def jpeg(rng):
    mode = rng.choice(["L", "RGB", "RGB", "RGB", "CMYK"])
    options = {"quality": rng.choice([5, 30, 75, 95, 100]), "progressive": rng.random() < 0.4}
    if rng.random() < 0.3:
        options["optimize"] = True
    if mode == "RGB":
        options["subsampling"] = rng.choice([0, 1, 2])
        if rng.random() < 0.2:
            options.update(keep_rgb=True, subsampling=0)
    if rng.random() < 0.3:
        options[rng.choice(["restart_marker_rows", "restart_marker_blocks"])] = rng.randint(1, 4)
    if rng.random() < 0.4:
        exif = Image.Exif()
        exif[0x0112] = rng.randint(1, 8)
        options["exif"] = exif
    return saved(drawing(rng, mode), "JPEG", **options)


def chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


PNG_KINDS = [
    (0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (3, 1), (3, 2), (3, 4), (3, 8), (4, 8), (4, 16), (6, 8), (6, 16)]


def png_by_hand(rng, kind=None, interlaced=None):
    """What PIL does not write: few bits, 16 bits of colours, interlacing, transparent colours."""
    colour, depth = kind or rng.choice(PNG_KINDS)
    width, height = rng.randint(1, 40), rng.randint(1, 40)
    bits = depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    if interlaced is None:
        interlaced = rng.random() < 0.5
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    rows = b""
    for x, y, dx, dy in passes if interlaced else [(0, 0, 1, 1)]:
        columns, lines = -(-(width - x) // dx), -(-(height - y) // dy)
        if columns > 0 and lines > 0:
            for _ in range(lines):
                rows += bytes([rng.randint(0, 4)]) + rng.randbytes((columns * bits + 7) // 8)
    chunks = [chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))]
    if rng.random() < 0.3:
        chunks.append(chunk(b"gAMA", struct.pack(">I", 30000)))
    if colour == 3:
        colours = 1 << depth
        chunks.append(chunk(b"PLTE", rng.randbytes(3 * colours)))
    if colour in (0, 2, 3) and rng.random() < 0.4:
        transparent = {0: 2, 2: 6}.get(colour) or rng.randint(1, 1 << depth)
        chunks.append(chunk(b"tRNS", rng.randbytes(transparent)))
    if rng.random() < 0.3:
        chunks.append(chunk(b"tEXt", b"Title\0waves"))
    packed = zlib.compress(rows, rng.randint(0, 9))
    cut = rng.randint(0, len(packed))
    chunks += [chunk(b"IDAT", packed[:cut]), chunk(b"IDAT", packed[cut:])]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + chunk(b"IEND", b"")


def png(rng):
    if rng.random() < 0.6:
        return png_by_hand(rng)
    mode = rng.choice(["1", "L", "LA", "RGB", "RGBA", "P", "I;16"])
    options = {"compress_level": rng.randint(0, 9)}
    if mode == "P" and rng.random() < 0.5:
        options["transparency"] = rng.choice([0, 1, rng.randbytes(2)])
    return saved(drawing(rng, mode), "PNG", **options)


def bmp_by_hand(rng):
    """What PIL does not write: 4 and 16 bits, masks, run lengths, rows from the top, old headers."""
    width, height = rng.randint(1, 40), rng.randint(1, 40)
    kind = rng.choice(["plain", "plain", "masks", "rle8", "rle4"])
    bits = {"plain": rng.choice([1, 4, 8, 16, 24, 32]), "masks": rng.choice([16, 32]), "rle8": 8, "rle4": 4}[kind]
    top_down = kind in ("plain", "masks") and rng.random() < 0.3
    old = kind == "plain" and bits in (1, 4, 8, 24) and not top_down and rng.random() < 0.2
    colours = 1 << bits if bits <= 8 else 0
    palette = b"".join(rng.randbytes(3) + (b"" if old else b"\0") for _ in range(colours))
    if bits == 8 and rng.random() < 0.3 and not old:
        palette = b"".join(bytes([i, i, i, 0]) for i in range(256))
    masks, packing = b"", 0
    if kind == "masks":
        packing = 3
        choice = rng.choice(
            [(0xff0000, 0xff00, 0xff), (0xff000000, 0xff0000, 0xff00), (0xff000000, 0xff00, 0xff)] if bits == 32 else
            [(0xf800, 0x7e0, 0x1f), (0x7c00, 0x3e0, 0x1f)])
        masks = struct.pack("<III", *choice)
    if kind.startswith("rle"):
        packing = 1 if kind == "rle8" else 2
        data = b""
        for _ in range(height):
            left = width
            while left > 0:
                count = rng.randint(1, min(left, 255))
                if count > 2 and rng.random() < 0.5:
                    size = count if packing == 1 else (count + 1) // 2
                    data += bytes([0, count]) + rng.randbytes(size) + (b"\0" if size % 2 else b"")
                else:
                    data += bytes([count, rng.randrange(256)])
                left -= count
            data += b"\0\0"
        data += b"\0\1"
    else:
        data = rng.randbytes((width * bits + 31) // 32 * 4 * height)
    if old:
        header = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        signed = -height if top_down else height
        header = struct.pack("<IiiHHIIiiII", 40, width, signed, 1, bits, packing, len(data), 2835, 2835, 0, 0)
    body = header + masks + palette
    return b"BM" + struct.pack("<IHHI", 14 + len(body) + len(data), 0, 0, 14 + len(body)) + body + data


def bmp(rng):
    if rng.random() < 0.7:
        return bmp_by_hand(rng)
    return saved(drawing(rng, rng.choice(["1", "L", "P", "RGB", "RGBA"])), "BMP")


def portable(rng):
    width, height = rng.randint(1, 30), rng.randint(1, 30)
    kind = rng.choice("123456f")
    if kind == "f":
        return saved(drawing(rng, "F"), "PPM")
    head = f"P{kind}\n# waves\n{width} {height}\n"
    if kind == "1":
        return (head + rng.choice(["", " "]).join(rng.choice("01") for _ in range(width * height)) + "\n").encode()
    if kind == "4":
        return head.encode() + rng.randbytes((width + 7) // 8 * height)
    most = rng.choice([255, 255, 65535, 15, 1000, 1, 200])
    count = width * height * (3 if kind in "36" else 1)
    numbers = [rng.randint(0, most) for _ in range(count)]
    head += f"{most}\n"
    if kind in "23":
        return (head + " ".join(map(str, numbers)) + "\n").encode()
    return head.encode() + b"".join(number.to_bytes(2 if most > 255 else 1, "big") for number in numbers)


def damaged(rng, file):
    file = bytearray(file)
    for _ in range(rng.choice([1, 1, 1, 2, 5])):
        place = rng.randrange(len(file))
        match rng.randrange(5):
            case 0:
                del file[place:]
            case 1:
                file[place] = rng.randrange(256)
            case 2:
                file[place] ^= 1 << rng.randrange(8)
            case 3:
                file[place:place] = rng.randbytes(rng.randint(1, 4))
            case 4:
                del file[place:place + rng.randint(1, 4)]
        if not file:
            break
    return bytes(file)


def main():
    folder, seed, count = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        rng = random.Random(seed * 1_000_003 + index)
        make = rng.choice([jpeg, jpeg, png, png, bmp, portable])
        file = make(rng)
        if "--damaged" in sys.argv:
            file = damaged(rng, file)
        (folder / f"{seed}-{index}.{make.__name__}").write_bytes(file)


if __name__ == "__main__":
    main()
