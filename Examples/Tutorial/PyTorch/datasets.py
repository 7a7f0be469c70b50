import torch
from torch.utils.data import ConcatDataset, Dataset, Subset, TensorDataset, random_split


class Points(Dataset):
    def __init__(self, data, labels):
        self.data = data
        self.labels = labels

    def __len__(self):
        return len(self.data)

    def __getitem__(self, index):
        return self.data[index], self.labels[index]


row("S68", "A data set of your own: how many, and which one")
data = torch.arange(10.0).view(5, 2)
labels = torch.tensor([0, 1, 0, 1, 1])
dataset = Points(data, labels)
print(len(dataset))
x, y = dataset[0]
print(x, y)

row("S68", "One that is made of tensors")
ready = TensorDataset(data, labels)
print(len(ready))
x, y = ready[3]
print(x, y)

row("S68", "Parts and sums")
print(Subset(ready, [4, 0])[0][0])
print(len(ConcatDataset([ready, ready])))

row("S68", "Split at random")
torch.manual_seed(9)
train, test = random_split(ready, [3, 2])
print(train.indices, test.indices)
