import TorchNN

// The tutorial's models, as someone would write them who ports it line by line.

final class TutorialCNN: Module, Layer {
  let features: Sequential, classifier: Sequential

  init(widths: [Int], classes: Int, places: Int = 4, hidden: Int = 32) {
    var layers: [any Layer] = [], last = 3
    for width in widths {
      for inputs in [last, width] {
        layers += [Conv2d(inputs, width, kernelSize: 3, padding: 1), BatchNorm2d(width), ReLU(inplace: true)]
      }
      layers.append(MaxPool2d(2, stride: 2))
      last = width
    }
    features = Sequential(layers)
    classifier = Sequential(
      Flatten(), Linear(last * places, hidden), ReLU(inplace: true), Dropout(0.5), Linear(hidden, classes))
  }

  func forward(_ x: Tensor) -> Tensor { classifier(features(x)) }
}

final class GlobalAvgPool: Module, Layer {
  func forward(_ x: Tensor) -> Tensor { x.mean(dim: [2, 3]) }
}

final class LSTMModel: Module, Layer {
  let embedding: Embedding, lstm: LSTM, fc: Linear

  init(
    _ vocab: Int, _ embed: Int, _ hidden: Int, _ classes: Int, numLayers: Int = 1, dropout: Double = 0,
    bidirectional: Bool = false
  ) {
    embedding = Embedding(vocab, embed)
    lstm = LSTM(
      embed, hidden, numLayers: numLayers, batchFirst: true, dropout: dropout, bidirectional: bidirectional)
    fc = Linear(hidden * (bidirectional ? 2 : 1), classes)
  }

  func forward(_ x: Tensor) -> Tensor {
    let (out, (_, _)) = lstm(embedding(x))
    return fc(out[0..., -1, 0...])
  }
}

final class GRUModel: Module, Layer {
  let embedding: Embedding, gru: GRU, fc: Linear

  init(_ vocab: Int, _ embed: Int, _ hidden: Int, _ classes: Int, numLayers: Int) {
    embedding = Embedding(vocab, embed)
    gru = GRU(embed, hidden, numLayers: numLayers, batchFirst: true, bidirectional: true)
    fc = Linear(hidden * 2, classes)
  }

  func forward(_ x: Tensor) -> Tensor {
    let (out, _) = gru(embedding(x))
    return fc(out[0..., -1, 0...])
  }
}

final class RNNModel: Module, Layer {
  let embedding: Embedding, rnn: RNN, fc: Linear

  init(_ vocab: Int, _ embed: Int, _ hidden: Int, _ classes: Int, numLayers: Int) {
    embedding = Embedding(vocab, embed)
    rnn = RNN(embed, hidden, numLayers: numLayers, batchFirst: true)
    fc = Linear(hidden, classes)
  }

  func forward(_ x: Tensor) -> Tensor { fc(rnn(embedding(x)).0[0..., -1, 0...]) }
}

final class SelfAttention: Module, Layer4 {
  let heads: Int, headDim: Int, embedSize: Int
  let values: Linear, keys: Linear, queries: Linear, fcOut: Linear

  init(_ embedSize: Int, _ heads: Int) {
    self.embedSize = embedSize
    self.heads = heads
    headDim = embedSize / heads
    values = Linear(headDim, headDim, bias: false)
    keys = Linear(headDim, headDim, bias: false)
    queries = Linear(headDim, headDim, bias: false)
    fcOut = Linear(heads * headDim, embedSize)
  }

  func forward(_ values: Tensor, _ keys: Tensor, _ query: Tensor, _ mask: Tensor?) -> Tensor {
    let n = query.size(0)
    let v = self.values(values.reshape(n, values.size(1), heads, headDim))
    let k = self.keys(keys.reshape(n, keys.size(1), heads, headDim))
    let q = queries(query.reshape(n, query.size(1), heads, headDim))
    var energy = Tensor.einsum("nqhd,nkhd->nhqk", [q, k])
    if let mask { energy = energy.maskedFill(mask .== 0, value: -1e20) }
    let attention = (energy / Double(embedSize).squareRoot()).softmax(dim: 3)
    let out = Tensor.einsum("nhql,nlhd->nqhd", [attention, v]).reshape(n, query.size(1), heads * headDim)
    return fcOut(out)
  }
}

final class TransformerBlock: Module, Layer4 {
  let attention: SelfAttention, norm1: LayerNorm, norm2: LayerNorm, feedForward: Sequential, dropout: Dropout

  init(_ embedSize: Int, _ heads: Int, _ dropout: Double, _ forwardExpansion: Int) {
    attention = SelfAttention(embedSize, heads)
    norm1 = LayerNorm(embedSize)
    norm2 = LayerNorm(embedSize)
    feedForward = Sequential(
      Linear(embedSize, forwardExpansion * embedSize), ReLU(), Linear(forwardExpansion * embedSize, embedSize))
    self.dropout = Dropout(dropout)
  }

  func forward(_ value: Tensor, _ key: Tensor, _ query: Tensor, _ mask: Tensor?) -> Tensor {
    let x = dropout(norm1(attention(value, key, query, mask) + query))
    return dropout(norm2(feedForward(x) + x))
  }
}

final class Encoder: Module, Layer2 {
  let wordEmbedding: Embedding, positionEmbedding: Embedding, layers: ModuleList<TransformerBlock>, dropout: Dropout

  init(
    _ vocab: Int, _ embedSize: Int, _ numLayers: Int, _ heads: Int, _ forwardExpansion: Int, _ dropout: Double,
    _ maxLength: Int
  ) {
    wordEmbedding = Embedding(vocab, embedSize)
    positionEmbedding = Embedding(maxLength, embedSize)
    layers = ModuleList((0..<numLayers).map { _ in TransformerBlock(embedSize, heads, dropout, forwardExpansion) })
    self.dropout = Dropout(dropout)
  }

  func forward(_ x: Tensor, _ mask: Tensor?) -> Tensor {
    let positions = Tensor.arange(x.size(1)).expand(x.size(0), x.size(1))
    var out = dropout(wordEmbedding(x) + positionEmbedding(positions))
    for layer in layers { out = layer(out, out, out, mask) }
    return out
  }
}

final class DecoderBlock: Module, Layer5 {
  let attention: SelfAttention, norm: LayerNorm, transformerBlock: TransformerBlock, dropout: Dropout

  init(_ embedSize: Int, _ heads: Int, _ forwardExpansion: Int, _ dropout: Double) {
    attention = SelfAttention(embedSize, heads)
    norm = LayerNorm(embedSize)
    transformerBlock = TransformerBlock(embedSize, heads, dropout, forwardExpansion)
    self.dropout = Dropout(dropout)
  }

  func forward(_ x: Tensor, _ value: Tensor, _ key: Tensor, _ srcMask: Tensor?, _ trgMask: Tensor?) -> Tensor {
    let query = dropout(norm(attention(x, x, x, trgMask) + x))
    return transformerBlock(value, key, query, srcMask)
  }
}

final class Decoder: Module, Layer4 {
  let wordEmbedding: Embedding, positionEmbedding: Embedding, layers: ModuleList<DecoderBlock>, dropout: Dropout

  init(
    _ vocab: Int, _ embedSize: Int, _ numLayers: Int, _ heads: Int, _ forwardExpansion: Int, _ dropout: Double,
    _ maxLength: Int
  ) {
    wordEmbedding = Embedding(vocab, embedSize)
    positionEmbedding = Embedding(maxLength, embedSize)
    layers = ModuleList((0..<numLayers).map { _ in DecoderBlock(embedSize, heads, forwardExpansion, dropout) })
    self.dropout = Dropout(dropout)
  }

  func forward(_ x: Tensor, _ encoded: Tensor, _ srcMask: Tensor?, _ trgMask: Tensor?) -> Tensor {
    let positions = Tensor.arange(x.size(1)).expand(x.size(0), x.size(1))
    var out = dropout(wordEmbedding(x) + positionEmbedding(positions))
    for layer in layers { out = layer(out, encoded, encoded, srcMask, trgMask) }
    return out
  }
}

final class Seq2Seq: Module, Layer2 {
  let encoder: Encoder, decoder: Decoder, fcOut: Linear

  init(
    _ srcVocab: Int, _ trgVocab: Int, _ embedSize: Int, _ numLayers: Int, _ forwardExpansion: Int, _ heads: Int,
    _ dropout: Double, _ maxLength: Int
  ) {
    encoder = Encoder(srcVocab, embedSize, numLayers, heads, forwardExpansion, dropout, maxLength)
    decoder = Decoder(trgVocab, embedSize, numLayers, heads, forwardExpansion, dropout, maxLength)
    fcOut = Linear(embedSize, trgVocab)
  }

  func forward(_ src: Tensor, _ trg: Tensor) -> Tensor {
    let length = trg.size(1)
    let mask = Tensor.ones(length, length).tril().expand(trg.size(0), 1, length, length)
    return fcOut(decoder(trg, encoder(src, nil), nil, mask)).flatten(0, 1)
  }
}

/// torch.nn's own encoder over embeddings, with a padding mask.
final class Classifier: Module, Layer {
  let embedding = Embedding(30, 16)
  let encoder = TransformerEncoder(
    TransformerEncoderLayer(16, 4, dimFeedforward: 32, dropout: 0.1, activation: .gelu, batchFirst: true), 2)
  let fc = Linear(16, 5)

  func forward(_ x: Tensor) -> Tensor {
    fc(encoder(embedding(x), srcKeyPaddingMask: x .< 3).mean(dim: 1))
  }
}

/// torch.nn's own transformer, causal, norms first.
final class Translator: Module, Layer {
  let embedding = Embedding(30, 16)
  let transformer = Transformer(
    dModel: 16, nhead: 2, numEncoderLayers: 1, numDecoderLayers: 1, dimFeedforward: 32, dropout: 0.2, normFirst: true)
  let fc = Linear(16, 5)

  func forward(_ x: Tensor) -> Tensor {
    let x = embedding(x).transpose(0, 1)
    let mask = Transformer.generateSquareSubsequentMask(x.size(0))
    return fc(transformer(x, x, tgtMask: mask, tgtIsCausal: true).mean(dim: 0))
  }
}
