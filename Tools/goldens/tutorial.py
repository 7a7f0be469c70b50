#!/usr/bin/env python3
"""Records what PyTorch prints for the sections of Examples/Tutorial:

    Tools/goldens/tutorial.py [SECTION...]

Each Examples/Tutorial/PyTorch/NAME.py is run in a process of its own, on one thread and an empty folder, with row() at hand; what
it prints becomes Tests/TutorialTests/Goldens/NAME.txt. Warnings go to standard error and are not recorded.
"""

import pathlib
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


def main():
    wanted = sys.argv[1:] or sorted(path.stem.replace("_", "-") for path in SOURCES.glob("*.py"))
    for name in wanted:
        source = SOURCES / f"{name.replace('-', '_')}.py"
        program = PREFACE + f"exec(compile(open({str(source)!r}).read(), {str(source)!r}, 'exec'))"
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True,
                env={"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "PATH": "/usr/bin:/bin", "HOME": folder})
        if done.returncode != 0:
            sys.exit(f"{name}: {done.stderr}")
        GOLDENS.mkdir(exist_ok=True)
        (GOLDENS / f"{name}.txt").write_text(done.stdout)
        print(f"{name}: {len(done.stdout.splitlines())} lines")


main()
