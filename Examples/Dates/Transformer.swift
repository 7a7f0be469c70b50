// The tutorial's Transformer, as `./run tutorial transformer` shows it beside its Python.

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
