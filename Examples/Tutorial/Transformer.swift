// The whole Transformer. The text calls an Encoder and a Decoder that it does not show: here they are, as its calls want them,
// down to the decoder that hands on embedSize numbers since the last layer sits in the Transformer. The caller makes the masks.

import Torch
import TorchNN
import TorchOptim
import TorchUtils

final class Encoder: Module, Layer2 {
  let device: Device
  let wordEmbedding: Embedding, positionEmbedding: Embedding
  let layers: ModuleList<TransformerBlock>
  let dropout: Dropout

  init(
    srcVocabSize: Int, embedSize: Int, numLayers: Int, heads: Int, device: Device, forwardExpansion: Int,
    dropout: Double, maxLength: Int
  ) {
    self.device = device
    wordEmbedding = Embedding(srcVocabSize, embedSize)
    positionEmbedding = Embedding(maxLength, embedSize)
    layers = ModuleList(
      (0..<numLayers).map { _ in
        TransformerBlock(embedSize: embedSize, heads: heads, dropout: dropout, forwardExpansion: forwardExpansion)
      })
    self.dropout = Dropout(dropout)
  }

  func forward(_ tokens: Tensor, _ mask: Tensor?) -> Tensor {
    let places = Tensor.arange(tokens.size(1), device: device).expand(tokens.shape)
    var x = dropout(wordEmbedding(tokens) + positionEmbedding(places))
    for layer in layers { x = layer(x, x, x, mask) }
    return x
  }
}

final class DecoderBlock: Module, Layer5 {
  let attention: SelfAttention
  let norm: LayerNorm
  let transformerBlock: TransformerBlock
  let dropout: Dropout

  init(embedSize: Int, heads: Int, forwardExpansion: Int, dropout: Double) {
    attention = SelfAttention(embedSize: embedSize, heads: heads)
    norm = LayerNorm(embedSize)
    transformerBlock = TransformerBlock(
      embedSize: embedSize, heads: heads, dropout: dropout, forwardExpansion: forwardExpansion)
    self.dropout = Dropout(dropout)
  }

  func forward(_ x: Tensor, _ value: Tensor, _ key: Tensor, _ srcMask: Tensor?, _ trgMask: Tensor?) -> Tensor {
    let query = dropout(norm(attention(x, x, x, trgMask) + x))
    return transformerBlock(value, key, query, srcMask)
  }
}

final class Decoder: Module, Layer4 {
  let device: Device
  let wordEmbedding: Embedding, positionEmbedding: Embedding
  let layers: ModuleList<DecoderBlock>
  let dropout: Dropout

  init(
    trgVocabSize: Int, embedSize: Int, numLayers: Int, heads: Int, forwardExpansion: Int, dropout: Double,
    device: Device, maxLength: Int
  ) {
    self.device = device
    wordEmbedding = Embedding(trgVocabSize, embedSize)
    positionEmbedding = Embedding(maxLength, embedSize)
    layers = ModuleList(
      (0..<numLayers).map { _ in
        DecoderBlock(embedSize: embedSize, heads: heads, forwardExpansion: forwardExpansion, dropout: dropout)
      })
    self.dropout = Dropout(dropout)
  }

  func forward(_ tokens: Tensor, _ encOut: Tensor, _ srcMask: Tensor?, _ trgMask: Tensor?) -> Tensor {
    let places = Tensor.arange(tokens.size(1), device: device).expand(tokens.shape)
    var x = dropout(wordEmbedding(tokens) + positionEmbedding(places))
    for layer in layers { x = layer(x, encOut, encOut, srcMask, trgMask) }
    return x
  }
}

final class Transformer: Module, Layer4 {
  let encoder: Encoder
  let decoder: Decoder
  let fcOut: Linear

  init(
    srcVocabSize: Int, trgVocabSize: Int, embedSize: Int = 512, numLayers: Int = 6, forwardExpansion: Int = 4,
    heads: Int = 8, dropout: Double = 0, device: Device = .cpu, maxLength: Int = 100
  ) {
    encoder = Encoder(
      srcVocabSize: srcVocabSize, embedSize: embedSize, numLayers: numLayers, heads: heads, device: device,
      forwardExpansion: forwardExpansion, dropout: dropout, maxLength: maxLength)
    decoder = Decoder(
      trgVocabSize: trgVocabSize, embedSize: embedSize, numLayers: numLayers, heads: heads,
      forwardExpansion: forwardExpansion, dropout: dropout, device: device, maxLength: maxLength)
    fcOut = Linear(embedSize, trgVocabSize)
  }

  func forward(_ src: Tensor, _ trg: Tensor, _ srcMask: Tensor?, _ trgMask: Tensor?) -> Tensor {
    let encSrc = encoder(src, srcMask)
    return fcOut(decoder(trg, encSrc, srcMask, trgMask))
  }
}

/// True where a token is none of the padding: [batch, 1, 1, length].
func paddingMask(_ tokens: Tensor, pad: Int) -> Tensor { (tokens .!= pad).unsqueeze(1).unsqueeze(2) }

/// 1 where a place may look: at itself and at what came before; [batch, 1, length, length].
func causalMask(_ tokens: Tensor) -> Tensor {
  let length = tokens.size(1)
  return Tensor.ones(length, length).tril().expand(tokens.size(0), 1, length, length)
}

let transformer: Section = .init("transformer", "The Transformer") {
  row("S91", "The masks, which the caller makes")
  let pad = 0
  let src = Tensor([[1, 5, 6, 4, 3, 2, 0], [1, 8, 7, 3, 4, 5, 2]])
  let trg = Tensor([[1, 3, 4, 6, 5, 2, 0], [1, 5, 4, 3, 7, 8, 2]])
  let srcMask = paddingMask(src, pad: pad)
  print(srcMask.shape)
  print(srcMask[0])
  print(causalMask(trg[0..., ..<4])[0, 0])

  row("S91", "The encoder and the decoder")
  manualSeed(90)
  let model = Transformer(srcVocabSize: 10, trgVocabSize: 10, embedSize: 32, numLayers: 2, heads: 4)
  let enc = model.encoder(src, srcMask)
  print(enc.shape)
  let dec = model.decoder(trg, enc, srcMask, causalMask(trg))
  print(dec.shape)

  row("S90", "The whole")
  let given = trg[0..., ..<(-1)], wanted = trg[0..., 1...]
  let out = model(src, given, srcMask, causalMask(given))
  print(out.shape)
  print(out[0, 0])
  print(model.parameters().reduce(0) { $0 + $1.numel() })
  print(model.stateDict().keys.suffix(2).joined(separator: ", "))

  row("S90", "Its usual size")
  let full = Transformer(srcVocabSize: 10, trgVocabSize: 10)
  print(full.parameters().reduce(0) { $0 + $1.numel() })

  row("S90", "What is padded is not seen, nor what comes later")
  noGrad {
    let other = src.clone()
    other[0, 6] = 9  // behind the mask
    let unseen = model(other, given, srcMask, causalMask(given))
    let later = given.clone()
    later[0..., 5] = 9
    let ahead = model(src, later, srcMask, causalMask(later))
    print(unseen.allclose(out))
    print(ahead[0..., ..<5].allclose(out[0..., ..<5]), ahead[0..., 5].allclose(out[0..., 5]))
  }

  row("S90", "It learns to turn the two rows around")
  let optimizer = Adam(model.parameters(), lr: 0.001)
  let criterion = CrossEntropyLoss(ignoreIndex: pad)
  for step in 1...40 {
    let scores = model(src, given, srcMask, causalMask(given))
    let loss = criterion(scores.reshape(-1, 10), wanted.reshape(-1))
    optimizer.zeroGrad()
    loss.backward()
    optimizer.step()
    if step % 10 == 0 { print("step \(step): loss \(fixed(loss.item(), 3))") }
  }

  row("S90", "Greedy decoding, one token at a time")
  var answer = Tensor.full([2, 1], 1)
  for _ in 0..<6 {
    let scores = model(src, answer, srcMask, causalMask(answer))
    answer = Tensor.cat([answer, scores[0..., -1].argmax(dim: 1, keepdim: true)], dim: 1)
  }
  print(answer)
}
