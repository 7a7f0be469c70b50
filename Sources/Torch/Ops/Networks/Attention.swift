// Attention in blocks whose scores never leave a near cache; float32 on the processor.

/// What hides keys from queries and weights from the values, and by how much scores are multiplied.
package struct AttentionTerms: Sendable {
  package var scale: Double
  /// What is added to the scores; no gradient goes there.
  package var bias: Tensor?
  package var isCausal = false
  /// The probability with which a weight is dropped.
  package var dropout = 0.0

  package init(scale: Double, bias: Tensor? = nil, isCausal: Bool = false, dropout: Double = 0) {
    (self.scale, self.bias, self.isCausal, self.dropout) = (scale, bias, isCausal, dropout)
  }

  fileprivate var keepScale: Float { 1 / Float(1 - dropout) }

  /// The work of one call; `keep` has the draws of dropout.
  fileprivate func tiles(_ q: Tensor, _ k: Tensor, _ v: Tensor, _ keep: Tensor?) -> TiledAttention {
    var tiles = TiledAttention(query: q.strided, key: k.strided, value: v.strided, scale: Float(scale))
    let scores = Shape(q.shape.dropLast() + [k.shape[k.ndim - 2]])
    if let bias {
      let stretched = bias.strided.broadcast(to: scores)
      let step = stretched.layout.strides[scores.count - 1]
      tiles.bias = step == 0 || step == 1 ? stretched : bias.contiguous().strided.broadcast(to: scores)
    }
    tiles.keep = keep?.strided
    tiles.keepScale = keepScale
    tiles.isCausal = isCausal
    return tiles
  }

  /// Where dropout keeps a weight.
  fileprivate func drawn(_ q: Tensor, _ k: Tensor) -> Tensor? {
    if dropout == 0 { return nil }
    let keep = Tensor(shape: Shape(q.shape.dropLast() + [k.shape[k.ndim - 2]]), dtype: .uint8)
    return keep.bernoulli_(p: 1 - dropout)
  }

  /// The gradients of query, key and value in tensor ops, which can be differentiated again.
  fileprivate func slopes(
    _ g: Tensor, _ q: Tensor, _ k: Tensor, _ v: Tensor, _ keep: Tensor?
  ) -> (Tensor, Tensor, Tensor) {
    var scores = q.matmul(k.mT) * scale
    if let bias { scores = scores + bias }
    if isCausal {
      let hidden = Tensor.ones([q.shape[q.ndim - 2], k.shape[k.ndim - 2]], device: q.device).triu(diagonal: 1)
      scores = scores.maskedFill(hidden .> 0, value: -Double.infinity)
    }
    let dead = noGrad { (scores .== -Double.infinity).all(dim: -1, keepdim: true) }
    let weights = scores.maskedFill(dead, value: 0).softmax(dim: -1).maskedFill(dead, value: 0)
    let mask = keep.map { $0.to(q.dtype) * Double(keepScale) }
    let dropped = mask.map { weights * $0 } ?? weights
    let forDropped = g.matmul(v.mT), forWeights = mask.map { forDropped * $0 } ?? forDropped
    let forScores = weights * (forWeights - (forWeights * weights).sum(dim: -1, keepdim: true)) * scale
    return (forScores.matmul(k), forScores.mT.matmul(q), dropped.mT.matmul(g))
  }
}

/// Attention of queries, keys and values that lie anywhere.
private struct Attention: Op {
  let terms: AttentionTerms
  /// The last step of the products that this stands for.
  let node: StaticString
  var name: StaticString { "scaled_dot_product_attention" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let q = inputs[0], k = inputs[1], v = inputs[2]
    let out = Tensor(shape: Shape(q.shape.dropLast() + [v.shape[v.ndim - 1]]), dtype: q.dtype)
    let logs = Tensor(shape: Shape(q.shape.dropLast()), dtype: q.dtype), keep = terms.drawn(q, k)
    terms.tiles(q, k, v, keep).forward(into: out.strided, logs: logs.strided)
    for i in 0..<3 { saving.input(i) }
    saving.output(0)
    saving.constant(logs)
    if let keep { saving.constant(keep) }
    return [out]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let q = saved[0], k = saved[1], v = saved[2], keep = terms.dropout > 0 ? saved[5] : nil
    if isGradEnabled() {
      let all = terms.slopes(g, q, k, v, keep)
      return [all.0, all.1, all.2]
    }
    let all = [q, k, v].map { Tensor(shape: $0.shape, dtype: $0.dtype) }
    terms.tiles(q, k, v, keep).backward(
      g.contiguous().strided, out: saved[3].strided, logs: saved[4].strided, forQuery: all[0].strided,
      forKey: all[1].strided, forValue: all[2].strided)
    return all
  }
}

/// Attention of one sequence to itself, whose queries, keys and values lie beside one another as one product gave them.
private struct SelfAttention: Op {
  let terms: AttentionTerms
  let heads: Int
  /// Whether the batch comes first, and not the steps.
  let batchFirst: Bool
  var name: StaticString { "scaled_dot_product_attention" }
  var node: StaticString { "view" }

  /// - Parameter inputs: `[batch, length, 3 * features]`, or as `batchFirst` says.
  /// - Returns: `[length * batch, features]`.
  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let x = inputs[0], (q, k, v) = parts(x)
    let (batch, length, width) = (q.shape[0], q.shape[2], q.shape[3])
    let out = Tensor(shape: [length * batch, heads * width], dtype: x.dtype)
    let logs = Tensor(shape: [batch, heads, length], dtype: x.dtype), keep = terms.drawn(q, k)
    terms.tiles(q, k, v, keep).forward(into: mixed(out, q.shape).strided, logs: logs.strided)
    saving.input(0)
    saving.output(0)
    saving.constant(logs)
    if let keep { saving.constant(keep) }
    return [out]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let x = saved[0], (q, k, v) = parts(x), keep = terms.dropout > 0 ? saved[3] : nil
    if isGradEnabled() {
      let all = terms.slopes(mixed(g.contiguous(), q.shape), q, k, v, keep)
      return [joined(all.0, all.1, all.2)]
    }
    let whole = Tensor(shape: x.shape, dtype: x.dtype), (dq, dk, dv) = parts(whole)
    terms.tiles(q, k, v, keep).backward(
      mixed(g.contiguous(), q.shape).strided, out: mixed(saved[1], q.shape).strided, logs: saved[2].strided,
      forQuery: dq.strided, forKey: dk.strided, forValue: dv.strided)
    return [whole]
  }

  /// Queries, keys and values as `[batch, heads, length, features]`, in place.
  private func parts(_ x: Tensor) -> (Tensor, Tensor, Tensor) {
    let all = x.view([x.shape[0], x.shape[1], 3, heads, x.shape[2] / (3 * heads)])
    let each = (0..<3).map { all.select(dim: 2, index: $0) }
    func headsFirst(_ x: Tensor) -> Tensor { batchFirst ? x.permute(0, 2, 1, 3) : x.permute(1, 2, 0, 3) }
    return (headsFirst(each[0]), headsFirst(each[1]), headsFirst(each[2]))
  }

  /// The rows of a result, or of its gradient, as `[batch, heads, length, features]`.
  private func mixed(_ rows: Tensor, _ shape: Shape) -> Tensor {
    rows.view([shape[2], shape[0], heads, shape[3]]).permute(1, 2, 0, 3)
  }

  /// The inverse of ``parts(_:)``.
  private func joined(_ q: Tensor, _ k: Tensor, _ v: Tensor) -> Tensor {
    let all = [q, k, v].map { batchFirst ? $0.permute(0, 2, 1, 3) : $0.permute(2, 0, 1, 3) }
    return Tensor.stack(all, dim: 2).flatten(2, -1)
  }
}

extension Tensor {
  /// Whether attention of this query goes by blocks.
  package func takesTiledAttention(_ key: Tensor, _ value: Tensor, bias: Tensor?, dropout: Double) -> Bool {
    let rank = ndim
    guard backends.cpu.tiledAttention, rank >= 2, key.ndim == rank, value.ndim == rank, dropout < 1 else {
      return false
    }
    let batch = shape.dropLast(2)
    if let bias {
      guard !bias.isRecording, bias.dtype == .float32, bias.device == .cpu, bias.ndim <= rank else { return false }
      let scores = batch + [shape[rank - 2], key.shape[rank - 2]]
      guard zip(bias.shape.reversed(), scores.reversed()).allSatisfy({ $0 == 1 || $0 == $1 }) else { return false }
    }
    return [self, key, value].allSatisfy {
      $0.dtype == .float32 && $0.device == .cpu && $0.numel() > 0 && $0.shape.dropLast(2).elementsEqual(batch)
    }
  }

  /// Values mixed by how well their keys fit this query.
  /// - Precondition: ``takesTiledAttention(_:_:bias:dropout:)``; the bias broadcasts to the scores.
  package func tiledAttention(_ key: Tensor, _ value: Tensor, _ terms: AttentionTerms) -> Tensor {
    Attention(terms: terms, node: ndim == 2 ? "mm" : "unsafe_view")(self, key, value)
  }

  /// Attention of the sequences in `[batch, length, 3 * features]`, or with the length first, to themselves.
  /// - Returns: `[length * batch, features]`.
  /// - Precondition: contiguous and of float32 on the processor; not empty.
  package func selfAttention(heads: Int, batchFirst: Bool, _ terms: AttentionTerms) -> Tensor {
    SelfAttention(terms: terms, heads: heads, batchFirst: batchFirst)(self)
  }
}
