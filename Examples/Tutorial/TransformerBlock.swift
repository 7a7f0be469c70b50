// Attention, then two linear layers, each with a shortcut around it and a norm behind it. Dropout comes last, as the text has
// it.

import Torch
import TorchNN
import TorchUtils

final class TransformerBlock: Module, Layer4 {
  let attention: SelfAttention
  let norm1: LayerNorm, norm2: LayerNorm
  let feedForward: Sequential
  let dropout: Dropout

  init(embedSize: Int, heads: Int, dropout: Double, forwardExpansion: Int) {
    attention = SelfAttention(embedSize: embedSize, heads: heads)
    norm1 = LayerNorm(embedSize)
    norm2 = LayerNorm(embedSize)
    feedForward = Sequential {
      Linear(embedSize, forwardExpansion * embedSize)
      ReLU()
      Linear(forwardExpansion * embedSize, embedSize)
    }
    self.dropout = Dropout(dropout)
  }

  func forward(_ value: Tensor, _ key: Tensor, _ query: Tensor, _ mask: Tensor?) -> Tensor {
    let x = dropout(norm1(attention(value, key, query, mask) + query))
    return dropout(norm2(feedForward(x) + x))
  }
}

let transformerBlock: Section = .init("transformer-block", "A Transformer block") {
  row("S89", "Its layers")
  manualSeed(89)
  let block = TransformerBlock(embedSize: 8, heads: 2, dropout: 0.25, forwardExpansion: 4)
  print(block)
  print(block.parameters().reduce(0) { $0 + $1.numel() })

  row("S89", "In evaluation, each place has mean 0 and spread 1")
  let sentence = Tensor.randn(2, 5, 8)
  block.eval()
  var out = block(sentence, sentence, sentence, nil)
  print(out.shape)
  print(out[0, 0])
  print(out.mean(dim: 2).abs().max().item() < 1e-6)
  print(out.std(dim: 2, correction: 0)[0])

  row("S89", "In training, dropout comes after the norms")
  block.train()
  manualSeed(1)
  out = block(sentence, sentence, sentence, nil)
  print(out[0, 0])
  print((out .== 0).sum().item() as Int, "of", out.numel(), "are zero")

  row("S89", "Gradients reach every parameter")
  out.pow(2).sum().backward()
  for (name, p) in block.namedParameters() {
    print("\(name): \(fixed(p.grad!.norm().item(), 4))")
  }
}
