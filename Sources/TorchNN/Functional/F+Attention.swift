import Torch

extension F {
  /// Values mixed by how well their keys fit the queries, as `torch.nn.functional.scaled_dot_product_attention`.
  ///
  /// Vaswani et al., "Attention Is All You Need", 2017. A query that may see nothing gets zeros.
  /// - Shape: query `[..., heads, L, E]`, key `[..., heads, S, E]`, value `[..., heads, S, V]`, mask broadcasting to
  ///   `[..., heads, L, S]`; the result is `[..., heads, L, V]`.
  /// - Parameters:
  ///   - attnMask: bool, true where a query may see a key; or numbers that are added to the scores.
  ///   - dropoutP: the probability with which a weight is dropped; applied always, in evaluation too.
  ///   - isCausal: whether query i sees the keys 0...i alone.
  ///   - scale: the factor of the scores; `1 / sqrt(E)` if nil.
  ///   - enableGqa: whether several heads of queries share a head of keys and values.
  /// - Precondition: one floating point dtype; no mask together with `isCausal`.
  public static func scaledDotProductAttention(
    _ query: Tensor, _ key: Tensor, _ value: Tensor, attnMask: Tensor? = nil, dropoutP: Double = 0,
    isCausal: Bool = false, scale: Double? = nil, enableGqa: Bool = false
  ) -> Tensor {
    inOp("scaled_dot_product_attention") {
      let query = query.lowered, key = key.lowered, value = value.lowered, attnMask = attnMask?.lowered
      return withoutAutocast {
        attention(query, key, value, attnMask, dropoutP, isCausal: isCausal, scale, enableGqa: enableGqa)
      }
    }
  }

  private static func attention(
    _ query: Tensor, _ key: Tensor, _ value: Tensor, _ attnMask: Tensor?, _ dropoutP: Double, isCausal: Bool,
    _ scale: Double?, enableGqa: Bool
  ) -> Tensor {
    func refuse(_ rule: String) -> Never {
      let got = "; got query \(query.signature), key \(key.signature), value \(value.signature)"
      let mask = attnMask.map { ", attnMask \($0.signature)" } ?? ""
      fault("scaled_dot_product_attention", rule + got + mask)
    }
    guard query.dtype.isFloatingPoint, key.dtype == query.dtype, value.dtype == query.dtype else {
      refuse("query, key and value want one floating point dtype")
    }
    guard Swift.min(query.ndim, key.ndim, value.ndim) >= 2 else { refuse("all want at least 2 dimensions") }
    guard attnMask == nil || !isCausal else { refuse("give a mask or isCausal, not both") }
    if let attnMask, ![.bool, .float32, query.dtype].contains(attnMask.dtype) {
      refuse("attnMask wants bool, float32 or the dtype of the query")
    }
    guard query.shape[query.ndim - 1] == key.shape[key.ndim - 1] else {
      refuse("query and key differ in their last size")
    }
    guard key.shape[key.ndim - 2] == value.shape[value.ndim - 2] else { refuse("key and value differ in number") }
    guard dropoutP >= 0, dropoutP <= 1 else { refuse("dropoutP is a probability between 0 and 1, it is \(dropoutP)") }
    // Half types are computed in float32 and rounded once.
    let q = query.widened
    var k = key.widened, v = value.widened
    if enableGqa {
      guard Swift.min(query.ndim, key.ndim, value.ndim) >= 3 else { refuse("enableGqa wants a dimension of heads") }
      let heads = query.shape[query.ndim - 3]
      for x in [key, value] where x.shape[x.ndim - 3] == 0 || heads % x.shape[x.ndim - 3] != 0 {
        refuse("the heads of keys and values must divide those of the queries, \(heads)")
      }
      k = k.headsRepeated(heads)
      v = v.headsRepeated(heads)
    }
    let length = query.shape[query.ndim - 2], width = query.shape[query.ndim - 1], count = key.shape[key.ndim - 2]
    // As torch, a root of the factor on either side.
    let factor = scale ?? 1 / Double(width).squareRoot()
    let added = attnMask.map { $0.dtype == .bool ? hiding($0.logicalNot(), q.dtype) : $0.to(q.dtype) }
    if q.takesTiledAttention(k, v, bias: added, dropout: dropoutP) {
      let terms = AttentionTerms(scale: factor, bias: added, isCausal: isCausal, dropout: dropoutP)
      return q.tiledAttention(k, v, terms).to(query.dtype)
    }
    let root = factor.magnitude.squareRoot()
    var scores = (q * (factor < 0 ? -root : root)).matmul(k.mT * root)
    var dead: Tensor?
    if isCausal {
      let rows = Tensor.arange(length, device: query.device).unsqueeze(1)
      scores = scores + hiding(Tensor.arange(count, device: query.device) .> rows, scores.dtype)
    } else if let added {
      scores = scores + added
      dead = noGrad { (scores .== -Double.infinity).all(dim: -1, keepdim: true) }
      // A row without any score would be 0 / 0.
      if count == 0 || !noGrad({ dead!.any().item() as Bool }) { dead = nil }
      if let dead { scores = scores.maskedFill(dead, value: 0) }
    }
    var weights = scores.softmax(dim: -1)
    if let dead { weights = weights.maskedFill(dead, value: 0) }
    if dropoutP > 0 { weights = F.dropout(weights, p: dropoutP) }
    return weights.matmul(v).to(query.dtype)
  }
}

/// What is added to scores to hide those where `mask` holds, as PyTorch does: a mask is smaller than the scores.
func hiding(_ mask: Tensor, _ dtype: DType) -> Tensor {
  Tensor.zeros(mask.shape, dtype: dtype, device: mask.device).maskedFill_(mask, value: -Double.infinity)
}

extension Tensor {
  /// Each head as often as makes `heads` of them, repeats beside one another.
  fileprivate func headsRepeated(_ heads: Int) -> Tensor {
    let own = shape[ndim - 3]
    if own == heads { return self }
    var sizes = Array(shape)
    sizes.insert(heads / own, at: ndim - 2)
    return unsqueeze(-3).expand(sizes).flatten(-4, -3)
  }
}
