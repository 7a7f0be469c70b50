"""The other half of Tools/images/compare: what PIL reads, and where the two differ."""

import collections
import os
import subprocess
import sys
import tempfile

import numpy
from PIL import Image

# What PIL's other modes are here.
MODES = {"1": "L", "I;16": "I", "I;16B": "I", "P": None, "PA": "RGBA"}
TYPES = {"I": numpy.int32, "F": numpy.float32}


def peer(path):
    """The mode, the orientation and the pixels that PIL reads; a text where it refuses."""
    try:
        with Image.open(path, formats=["JPEG", "PNG", "BMP", "PPM"]) as image:
            image.load()
            orientation = image.getexif().get(0x0112, 1)
            if image.mode == "P":
                image = image.convert()
            mode = MODES.get(image.mode) or image.mode
            if image.mode == "1":
                image = image.convert("L")
            return mode, orientation, numpy.asarray(image).astype(TYPES.get(mode, numpy.uint8))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def main():
    program, *files = sys.argv[1:]
    verbose = "--verbose" in files
    files = [file for file in files if file != "--verbose"]
    counts, examples = collections.Counter(), collections.defaultdict(list)
    worst = 0
    with tempfile.TemporaryDirectory() as folder:
        for start in range(0, len(files), 500):
            part = files[start:start + 500]
            lines = subprocess.run([program, folder, *part], check=True, capture_output=True, text=True).stdout.splitlines()
            assert len(lines) == len(part)
            for index, (file, line) in enumerate(zip(part, lines)):
                theirs = peer(file)
                if line.startswith("error") or isinstance(theirs, str):
                    if not line.startswith("error"):
                        verdict = "read here only"
                    else:
                        verdict = "refused by both" if isinstance(theirs, str) else "read by PIL only"
                    detail = f"here: {line}; PIL: {theirs if isinstance(theirs, str) else theirs[0]}"
                else:
                    mode, width, height, orientation = line.split()
                    raw = os.path.join(folder, f"{index}.raw")
                    ours = numpy.fromfile(raw, dtype=TYPES.get(mode, numpy.uint8))
                    detail = f"here: {line}; PIL: {theirs[0]} {theirs[2].shape} {theirs[1]}"
                    if mode != theirs[0] or ours.size != theirs[2].size or int(orientation) != theirs[1]:
                        verdict = "another mode, size or orientation"
                    else:
                        difference = numpy.abs(ours.astype(float) - theirs[2].ravel().astype(float))
                        if ours.tobytes() == theirs[2].tobytes():
                            verdict = "equal"
                        else:
                            worst = max(worst, difference.max())
                            verdict = "other pixels"
                            detail += f"; {(difference > 0).mean():.2%} differ, by {difference.max()} at most"
                counts[verdict] += 1
                examples[verdict].append(f"{file}: {detail}")
    for verdict, count in counts.most_common():
        print(f"{count:6} {verdict}")
        if verdict in ("equal", "refused by both") and not verbose:
            continue
        for example in examples[verdict][:None if verbose else 8]:
            print(f"         {example}")
    if worst:
        print(f"the greatest difference of a number is {worst}")
    return 0 if set(counts) <= {"equal", "refused by both"} else 1


if __name__ == "__main__":
    sys.exit(main())
