#!/usr/bin/env python3
"""Times PyTorch's side of the workloads of Benchmarks/TorchBench: the same names, shapes, seeds, batches and threads.

    peer_torch.py [--list | --serve] [--json] [--first | --ops | --layers | --models] [NAME...]
    peer_torch.py --models --peak NAME
    peer_torch.py --predict FILE.pth
"""

import argparse
import collections
import json
import pathlib
import sys
import tempfile
import time

import torch

import peer_layers
import peer_networks
import peer_ops

BATCHES = 4
SAMPLE_SECONDS = 0.06
TABLE_SAMPLE_SECONDS = 0.006
LAYER_SAMPLE_SECONDS = 0.02
SAMPLES = 5
LONG = 1 << 22


def digest(result):
    return result.detach().to(torch.float64).abs().mean().item()


def function(inputs, work):
    """A function of tensors: inputs are drawn anew for each batch, from the seed of the batch's number."""

    def prepare():
        batches = []
        for batch in range(BATCHES):
            torch.manual_seed(batch)
            batches.append(inputs())

        def checksum():
            with torch.no_grad():
                return sum(digest(work(*inputs)) for inputs in batches)

        return (lambda batch: work(*batches[batch])), checksum

    return prepare


def unary(work):
    return function(lambda: (torch.randn(LONG),), work)


def binary(work):
    return function(lambda: (torch.randn(LONG), torch.randn(LONG)), work)


def matrix(work):
    return function(lambda: (torch.randn(4096, 1024),), work)


def product(m, k, n):
    return function(lambda: (torch.randn(m, k), torch.randn(k, n)), torch.matmul)


def seeded_randn():
    torch.manual_seed(1)
    return torch.randn(LONG)


def mul_add_backward(x, y):
    loss = (x * y + y).sum()
    if torch.is_grad_enabled():
        loss.backward()
    return loss


def mlp():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    criterion = torch.nn.CrossEntropyLoss()
    batches = [(torch.randn(64, 784), torch.randint(0, 10, (64,))) for _ in range(BATCHES)]

    def step(batch):
        x, y = batches[batch]
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step, lambda: sum(step(batch).item() for batch in range(BATCHES))


def weights():
    torch.manual_seed(0)
    state = collections.OrderedDict()
    for block in range(71):
        state[f"blocks.{block}.weight"] = torch.randn(256, 256)
        state[f"blocks.{block}.scale"] = torch.randn(256)
        state[f"blocks.{block}.shift"] = torch.randn(256)
    return state


def reading(name, save, load):
    def prepare():
        path = str(pathlib.Path(tempfile.gettempdir()) / f"torch-bench-peer.{name}")
        save(weights(), path)
        return lambda batch: load(path), lambda: sum(digest(tensor) for tensor in load(path).values())

    return prepare


def safetensors_file(call):
    """Asks for the package of that name only where its workload runs."""

    def run(*arguments):
        import safetensors.torch

        return getattr(safetensors.torch, call)(*arguments)

    return run


def square(first, second):
    return function(lambda: (torch.randn(1024, 1024), torch.randn(1024, 1024)), lambda a, b: first(a) @ second(b))


def same(x):
    return x


WORKLOADS = {
    "tiny_add": function(lambda: (torch.randn(4), torch.randn(4)), lambda x, y: x + y),
    "tiny_add_grad": function(lambda: (torch.randn(4).requires_grad_(), torch.randn(4)), lambda x, y: x + y),
    "tiny_mul_add_backward": function(
        lambda: (torch.randn(4).requires_grad_(), torch.randn(4)), mul_add_backward
    ),
    "add_4m": binary(lambda x, y: x + y),
    "mul_4m": binary(lambda x, y: x * y),
    "exp_4m": unary(torch.exp),
    "log_4m": function(lambda: (torch.rand(LONG) + 0.5,), torch.log),
    "tanh_4m": unary(torch.tanh),
    "relu_4m": unary(torch.relu),
    "gelu_4m": unary(torch.nn.functional.gelu),
    "where_4m": function(lambda: (torch.randn(LONG) > 0, torch.randn(LONG), torch.randn(LONG)), torch.where),
    "sum_4m": unary(torch.sum),
    "sum_dim0_4096x1024": matrix(lambda x: x.sum(dim=0)),
    "mean_4m": unary(torch.mean),
    "max_4m": unary(torch.max),
    "argmax_4m": unary(torch.argmax),
    "softmax_4096x1024": matrix(lambda x: x.softmax(dim=1)),
    "layernorm_4096x1024": function(
        lambda: (torch.randn(4096, 1024), torch.randn(1024), torch.randn(1024)),
        lambda x, w, b: torch.nn.functional.layer_norm(x, (1024,), w, b),
    ),
    "transpose_copy_2048": function(lambda: (torch.randn(2048, 2048),), lambda x: x.t().contiguous()),
    "index_select_4096x1024": function(
        lambda: (torch.randn(4096, 1024), torch.randint(0, 4096, (4096,))), lambda x, i: x.index_select(0, i)
    ),
    "cast_bf16_4m": unary(lambda x: x.to(torch.bfloat16)),
    "cast_f64_4m": unary(lambda x: x.to(torch.float64)),
    "randn_4m": function(lambda: (), seeded_randn),
    "matmul_64x784x128": product(64, 784, 128),
    "matmul_256": product(256, 256, 256),
    "matmul_1024": product(1024, 1024, 1024),
    "matmul_2048": product(2048, 2048, 2048),
    "matmul_32x4096x512": product(32, 4096, 512),
    "matmul_nt_1024": square(same, torch.t),
    "matmul_tn_1024": square(torch.t, same),
    "linear_64x784x128": function(
        lambda: (torch.randn(64, 784), torch.randn(128, 784), torch.randn(128)), torch.nn.functional.linear
    ),
    "matmul_bf16_1024": function(
        lambda: (torch.randn(1024, 1024).bfloat16(), torch.randn(1024, 1024).bfloat16()), lambda x, y: (x @ y).float()
    ),
    "bmm_32x128x64x128": function(lambda: (torch.randn(32, 128, 64), torch.randn(32, 64, 128)), torch.matmul),
    "mlp_step_784_128_10_b64_adam": mlp,
    "load_pth_19mb": reading("pth", torch.save, torch.load),
    "load_safetensors_19mb": reading("safetensors", safetensors_file("save_file"), safetensors_file("load_file")),
}


def measure(name, workload, first_only, sample_seconds):
    step, checksum = workload()
    start = time.perf_counter()
    step(0)
    first = time.perf_counter() - start
    timing = {
        "name": name,
        "seconds": first,
        "firstSeconds": first,
        "checksum": checksum(),
        "threads": torch.get_num_threads(),
    }
    if first_only:
        return timing
    count = BATCHES

    def sample():
        start = time.perf_counter()
        for i in range(count):
            step(i % BATCHES)
        return time.perf_counter() - start

    elapsed = sample()
    while elapsed < sample_seconds:
        count *= 8 if elapsed < sample_seconds / 8 else 2
        elapsed = sample()
    samples = sorted(sample() / count for _ in range(SAMPLES))
    return timing | {"seconds": samples[SAMPLES // 2]}


def predict(path):
    """The way from the start of a process to its first prediction."""
    import torchvision

    model = torchvision.models.mobilenet_v2()
    model.load_state_dict(torch.load(path))
    model.eval()
    torch.manual_seed(0)
    x = torch.randn(1, 3, 224, 224)
    with torch.no_grad():
        logits = model(x)
    print(json.dumps({"argmax": logits.argmax().item(), "digest": digest(logits)}))


def status(name):
    """A number of KiB that the system tells of this process."""
    for line in open("/proc/self/status"):
        if line.startswith(name + ":"):
            return int(line.split()[1])


def peak(name, workload):
    """What a network and its steps take at most, above what the process held before the network was made."""
    before = status("VmRSS")
    step, _ = workload()
    for i in range(3 * BATCHES):
        step(i % BATCHES)
    print(json.dumps({"name": name, "before": before, "peak": status("VmHWM") - before}))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--first", action="store_true", help="time one step alone; name one workload")
    parser.add_argument("--serve", action="store_true", help="read names from the input, answer each with a line of JSON")
    parser.add_argument("--ops", action="store_true", help="the table of single ops instead, by short samples")
    parser.add_argument("--layers", action="store_true", help="what networks are built of instead")
    parser.add_argument("--models", action="store_true", help="whole networks instead")
    parser.add_argument("--peak", action="store_true", help="the memory that a few steps of one workload take at most")
    parser.add_argument("--predict", help="predict once with weights of MobileNetV2 from this file")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    if options.predict:
        return predict(options.predict)
    workloads, sample_seconds = WORKLOADS, SAMPLE_SECONDS
    if options.ops:
        workloads, sample_seconds = peer_ops.workloads(function), TABLE_SAMPLE_SECONDS
    elif options.layers:
        workloads, sample_seconds = peer_layers.workloads(function), LAYER_SAMPLE_SECONDS
    elif options.models:
        workloads = peer_networks.workloads()
    if options.peak:
        return peak(options.names[0], workloads[options.names[0]])
    if options.serve:
        for name in map(str.strip, sys.stdin):
            print(json.dumps(measure(name, workloads[name], options.first, sample_seconds)), flush=True)
        return
    for name, workload in workloads.items():
        if options.names and not any(name.startswith(wanted) for wanted in options.names):
            continue
        if options.list:
            print(name)
            continue
        timing = measure(name, workload, options.first, sample_seconds)
        if options.json:
            print(json.dumps(timing), flush=True)
        else:
            print(f"{name}  {timing['seconds'] * 1e6:.3f} us  checksum {timing['checksum']}", flush=True)


main()
