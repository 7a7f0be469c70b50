import torch
import torch.nn as nn

row("S63", "A table with a row for each word")
torch.manual_seed(8)
embedding = nn.Embedding(6, 3)
print(embedding)
print(embedding.weight.data)

row("S63", "Numbers in, rows out")
words = torch.tensor([[0, 2, 5], [2, 2, 1]])
vectors = embedding(words)
print(vectors.shape)
print(vectors[0])

row("S63", "Only the rows that were used learn")
vectors.sum().backward()
print(embedding.weight.grad)

row("S63", "A number that stands for nothing")
padded = nn.Embedding(4, 2, padding_idx=0)
print(padded)
print(padded(torch.tensor([0, 3, 0])))
