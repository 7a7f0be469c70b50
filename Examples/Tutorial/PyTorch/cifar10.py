import hashlib
import os
import pickle

import torch
from torchvision import transforms
from torchvision.datasets import CIFAR10


# A stand-in of the true files, 20 pictures in each: class c has stripes of c + 1 columns.
def write_stripes(folder):
    os.makedirs(f"{folder}/cifar-10-batches-py")
    names = "plane car bird cat deer dog frog horse ship truck".split()
    sums = {}
    for number, file in enumerate([f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]):
        torch.manual_seed(number)
        labels = torch.arange(20) % 10
        stripes = torch.arange(32) // (labels.view(20, 1, 1, 1) + 1) % 2 * 150
        pictures = stripes.expand(20, 3, 32, 32) + torch.randint(0, 100, (20, 3, 32, 32))
        batch = {"data": pictures.to(torch.uint8).view(20, 3072).numpy(), "labels": labels.tolist()}
        content = pickle.dumps(batch)
        open(f"{folder}/cifar-10-batches-py/{file}", "wb").write(content)
        sums[file] = hashlib.md5(content).hexdigest()
    content = pickle.dumps({"label_names": names})
    open(f"{folder}/cifar-10-batches-py/batches.meta", "wb").write(content)
    # torchvision wants the sums of the true files, unless it is told others.
    CIFAR10.train_list = [[file, sums[file]] for file in sums if file != "test_batch"]
    CIFAR10.test_list = [["test_batch", sums["test_batch"]]]
    CIFAR10.meta = {"filename": "batches.meta", "key": "label_names", "md5": hashlib.md5(content).hexdigest()}


row("S73", "What is not there")
try:
    CIFAR10("./data", train=True)
except RuntimeError as error:
    # Dataset not found or corrupted. You can use download=True to download it
    print("no CIFAR-10 in ./data")

row("S73", "What is there")
write_stripes("./data")
transform = transforms.Compose([
    transforms.ToTensor(), transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
])
trainset = CIFAR10(root="./data", train=True, transform=transform)
testset = CIFAR10(root="./data", train=False, transform=transform)
print(len(trainset), len(testset))
print(*trainset.classes)
print(trainset.targets[:12])

row("S73", "A sample")
x, y = trainset[3]
print(x.shape, trainset.classes[y])
print(x[0, 0, :8])
