// Every place of a sequence looks at every other. Heads are reshaped, not looped over. What the text asserts is a fault in
// Swift: a wrong program ends with these words.

import Torch
import TorchNN

final class SelfAttention: Module, Layer4 {
  let embedSize: Int, heads: Int, headDim: Int
  // All heads share one layer for each of the three.
  let values: Linear, keys: Linear, queries: Linear
  let fcOut: Linear

  init(embedSize: Int, heads: Int) {
    if let complaint = Self.complaint(embedSize: embedSize, heads: heads) { fatalError(complaint) }
    (self.embedSize, self.heads, headDim) = (embedSize, heads, embedSize / heads)
    values = Linear(headDim, headDim, bias: false)
    keys = Linear(headDim, headDim, bias: false)
    queries = Linear(headDim, headDim, bias: false)
    fcOut = Linear(heads * headDim, embedSize)
  }

  /// What is wrong with a number of heads; nil where nothing is.
  static func complaint(embedSize: Int, heads: Int) -> String? {
    embedSize.isMultiple(of: heads) ? nil : "Embed size needs to be divisible by heads"
  }

  private func split(_ x: Tensor) -> Tensor { x.reshape(x.size(0), x.size(1), heads, headDim) }

  func forward(_ values: Tensor, _ keys: Tensor, _ query: Tensor, _ mask: Tensor?) -> Tensor {
    let v = self.values(split(values)), k = self.keys(split(keys)), q = queries(split(query))
    var energy = Tensor.einsum("nqhd,nkhd->nhqk", [q, k])
    if let mask { energy = energy.maskedFill(mask .== 0, value: -1e20) }
    // The paper divides by the root of headDim; the tutorial takes embedSize.
    let attention = (energy / Double(embedSize).squareRoot()).softmax(dim: 3)
    let mixed = Tensor.einsum("nhql,nlhd->nqhd", [attention, v])
    return fcOut(mixed.reshape(query.shape))
  }
}

let selfAttention: Section = .init("self-attention", "Self-attention") {
  row("S88", "Its layers")
  manualSeed(88)
  let attention = SelfAttention(embedSize: 8, heads: 2)
  print(attention)

  row("S88", "A sequence that attends to itself")
  let sentence = Tensor.randn(1, 3, 8)
  let out = attention(sentence, sentence, sentence, nil)
  print(out.shape)
  print(out.detach())

  row("S88", "Queries of another sequence")
  let question = Tensor.randn(1, 2, 8)
  print(attention(sentence, sentence, question, nil).shape)

  row("S88", "A mask that hides what comes later")
  let mask = Tensor.ones(3, 3).tril()
  print(mask)
  let masked = attention(sentence, sentence, sentence, mask)
  let changed = Tensor.cat([sentence[0..., ..<2], .zeros(1, 1, 8)], dim: 1)
  let again = attention(changed, changed, changed, mask)
  print(masked[0..., ..<2].equal(again[0..., ..<2]), masked[0..., 2].equal(again[0..., 2]))

  row("S88", "Heads that do not divide")
  // SelfAttention(embedSize: 8, heads: 3) ends the program with this.
  if let complaint = SelfAttention.complaint(embedSize: 8, heads: 3) { print(complaint) }
}
