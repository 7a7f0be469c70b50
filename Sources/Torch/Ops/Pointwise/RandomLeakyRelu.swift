// Leaky relu whose slopes are drawn.

extension Tensor {
  /// As torch's `rrelu`: each number below zero times a slope of its own, drawn one after another.
  package func randomLeakyRelu(lower: Double, upper: Double, training: Bool, inPlace: Bool) -> Tensor {
    floatingOnly("rrelu") {
      guard lower <= upper, lower.isFinite, upper.isFinite else {
        fault("rrelu", "lower wants to be at most upper, both finite; they are \(lower) and \(upper)")
      }
      guard training else { return leakyRelu(slope: (lower + upper) / 2, inPlace: inPlace) }
      let slopes = noGrad {
        let slopes = Tensor.ones([numel()], dtype: dtype.widened, device: device)
        let places = (detach() .<= 0).reshape(-1).nonzero().reshape(-1)
        let drawn = Tensor.empty([places.numel()], dtype: .float64, device: device).uniform_(from: lower, to: upper)
        return slopes.scatter(dim: 0, index: places, src: drawn.to(slopes.dtype)).view(shape)
      }
      return become(inPlace) { ($0.widened * slopes).to(dtype) }
    }
  }
}
