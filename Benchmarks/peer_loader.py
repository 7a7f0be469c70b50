#!/usr/bin/env python3
"""PyTorch's and torchvision's side of Benchmarks/loader: reads a folder of photographs for some epochs.

    peer_loader.py FOLDER --workers N --epochs N --batch-size N

Prints a line of JSON for each epoch; torch-bench --photographs prints the same.
"""

import argparse
import json
import os
import time

import torch
from torchvision import datasets, transforms


def resident_kib():
    """Memory of this process and its workers, shared pages counted once for each."""
    total = 0
    children = open(f"/proc/self/task/{os.getpid()}/children").read().split()
    for pid in ["self", *children]:
        try:
            total += int(open(f"/proc/{pid}/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
        except OSError:
            pass
    return total


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--batch-size", type=int, default=32)
    options = parser.parse_args()
    train = transforms.Compose([
        transforms.RandomResizedCrop(224),
        transforms.RandomHorizontalFlip(),
        transforms.RandomRotation(15),
        transforms.ColorJitter(brightness=0.2, contrast=0.2, saturation=0.2),
        transforms.ToTensor(),
        transforms.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225]),
    ])
    data = datasets.ImageFolder(options.folder, transform=train)
    loader = torch.utils.data.DataLoader(
        data, batch_size=options.batch_size, shuffle=True, num_workers=options.workers)
    torch.manual_seed(0)
    for _ in range(options.epochs):
        start = time.perf_counter()
        arrivals, images, checksum = [], 0, 0.0
        for x, y in loader:
            arrivals.append(time.perf_counter() - start)
            images += y.size(0)
            if len(arrivals) == 1:
                checksum = x.abs().mean(dtype=torch.float64).item() + y.sum().item()
            if len(arrivals) == 3:
                memory = resident_kib()
        print(json.dumps({
            "images": images, "arrivals": arrivals, "seconds": time.perf_counter() - start, "checksum": checksum,
            "memory": memory,
        }), flush=True)


main()
