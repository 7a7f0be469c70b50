"""Records what torchvision's v1 transforms make of small pictures and tensors.

    python Tools/goldens/transforms.py Tests/TorchVisionTests/Goldens
    python Tools/goldens/transforms.py FOLDER --random COUNT --seed SEED      more of the kind, by chance

and TRANSFORM_CASES=FOLDER makes the tests read those.

transforms.json lists the cases, transforms.bin holds the results that are compared number by number; of those that are to
be equal to the bit only a hash (FNV-1a) is kept. Inputs are drawn from torch's generator, which both sides have.
"""

import argparse
import json
import math
import pathlib
import random
import warnings

import numpy as np
import torch
import torchvision.transforms as T
import torchvision.transforms.functional as TF
from PIL import Image

warnings.filterwarnings("ignore")
MODES = {m.value: m for m in T.InterpolationMode}
CHANNELS = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4, "I": 1, "F": 1, "u8": 3, "u8x1": 1, "f32": 3, "f32x1": 1, "f64": 3}
TENSORS = {"u8": torch.uint8, "u8x1": torch.uint8, "f32": torch.float32, "f32x1": torch.float32, "f64": torch.float64}


def source(kind, width, height, seed):
    """Noise on a slope, so that neighbours are alike but not equal."""
    g = torch.Generator().manual_seed(seed)
    channels = CHANNELS[kind]
    noise = torch.randint(0, 256, (height, width, channels), generator=g)
    slope = (
        torch.arange(height)[:, None, None] * 5
        + torch.arange(width)[None, :, None] * 3
        + torch.arange(channels)[None, None, :] * 40
    )
    x = torch.where(torch.tensor(seed % 2 == 0), noise, (slope + noise // 8) % 256)
    if kind == "I":
        return Image.fromarray(((x[:, :, 0] - 100) * 1000).to(torch.int32).numpy())
    if kind == "F":
        return Image.fromarray(((x[:, :, 0] - 100) / 7).to(torch.float32).numpy())
    if kind in TENSORS:
        x = x.permute(2, 0, 1)
        dtype = TENSORS[kind]
        return x.to(torch.uint8).contiguous() if dtype == torch.uint8 else (x.to(dtype) / 255).contiguous()
    array = x.to(torch.uint8).numpy()
    return Image.fromarray(array[:, :, 0] if channels == 1 else array, kind)


def pair(a):
    return a if len(a) > 1 else a[0]


# name: (function of words and numbers -> transform)
STEPS = {
    "resize": lambda w, n: T.Resize([int(v) for v in n] if len(n) == 2 else int(n[0]), MODES[w[0]], antialias="alias" not in w),
    "resize_max": lambda w, n: T.Resize(int(n[0]), MODES[w[0]], max_size=int(n[1])),
    "center_crop": lambda w, n: T.CenterCrop([int(v) for v in n]),
    "pad": lambda w, n: T.Pad([int(v) for v in n], fill=7, padding_mode=w[0]),
    "hflip": lambda w, n: T.RandomHorizontalFlip(n[0]),
    "vflip": lambda w, n: T.RandomVerticalFlip(n[0]),
    "to_tensor": lambda w, n: T.ToTensor(),
    "pil_to_tensor": lambda w, n: T.PILToTensor(),
    "to_pil": lambda w, n: T.ToPILImage(),
    "standard": lambda w, n: T.Compose([T.ToTensor(), T.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])]),
    "normalize": lambda w, n: T.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    "train": lambda w, n: T.Compose(
        [T.RandomResizedCrop(int(n[0])), T.RandomHorizontalFlip(), T.ToTensor(), T.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])]
    ),
    "random_resized_crop": lambda w, n: T.RandomResizedCrop([int(n[0]), int(n[1])], interpolation=MODES[w[0]]),
    "random_crop": lambda w, n: T.RandomCrop([int(n[0]), int(n[1])], padding=int(n[2]), pad_if_needed=True, fill=3, padding_mode=w[0]),
    "random_rotation": lambda w, n: T.RandomRotation([n[0], n[1]], MODES[w[0]], expand="expand" in w, fill=9),
    "rotation_center": lambda w, n: T.RandomRotation([n[0], n[1]], MODES[w[0]], center=[n[2], n[3]]),
    "random_affine": lambda w, n: T.RandomAffine(n[0], (n[1], n[2]), (n[3], n[4]), n[5], MODES[w[0]], fill=5),
    "affine_shear4": lambda w, n: T.RandomAffine([n[0], n[1]], shear=[n[2], n[3], n[4], n[5]], interpolation=MODES[w[0]]),
    "random_perspective": lambda w, n: T.RandomPerspective(n[0], n[1], MODES[w[0]]),
    "jitter": lambda w, n: T.ColorJitter(*n),
    "brightness": lambda w, n: lambda x: TF.adjust_brightness(x, n[0]),
    "contrast": lambda w, n: lambda x: TF.adjust_contrast(x, n[0]),
    "saturation": lambda w, n: lambda x: TF.adjust_saturation(x, n[0]),
    "hue": lambda w, n: lambda x: TF.adjust_hue(x, n[0]),
    "gamma": lambda w, n: lambda x: TF.adjust_gamma(x, n[0], n[1]),
    "sharpness": lambda w, n: lambda x: TF.adjust_sharpness(x, n[0]),
    "invert": lambda w, n: lambda x: TF.invert(x),
    "posterize": lambda w, n: lambda x: TF.posterize(x, int(n[0])),
    "solarize": lambda w, n: lambda x: TF.solarize(x, n[0]),
    "autocontrast": lambda w, n: lambda x: TF.autocontrast(x),
    "equalize": lambda w, n: lambda x: TF.equalize(x),
    "grayscale": lambda w, n: T.Grayscale(int(n[0])),
    "random_grayscale": lambda w, n: T.RandomGrayscale(n[0]),
    "blur": lambda w, n: T.GaussianBlur([int(n[0]), int(n[1])], (n[2], n[3])),
    "erasing": lambda w, n: T.RandomErasing(n[0], value="random" if w else n[1]),
    "convert": lambda w, n: T.ConvertImageDtype(getattr(torch, w[0])),
    "apply": lambda w, n: T.RandomApply([T.ColorJitter(0.4, 0.4, 0.4, 0.1), T.Grayscale(3)], n[0]),
    "five_crop": lambda w, n: T.Compose([T.FiveCrop(int(n[0])), T.Lambda(lambda c: torch.stack([TF.pil_to_tensor(x) if isinstance(x, Image.Image) else x for x in c]))]),
    "ten_crop": lambda w, n: T.Compose([T.TenCrop(int(n[0]), w == ["vertical"]), T.Lambda(lambda c: torch.stack([TF.pil_to_tensor(x) if isinstance(x, Image.Image) else x for x in c]))]),
}
PICTURES = ["L", "RGB", "RGBA"]
ALL = ["L", "LA", "RGB", "RGBA", "CMYK", "I", "F"]
FLOATS = ["f32", "f32x1", "f64"]
BYTES = ["u8", "u8x1"]


def fixed_cases(rng):
    """Each step with several parameters, over the kinds that it takes."""
    # Tensors one column wide are wrong in PyTorch 2.15: an antialiased pass down gives the first row everywhere.
    size = lambda low=2, high=48: rng.randint(low, high)
    for mode in ["nearest", "bilinear", "bicubic", "box", "hamming", "lanczos"]:
        for kind in ALL:
            yield "resize", [mode], [size(), size()], kind
        yield "resize", [mode], [size(20, 50)], "RGB"
        yield "resize_max", [mode], [20, 25], "RGB"
    for mode in ["nearest", "nearest-exact", "bilinear", "bicubic"]:
        for kind in BYTES + FLOATS:
            yield "resize", [mode], [size(), size()], kind
            yield "resize", [mode, "alias"], [size(), size()], kind
    for kind in ALL + BYTES + FLOATS:
        yield "center_crop", [], [size(1, 60), size(1, 60)], kind
        yield "hflip", [], [1.0], kind
        yield "vflip", [], [1.0], kind
        if kind in ("RGB", "L", "u8", "f32"):
            for p in (0.3, 0.7):
                yield "hflip", [], [p], kind
                yield "vflip", [], [p], kind
        for mode in ["constant", "edge", "reflect", "symmetric"]:
            if kind not in ("CMYK",):
                yield "pad", [mode], [size(1, 5), size(1, 5), size(1, 5), size(1, 5)], kind
        yield "random_crop", ["constant"], [size(5, 20), size(5, 20), 2], kind
        # Padded other than constantly, CMYK comes back from torchvision called RGBA, the numbers alike; here it stays CMYK.
        if kind != "CMYK":
            yield "random_crop", ["reflect"], [size(5, 12), size(5, 12), 3], kind
        for mode in ["nearest", "bilinear"]:
            yield "random_rotation", [mode], [-180, 180], kind
            yield "random_rotation", [mode, "expand"], [-180, 180], kind
            yield "rotation_center", [mode], [-90, 90, 3, 5], kind
            yield "random_affine", [mode], [180, 0.3, 0.2, 0.5, 1.5, 20], kind
            yield "affine_shear4", [mode], [-30, 60, -20, 20, -10, 30], kind
            yield "random_perspective", [mode], [0.6, 1.0], kind
        yield "random_resized_crop", ["bilinear"], [size(), size()], kind
        yield "random_resized_crop", ["bicubic"], [size(), size()], kind
        yield "blur", [], [5, 3, 0.1, 2.0], kind if kind not in ("I", "F", "LA", "CMYK") else "RGB"
    for kind in ALL:
        yield "to_tensor", [], [], kind
        yield "pil_to_tensor", [], [], kind
        for angle in (0, 90, 180, 270, -90, 360):
            yield "random_rotation", ["bicubic", "expand"], [angle, angle], kind
    for kind in ["L", "RGB"]:
        for name, n in [("invert", []), ("posterize", [3]), ("solarize", [100.0]), ("autocontrast", []), ("equalize", []), ("gamma", [0.7, 1.1]), ("gamma", [2.2, 0.9])]:
            yield name, [], n, kind
    for kind in ["u8", "u8x1"]:
        for name, n in [("invert", []), ("posterize", [3]), ("solarize", [100.0]), ("autocontrast", []), ("equalize", []), ("gamma", [0.7, 1.1])]:
            yield name, [], n, kind
    for kind in FLOATS:
        for name, n in [("invert", []), ("solarize", [0.5]), ("autocontrast", []), ("gamma", [0.7, 1.1])]:
            yield name, [], n, kind
    for kind in ["L", "LA", "RGB", "RGBA", "CMYK", "u8", "u8x1", "f32", "f32x1", "f64"]:
        for name in ["brightness", "contrast", "saturation", "sharpness"]:
            for factor in [0.0, 0.4, 1.0, 1.7]:
                yield name, [], [factor], kind
        if kind != "LA":
            for factor in [-0.5, -0.13, 0.0, 0.3, 0.5]:
                yield "hue", [], [factor], kind
        for _ in range(2):
            if kind not in ("LA",):
                yield "jitter", [], [0.5, 0.5, 0.5, 0.3], kind
        yield "jitter", [], [0.4, 0, 0.2, 0], kind
    for kind in PICTURES + ["u8", "f32"]:
        yield "grayscale", [], [1], kind
        yield "grayscale", [], [3], kind
        yield "five_crop", [], [7], kind
        yield "ten_crop", [], [6], kind
        yield "ten_crop", ["vertical"], [6], kind
    for kind in ["RGB", "u8", "f32"]:
        yield "random_grayscale", [], [0.5], kind
        yield "apply", [], [0.5], kind
    for _ in range(4):
        yield "standard", [], [], "RGB"
        yield "train", [], [size(4, 32)], "RGB"
    for kind in ["f32", "f64"]:
        yield "normalize", [], [], kind
        yield "to_pil", [], [], kind
    yield "to_pil", [], [], "u8"
    yield "to_pil", [], [], "u8x1"
    for kind in FLOATS + BYTES:
        yield "erasing", [], [0.8, 0.25 if kind[0] == "f" else 3], kind
        for dtype in ["uint8", "int16", "float32", "float64", "int32"]:
            if (kind, dtype) not in (("f32", "int32"), ("f32x1", "int32")):
                yield "convert", [dtype], [], kind
    yield "erasing", ["random"], [1.0], "f32"


def is_exact(name, kind):
    """Whether the result is to be equal to the bit."""
    if kind in TENSORS:
        return name in ("center_crop", "hflip", "vflip", "five_crop", "ten_crop", "invert", "posterize", "random_crop", "erasing", "equalize")
    return name not in ("blur", "random_perspective")


def fnv(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def record(name, words, numbers, kind, width, height, seed, blob):
    step = STEPS[name](words, numbers)
    x = source(kind, width, height, seed)
    torch.manual_seed(seed)
    try:
        y = step(x)
    except (ValueError, RuntimeError, OSError, TypeError, SystemError) as error:
        return None
    case = dict(name=name, words=words, numbers=numbers, kind=kind, width=width, height=height, seed=seed)
    if isinstance(y, Image.Image):
        case["mode"] = y.mode
        if y.mode not in ("L", "LA", "RGB", "RGBA", "CMYK", "I", "F"):
            return None
        y = torch.from_numpy(np.array(y)).reshape(y.height, y.width, -1)
    y = y.contiguous()
    if y.numel() == 0 or y.isnan().any():
        return None
    data = y.numpy().tobytes()
    case.update(shape=list(y.shape), dtype=str(y.dtype).removeprefix("torch."))
    if is_exact(name, kind):
        case["hash"] = fnv(data)
    else:
        case["offset"] = len(blob)
        blob.extend(data)
    return case


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--random", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    cases, blob = [], bytearray()
    rounds = 1 if options.random == 0 else options.random
    limit = 24 if options.random == 0 else 300
    for turn in range(rounds):
        for i, (name, words, numbers, kind) in enumerate(fixed_cases(rng)):
            if options.random:
                if kind in TENSORS and rng.random() < 0.5:
                    continue
                high = limit if not name.startswith("resize") or rng.random() < 0.5 else 80
                width, height = rng.randint(8, high), rng.randint(8, high)
            else:
                width, height = rng.randint(8, limit), rng.randint(8, limit)
            case = record(name, words, numbers, kind, width, height, rng.randint(0, 3) if not options.random else rng.randint(0, 10**6), blob)
            if case:
                cases.append(case)
    options.folder.mkdir(parents=True, exist_ok=True)
    with open(options.folder / "transforms.json", "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
    (options.folder / "transforms.bin").write_bytes(blob)
    print(len(cases), "cases,", len(blob), "bytes")


main()
