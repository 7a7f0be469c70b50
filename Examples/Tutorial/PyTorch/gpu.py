import torch
from torch import nn

row("S92", "Is there one, and how many")
print(torch.cuda.is_available())
print(torch.cuda.device_count())

row("S92", "Which one, and what it is called")
if torch.cuda.is_available():
    print(torch.cuda.current_device())
    print(torch.cuda.get_device_name(0))
else:
    print("no GPU to ask")

row("S92", "One line for machines with and without")
device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
print(device)

row("S92", "A model and its data go there")
model = nn.Linear(3, 2).to(device)
x = torch.ones(4, 3).to(device)
print(model.weight.device, x.device, model(x).device)
if torch.cuda.is_available():
    model = model.cuda()
    x = x.cuda()

row("S92", "Memory that is kept for later")
torch.cuda.empty_cache()  # without a GPU this does nothing
print("done")
