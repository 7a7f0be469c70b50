// Vectors for words: a table whose rows are learned.

import Torch
import TorchNN

let embeddings: Section = .init("embeddings", "Embeddings") {
  row("S63", "A table with a row for each word")
  manualSeed(8)
  let embedding = Embedding(6, 3)
  print(embedding)
  print(embedding.weight.data)

  row("S63", "Numbers in, rows out")
  let words = Tensor([[0, 2, 5], [2, 2, 1]])
  let vectors = embedding(words)
  print(vectors.shape)
  print(vectors[0])

  row("S63", "Only the rows that were used learn")
  vectors.sum().backward()
  print(embedding.weight.grad!)

  row("S63", "A number that stands for nothing")
  let padded = Embedding(4, 2, paddingIdx: 0)
  print(padded)
  print(padded(Tensor([0, 3, 0])))
}
