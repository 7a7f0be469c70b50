import Torch

extension F {
  /// `softmax(query * key.mT * scale + mask) * value`, as `torch.nn.functional.scaled_dot_product_attention`.
  ///
  /// Vaswani et al., "Attention Is All You Need", 2017.
  /// - Parameters:
  ///   - attnMask: bool (true takes part) or numbers that are added; broadcasts to `[..., target, source]`.
  ///   - dropoutP: the probability that a weight is set to zero.
  ///   - isCausal: each target sees sources up to its own position.
  ///   - scale: nil for `1 / sqrt(embedding)`.
  ///   - enableGqa: keys and values may have fewer heads, which several heads of the query share.
  /// - Shape: query `[..., heads, target, embedding]`, key `[..., heads, source, embedding]`, value `[..., heads, source,
  ///   size]`; the result is `[..., heads, target, size]`.
  /// - Precondition: at least 2 dimensions each, the sizes and dtypes agree, not both a mask and `isCausal`. A target that
  ///   may see nothing gets zeros.
  public static func scaledDotProductAttention(
    _ query: Tensor, _ key: Tensor, _ value: Tensor, attnMask: Tensor? = nil, dropoutP: Double = 0,
    isCausal: Bool = false,
    scale: Double? = nil, enableGqa: Bool = false
  ) -> Tensor {
    inOp("scaled_dot_product_attention") {
      let op: StaticString = "scaled_dot_product_attention"
      let got = "; got query \(query.signature), key \(key.signature), value \(value.signature)"
      guard query.ndim >= 2, key.ndim >= 2, value.ndim >= 2 else {
        fault("\(op)", "query, key and value want at least 2 dimensions, [..., length, embedding]" + got)
      }
      guard query.isFloatingPoint(), query.dtype == key.dtype, key.dtype == value.dtype else {
        fault("\(op)", "query, key and value want one floating point dtype; convert with to(_:)" + got)
      }
      guard query.size(-1) == key.size(-1) else { fault("\(op)", "query and key want the same embedding" + got) }
      guard key.size(-2) == value.size(-2) else { fault("\(op)", "key and value want the same length" + got) }
      guard attnMask == nil || !isCausal else { fault("\(op)", "takes attnMask or isCausal, not both") }
      // Half types are computed in float32 and rounded once, as in PyTorch.
      let dtype = query.dtype, isHalf = dtype.itemSize == 2
      let query = isHalf ? query.float() : query
      var (key, value) = isHalf ? (key.float(), value.float()) : (key, value)
      if enableGqa {
        key = shared(key, by: query, op, got)
        value = shared(value, by: query, op, got)
      }
      // Half of the scale on either side keeps large products in range.
      let half = (scale ?? 1 / Double(Swift.max(query.size(-1), 1)).squareRoot()).squareRoot()
      var scores = (query * half).matmul((key * half).mT)
      var mask = attnMask
      if isCausal {
        let (targets, sources) = (query.size(-2), key.size(-2))
        mask = Tensor.arange(targets).unsqueeze(1) .>= Tensor.arange(sources)
      }
      guard let mask else { return dropout(scores.softmax(dim: -1), p: dropoutP).matmul(value).to(dtype) }
      guard mask.dtype == .bool || mask.dtype == dtype else {
        fault("\(op)", "attnMask wants bool or the dtype of the query, is \(mask.signature)" + got)
      }
      scores = mask.dtype == .bool ? scores.maskedFill(mask.logicalNot(), value: -Double.infinity) : scores + mask
      // A row of nothing but minus infinity has no softmax; its weights, and what flows back through them, are zero.
      let blind = scores.eq(-Double.infinity).all(dim: -1, keepdim: true)
      let weights = scores.maskedFill(blind, value: 0).softmax(dim: -1).maskedFill(blind, value: 0)
      return dropout(weights, p: dropoutP).matmul(value).to(dtype)
    }
  }

  /// Repeats each head for the heads of the query that share it.
  private static func shared(_ t: Tensor, by query: Tensor, _ op: StaticString, _ got: String) -> Tensor {
    guard t.ndim >= 3, query.ndim >= 3, t.size(-3) > 0, query.size(-3) % t.size(-3) == 0 else {
      fault("\(op)", "enableGqa wants heads of the query in whole multiples of those of key and value" + got)
    }
    let times = query.size(-3) / t.size(-3)
    if times == 1 { return t }
    var sizes = Array(t.shape)
    sizes.insert(times, at: t.ndim - 2)
    return t.unsqueeze(-3).expand(sizes).flatten(t.ndim - 3, t.ndim - 2)
  }
}
