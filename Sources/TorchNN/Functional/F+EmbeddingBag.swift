import Torch

/// How ``F/embeddingBag(_:_:offsets:maxNorm:normType:scaleGradByFreq:mode:sparse:perSampleWeights:includeLastOffset:paddingIdx:)``
/// joins the rows of a bag.
public enum EmbeddingBagMode: String, Sendable { case sum, mean, max }

extension F {
  /// The sum, mean or maximum of the rows of a table that each bag names, as `torch.nn.functional.embedding_bag`.
  /// - Shape: input `[bags, size]`, or `[*]` with offsets `[bags]`; weight `[rows, width]`; the result is `[bags, width]`.
  /// - Parameters:
  ///   - offsets: where each bag begins in an input of one dimension.
  ///   - maxNorm: rows that are read and longer than this are shortened in `weight` itself first.
  ///   - normType: the p of the norm of `maxNorm`.
  ///   - scaleGradByFreq: whether a row's gradient is divided by how often it was read; not for the maximum.
  ///   - sparse: sparse gradients, which do not exist here.
  ///   - perSampleWeights: a factor for each row, in the shape of `input`; for the sum alone.
  ///   - includeLastOffset: whether the last offset is the end of the last bag.
  ///   - paddingIdx: a row that does not count; negative from the end.
  /// - Precondition: input and offsets are int64 or int32; the input names rows; offsets begin with 0 and do not fall.
  public static func embeddingBag(
    _ input: Tensor, _ weight: Tensor, offsets: Tensor? = nil, maxNorm: Double? = nil, normType: Double = 2,
    scaleGradByFreq: Bool = false, mode: EmbeddingBagMode = .mean, sparse: Bool = false,
    perSampleWeights: Tensor? = nil, includeLastOffset: Bool = false, paddingIdx: Int? = nil
  ) -> Tensor {
    inOp("embedding_bag") {
      func refuse(_ rule: String) -> Never {
        let bags = offsets.map { ", offsets \($0.signature)" } ?? ""
        fault("embedding_bag", "\(rule); got input \(input.signature), weight \(weight.signature)\(bags)")
      }
      guard !sparse else { refuse("there are no sparse gradients; leave sparse at false") }
      guard weight.ndim == 2, weight.isFloatingPoint() else { refuse("weight wants floating point, [rows, width]") }
      guard [.int64, .int32].contains(input.dtype) else { refuse("input wants int64 or int32") }
      guard input.ndim == 1 || input.ndim == 2 else { refuse("input wants 1 or 2 dimensions") }
      guard (offsets != nil) == (input.ndim == 1) else {
        refuse("offsets go with an input of 1 dimension, and are needed there")
      }
      guard mode != .max || !scaleGradByFreq else { refuse("scaleGradByFreq is not for the maximum") }
      if let perSampleWeights {
        guard mode == .sum else { refuse("perSampleWeights are for the sum alone") }
        guard perSampleWeights.shape == input.shape, perSampleWeights.dtype == weight.dtype else {
          refuse("perSampleWeights want the input's shape and weight's dtype, are \(perSampleWeights.signature)")
        }
      }
      let rows = weight.shape[0], width = weight.shape[1], count = input.numel()
      if let paddingIdx, paddingIdx < -rows || paddingIdx >= rows {
        refuse("paddingIdx \(paddingIdx) names none of the \(rows) rows")
      }
      let padding = paddingIdx.map { $0 < 0 ? $0 + rows : $0 } ?? -1
      var starts: [Int]
      if let offsets {
        guard [.int64, .int32].contains(offsets.dtype), offsets.ndim == 1 else {
          refuse("offsets want int64 or int32 and 1 dimension")
        }
        starts = offsets.array(Int.self)
        guard !includeLastOffset || !starts.isEmpty else { refuse("includeLastOffset wants at least one offset") }
        guard starts.first ?? 0 == 0, zip(starts, starts.dropFirst()).allSatisfy({ $0 <= $1 }),
          starts.last ?? 0 <= count
        else { refuse("offsets begin with 0, do not fall, and end at \(count) at most") }
        if !includeLastOffset { starts.append(count) }
      } else {
        starts = (0...input.shape[0]).map { $0 * input.shape[1] }
      }
      let bags = Swift.max(starts.count - 1, 0)
      if let maxNorm { weight.embeddingRenorm_(input, maxNorm: maxNorm, normType: normType) }
      // What counts: which rows, at which places of the input, in which bags.
      let named = input.array(Int.self)
      var places: [Int] = [], owners: [Int] = []
      for bag in 0..<bags {
        for place in starts[bag]..<starts[bag + 1] where named[place] != padding {
          places.append(place)
          owners.append(bag)
        }
      }
      if let bad = named.first(where: { $0 < 0 || $0 >= rows }) { refuse("\(bad) names none of the \(rows) rows") }
      let chosen = Tensor(places.map { named[$0] }, dtype: .int64, device: weight.device)
      if mode == .max { return maxima(weight, chosen, owners, bags) }
      var read = weight.embedding(chosen, paddingIdx: nil, scaleGradByFreq: scaleGradByFreq).widened
      if let perSampleWeights {
        let at = Tensor(places, dtype: .int64, device: weight.device)
        read = read * perSampleWeights.reshape(-1).indexSelect(dim: 0, index: at).unsqueeze(1).widened
      }
      let index = Tensor(owners, dtype: .int64, device: weight.device).unsqueeze(1).expand(places.count, width)
      let zeros = Tensor.zeros([bags, width], dtype: read.dtype, device: weight.device)
      var result = zeros.scatterAdd(dim: 0, index: index, src: read)
      if mode == .mean {
        var sizes = [Double](repeating: 0, count: bags)
        for owner in owners { sizes[owner] += 1 }
        result = result / Tensor(sizes.map { Swift.max($0, 1) }, dtype: read.dtype).to(weight.device).unsqueeze(1)
      }
      return result.to(weight.dtype)
    }
  }

  /// The maxima of each bag's rows; zeros for an empty bag.
  private static func maxima(_ weight: Tensor, _ chosen: Tensor, _ owners: [Int], _ bags: Int) -> Tensor {
    let width = weight.shape[1]
    let names = chosen.array(Int.self)
    let values = noGrad { weight.indexSelect(dim: 0, index: chosen).array(Double.self) }
    var best = [Int](repeating: -1, count: bags * width), tops = [Double](repeating: 0, count: bags * width)
    for (i, owner) in owners.enumerated() {
      for column in 0..<width {
        let at = owner * width + column, value = values[i * width + column]
        if best[at] < 0 || value > tops[at] || (value.isNaN && !tops[at].isNaN) {
          (best[at], tops[at]) = (names[i], value)
        }
      }
    }
    guard weight.numel() > 0 else { return Tensor.zeros([bags, width], dtype: weight.dtype, device: weight.device) }
    let index = Tensor(best.enumerated().map { Swift.max($1, 0) * width + $0 % width }, dtype: .int64)
    let isEmpty = Tensor(best.map { $0 < 0 }, dtype: .bool, device: weight.device).view(bags, width)
    let taken = weight.reshape(-1).indexSelect(dim: 0, index: index.to(weight.device)).view(bags, width)
    return taken.maskedFill(isEmpty, value: 0)
  }
}
