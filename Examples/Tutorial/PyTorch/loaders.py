import torch
from torch.utils.data import DataLoader, Dataset, TensorDataset


class Squares(Dataset):
    def __len__(self):
        return 10

    def __getitem__(self, index):
        return torch.tensor([index, index * index]), index % 2


row("S69", "Batches in a random order, the same for the same seed")
torch.manual_seed(12)
loader = DataLoader(dataset=Squares(), batch_size=4, shuffle=True)
print(len(loader))
for batch_x, batch_y in loader:
    print(batch_x[:, 0], batch_y)

row("S69", "Read ahead by workers, the incomplete batch left out")
torch.manual_seed(12)
loader = DataLoader(dataset=Squares(), batch_size=4, shuffle=True, num_workers=2, drop_last=True)
print(len(loader))
for batch_x, batch_y in loader:
    print(batch_x[:, 0], batch_y)

row("S69", "In order, numbered")
ready = TensorDataset(torch.arange(6.0), torch.arange(6) % 3)
for i, (x, y) in enumerate(DataLoader(ready, batch_size=3), 0):
    print(i, x, y)

row("S69", "In memory that a GPU copies from quickly")
# Without a GPU this changes nothing, and both say so in a warning.
loader = DataLoader(ready, batch_size=2, pin_memory=True)
for x, y in loader:
    print(x, y)
    break

row("S69", "Samples in batches of your own making")
words = [[1, 2, 3], [4], [5, 6]]


def padded(batch):
    longest = max(len(word) for word in batch)
    return torch.tensor([word + [0] * (longest - len(word)) for word in batch])


for batch in DataLoader(words, batch_size=3, collate_fn=padded):
    print(batch)
