"""Writes Tests/TorchDataTests/Goldens/loader.json: the batches of PyTorch's DataLoader, and what is drawn on the way.

Every entry begins with `torch.manual_seed`. A batch is the list of its samples' numbers; samples of `Drawing` draw one
number each, recorded as float32 bits. `after` is a number drawn from the global generator at the end, so that it shows
how much of the stream was used.
"""

import itertools
import json
import pathlib
import warnings

import torch
from torch.utils.data import (
    BatchSampler,
    ChainDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
    default_collate,
    get_worker_info,
    random_split,
)

OUT = pathlib.Path(__file__).parents[2] / "Tests/TorchDataTests/Goldens/loader.json"
warnings.filterwarnings("ignore")


class Numbers(Dataset):
    def __init__(self, count):
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        return index


class Drawing(Numbers):
    """One number drawn for each sample."""

    def __getitem__(self, index):
        return index, torch.rand(())


class Stream(IterableDataset):
    """What is below `count`; with `split` each worker gives its own part."""

    def __init__(self, count, split):
        self.count, self.split = count, split

    def __iter__(self):
        info = get_worker_info()
        start, step = (info.id, info.num_workers) if self.split and info else (0, 1)
        return iter(range(start, self.count, step))


class DrawingStream(Stream):
    def __iter__(self):
        return ((n, torch.rand(())) for n in super().__iter__())


def bits(t):
    return [v & 0xFFFFFFFF for v in t.view(torch.int32).tolist()]


def after():
    return torch.randint(0, 2**31 - 1, (1,)).item()


def epochs(loader, count, take=None):
    """The batches of several epochs, each left after `take` batches."""
    result = []
    for _ in range(count):
        batches = []
        for batch in itertools.islice(loader, take):
            batches.append([batch[0].tolist(), bits(batch[1])] if isinstance(batch, list) else batch.tolist())
        result.append(batches)
    return result


def orders():
    """Shuffled epochs for seeds, sizes, workers and generators."""
    cases = []
    for seed, count, size, drop, workers, own in itertools.product(
        [0, 1, 12345], [1, 10, 33], [1, 4, 16], [False, True], [0, 1, 2, 3], [False, True]
    ):
        if (seed, workers) not in {(0, 0), (1, 0), (12345, 0), (0, 1), (1, 2), (12345, 3)}:
            continue
        torch.manual_seed(seed)
        generator = torch.Generator().manual_seed(seed + 7) if own else None
        loader = DataLoader(
            Numbers(count), size, shuffle=True, drop_last=drop, num_workers=workers, generator=generator
        )
        cases.append(
            dict(seed=seed, count=count, batchSize=size, dropLast=drop, workers=workers, own=own)
            | dict(epochs=epochs(loader, 2), after=after())
        )
    return cases


def draws():
    """Numbers that samples draw, in full epochs and ones left early, with workers that live on and not."""
    cases = []
    for workers, persistent, take, factor in itertools.product(
        [0, 1, 2, 3], [False, True], [None, 2], [None, 1, 3]
    ):
        if workers == 0 and (persistent or factor):
            continue
        for own in [False, True]:
            torch.manual_seed(5)
            loader = DataLoader(
                Drawing(23),
                3,
                shuffle=True,
                num_workers=workers,
                persistent_workers=persistent,
                prefetch_factor=factor,
                generator=torch.Generator().manual_seed(11) if own else None,
            )
            cases.append(
                dict(workers=workers, persistent=persistent, take=take, factor=factor, own=own)
                | dict(epochs=epochs(loader, 3, take), after=after())
            )
    return cases


def streams():
    cases = []
    for kind, (workers, persistent), split, size, drop in itertools.product(
        [Stream, DrawingStream],
        [(0, False), (1, False), (2, False), (3, False), (3, True)],
        [False, True],
        [1, 4],
        [False, True],
    ):
        torch.manual_seed(3)
        loader = DataLoader(
            kind(14, split), size, num_workers=workers, drop_last=drop, persistent_workers=persistent
        )
        cases.append(
            dict(draws=kind is DrawingStream, workers=workers, split=split, batchSize=size, dropLast=drop)
            | dict(persistent=persistent, epochs=epochs(loader, 2), after=after())
        )
    chain = DataLoader(ChainDataset([Stream(3, False), Stream(5, False)]), 4)
    return dict(cases=cases, chain=epochs(chain, 1)[0])


def unbatched():
    """Loaders with batch_size=None: samples one by one."""
    cases = []
    for kind, (workers, persistent), shuffle, own in itertools.product(
        ["set", "stream"], [(0, False), (1, False), (3, False), (3, True)], [False, True], [False, True]
    ):
        if kind == "stream" and (shuffle or own):
            continue
        torch.manual_seed(17)
        loader = DataLoader(
            DrawingStream(7, True) if kind == "stream" else Drawing(7),
            None,
            shuffle=shuffle or None,
            num_workers=workers,
            persistent_workers=persistent,
            generator=torch.Generator().manual_seed(4) if own else None,
        )
        runs = [[[index, bits(x.reshape(1))[0]] for index, x in loader] for _ in range(2)]
        length = None if kind == "stream" else len(loader)
        cases.append(
            dict(kind=kind, workers=workers, persistent=persistent, shuffle=shuffle, own=own)
            | dict(epochs=runs, length=length, after=after())
        )
    return cases


def draw_first(worker):
    torch.rand(worker + 1)


def seed_anew(worker):
    torch.manual_seed(100 + worker)


def inits():
    """What samples draw after a worker_init_fn that draws itself, or seeds the worker's generator."""
    cases = []
    for init, workers, persistent in itertools.product([draw_first, seed_anew], [0, 1, 3], [False, True]):
        if persistent and not workers:
            continue
        torch.manual_seed(6)
        loader = DataLoader(
            Drawing(11), 2, num_workers=workers, persistent_workers=persistent, worker_init_fn=init
        )
        cases.append(
            dict(init=init.__name__, workers=workers, persistent=persistent)
            | dict(epochs=epochs(loader, 2), after=after())
        )
    return cases


class Counted(Stream):
    def __len__(self):
        return self.count


def lengths():
    """What len says of loaders of streams."""
    cases = []
    for count, size, drop in itertools.product([0, 7, 8], [None, 1, 4], [False, True]):
        if size is None and drop:
            continue
        cases.append([count, size, drop, len(DataLoader(Counted(count, False), size, drop_last=drop))])
    return cases


def samplers():
    """Epochs of samplers by themselves."""
    cases = []
    weights = [0.1, 0.9, 0.4, 0.7, 3.0, 0.6, 0.0, 1.5]
    for seed, own in itertools.product([0, 9], [False, True]):

        def record(kind, make, **options):
            torch.manual_seed(seed)
            sampler = make(torch.Generator().manual_seed(21) if own else None)
            runs = [list(sampler) for _ in range(2)]
            cases.append(dict(kind=kind, seed=seed, own=own, runs=runs, after=after()) | options)

        for samples, replacement in itertools.product([None, 5, 10, 25, 32, 64, 100], [False, True]):
            record(
                "random",
                lambda g: RandomSampler(range(10), replacement=replacement, num_samples=samples, generator=g),
                samples=samples,
                replacement=replacement,
            )
        for samples, replacement in [(1, True), (1, False), (7, True), (7, False), (50, True)]:
            record(
                "weighted",
                lambda g: WeightedRandomSampler(weights, samples, replacement, generator=g),
                samples=samples,
                replacement=replacement,
            )
        record("subset", lambda g: SubsetRandomSampler([3, 1, 4, 1, 5, 9, 2, 6], generator=g))
        for drop in [False, True]:
            record(
                "batch", lambda g: BatchSampler(RandomSampler(range(10), generator=g), 4, drop), dropLast=drop
            )
    batches = DataLoader(Numbers(10), batch_sampler=BatchSampler(SequentialSampler(range(10)), 4, False))
    return dict(cases=cases, weights=weights, batches=epochs(batches, 1)[0])


def splits():
    cases = []
    for seed, count, lengths in [
        (0, 10, [7, 3]),
        (1, 10, [10]),
        (2, 10, [0, 4, 6]),
        (3, 17, [0.5, 0.3, 0.2]),
        (4, 100, [0.8, 0.2]),
        (5, 7, [0.34, 0.33, 0.33]),
        (6, 5, [1]),
    ]:
        torch.manual_seed(seed)
        parts = random_split(range(count), lengths)
        cases.append(dict(seed=seed, count=count, lengths=lengths, parts=[p.indices for p in parts]))
    return cases


def collated():
    """Types and values of batches that `default_collate` makes."""

    def tell(x):
        if isinstance(x, torch.Tensor):
            return dict(dtype=str(x.dtype)[6:], shape=list(x.shape), values=x.reshape(-1).tolist())
        if isinstance(x, dict):
            return {k: tell(v) for k, v in x.items()}
        return [tell(v) for v in x] if isinstance(x, (list, tuple)) else x

    return dict(
        ints=tell(default_collate([1, 2, 3])),
        floats=tell(default_collate([1.5, 2.5])),
        bools=tell(default_collate([True, False])),
        strings=tell(default_collate(["a", "b"])),
        lists=tell(default_collate([[1, 2], [3, 4]])),
        dictionaries=tell(default_collate([{"x": 1, "y": 0.5}, {"x": 2, "y": 1.5}])),
        nested=tell(default_collate([((torch.ones(2), 1), "a"), ((torch.zeros(2), 2), "b")])),
    )


if __name__ == "__main__":
    everything = dict(
        orders=orders(),
        draws=draws(),
        streams=streams(),
        unbatched=unbatched(),
        inits=inits(),
        lengths=lengths(),
        samplers=samplers(),
        splits=splits(),
        collated=collated(),
    )
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(everything, separators=(",", ":")) + "\n")
    print(OUT, OUT.stat().st_size)
