#!/usr/bin/env python3
"""Records what PyTorch prints for the sections of Examples/Tutorial:

    Tools/goldens/tutorial.py [SECTION...]

Each Examples/Tutorial/PyTorch/NAME.py is run in a process of its own, on one thread and an empty folder, with row() at hand; what
it prints becomes Tests/TutorialTests/Goldens/NAME.txt. Warnings go to standard error and are not recorded. `from NAME import ...`
of another section runs what stands before that one's first row.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SOURCES = ROOT / "Examples/Tutorial/PyTorch"
GOLDENS = ROOT / "Tests/TutorialTests/Goldens"

PREFACE = """
def row(number, title):
    print(f"# {number} {title}")
"""


def program(path):
    """The lines of a section, those of other sections that it imports in place of the import."""
    lines = []
    for line in path.read_text().splitlines():
        word = re.match(r"from (\w+) import", line)
        other = SOURCES / f"{word[1]}.py" if word else None
        if other is not None and other.exists():
            lines += program(other).split("\nrow(")[0].splitlines()
        else:
            lines.append(line)
    return "\n".join(lines)


def main():
    wanted = sys.argv[1:] or sorted(path.stem.replace("_", "-") for path in SOURCES.glob("*.py"))
    for name in wanted:
        source = SOURCES / f"{name.replace('-', '_')}.py"
        text = PREFACE + program(source)
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, "-c", text], cwd=folder, capture_output=True, text=True,
                env={"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "PATH": "/usr/bin:/bin", "HOME": folder})
        if done.returncode != 0:
            sys.exit(f"{name}: {done.stderr}")
        GOLDENS.mkdir(exist_ok=True)
        (GOLDENS / f"{name}.txt").write_text(done.stdout)
        print(f"{name}: {len(done.stdout.splitlines())} lines")


main()
