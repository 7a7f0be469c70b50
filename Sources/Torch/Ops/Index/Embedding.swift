// Rows of a table by their numbers.

/// Rows of `inputs[0]` at the int64 positions of `inputs[1]`.
struct Embedding: Op {
  /// A row that learns nothing; -1 for none.
  let paddingIdx: Int
  let scaleGradByFreq: Bool
  var name: StaticString { "embedding" }
  static let rows = IndexedDims(dims: [0], countsFromEnd: false)

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.constant(inputs[1])
    return [IndexRead(indexed: Self.rows).apply(inputs)[0].contiguous()]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    return [EmbeddingGradient(of: self, shape: saved.shape(of: 0))(g, saved[0])]
  }
}

/// The sum of the gradients of each row.
struct EmbeddingGradient: Op {
  let of: Embedding
  let shape: Shape
  var name: StaticString { "embedding_dense_backward" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let (g, index) = (inputs[0], inputs[1])
    saving.constant(index)
    let out = IndexWrite.sum(shared(g, index), at: [index], Embedding.rows, into: shape)
    if of.paddingIdx >= 0, out.numel() > 0 { out.select(dim: 0, index: of.paddingIdx).zero_() }
    return [out]
  }

  /// Gradients divided by how often their row was read, where that is wanted.
  private func shared(_ g: Tensor, _ index: Tensor) -> Tensor {
    guard of.scaleGradByFreq, index.numel() > 0 else { return g }
    let flat = index.reshape(-1)
    let counts = Tensor.zeros([shape[0]], dtype: .int64, device: g.device)
      .scatterAdd(dim: 0, index: flat, src: Tensor.ones(like: flat))
    return g / counts[index].unsqueeze(-1).to(g.dtype)
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let gg = gradients[0] else { return [] }
    let index = saved[0]
    let read = of(gg, index)
    guard of.paddingIdx >= 0 else { return [shared(read, index), nil] }
    return [shared(read.maskedFill((index .== of.paddingIdx).unsqueeze(-1), value: 0), index), nil]
  }
}

extension Tensor {
  /// The rows of this table at the positions of `index`, as `torch.embedding`.
  package func embedding(_ index: Tensor, paddingIdx: Int?, scaleGradByFreq: Bool) -> Tensor {
    inOp("embedding") {
      func refuse(_ rule: String) -> Never {
        fault(OpError("embedding", "\(rule); got input \(index.signature), weight \(signature)"))
      }
      guard ndim == 2 else { refuse("weight wants 2 dimensions, [rows, size]") }
      guard index.dtype == .int64 || index.dtype == .int32 else {
        refuse("input wants int64 or int32; convert it with long()")
      }
      let index = index.long(), rows = shape[0]
      if let paddingIdx, paddingIdx < -rows || paddingIdx >= rows {
        refuse("paddingIdx \(paddingIdx) names none of the \(rows) rows")
      }
      let padding = paddingIdx.map { $0 < 0 ? $0 + rows : $0 } ?? -1
      return Embedding(paddingIdx: padding, scaleGradByFreq: scaleGradByFreq)(self, index)
    }
  }

  /// Shortens the rows of this table that `index` names to a p-norm of at most `maxNorm`, as `torch.embedding_renorm_`.
  package func embeddingRenorm_(_ index: Tensor, maxNorm: Double, normType: Double) {
    inOp("embedding_renorm_") {
      guard index.numel() > 0 else { return }
      noGrad {
        var used = Tensor.zeros([shape[0]], dtype: .bool, device: device)
        used = used.scatter(dim: 0, index: index.reshape(-1).long(), value: true)
        let rows = used.nonzero().reshape(-1)
        let read = indexSelect(dim: 0, index: rows)
        let norms = read.norm(p: normType, dim: 1, keepdim: true)
        let scale = Tensor.where(norms .> maxNorm, maxNorm / (norms + 1e-7), Tensor.ones(like: norms))
        indexPut_([rows], read * scale)
      }
    }
  }
}
