import Torch

// Numbers sent back to the places in larger planes that they came from.

extension F {
  /// Maxima at the places they were taken from, zeros elsewhere, as `torch.nn.functional.max_unpool1d`.
  /// - Shape: input and indices `[batch, channels, length]` or `[channels, length]`.
  /// - Parameters:
  ///   - indices: the places, as `maxPool1dWithIndices` gives them.
  ///   - outputSize: the size of the result where several are possible; with or without batch and channels.
  /// - Precondition: the indices are int64 and lie within the result.
  public static func maxUnpool1d(
    _ input: Tensor, _ indices: Tensor, kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil,
    padding: some SpatialSize = 0, outputSize: [Int]? = nil
  ) -> Tensor { unpooled(1, "max_unpool1d", input, indices, kernelSize, stride, padding, outputSize) }

  /// As ``maxUnpool1d(_:_:kernelSize:stride:padding:outputSize:)`` for images, as `torch.nn.functional.max_unpool2d`.
  public static func maxUnpool2d(
    _ input: Tensor, _ indices: Tensor, kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil,
    padding: some SpatialSize = 0, outputSize: [Int]? = nil
  ) -> Tensor { unpooled(2, "max_unpool2d", input, indices, kernelSize, stride, padding, outputSize) }

  /// As ``maxUnpool1d(_:_:kernelSize:stride:padding:outputSize:)`` for volumes, as `torch.nn.functional.max_unpool3d`.
  public static func maxUnpool3d(
    _ input: Tensor, _ indices: Tensor, kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil,
    padding: some SpatialSize = 0, outputSize: [Int]? = nil
  ) -> Tensor { unpooled(3, "max_unpool3d", input, indices, kernelSize, stride, padding, outputSize) }

  static func unpooled(
    _ count: Int, _ op: StaticString, _ input: Tensor, _ indices: Tensor, _ kernelSize: any SpatialSize,
    _ stride: (any SpatialSize)?, _ padding: any SpatialSize, _ outputSize: [Int]?
  ) -> Tensor {
    inOp(op) {
      func refuse(_ rule: String) -> Never {
        fault("\(op)", "\(rule); got input \(input.signature), indices \(indices.signature)")
      }
      guard input.isFloatingPoint(), indices.dtype == .int64 else {
        refuse("wants a floating point input and int64 indices")
      }
      guard input.ndim == count + 2 || input.ndim == count + 1 else {
        refuse("input wants \(count + 2) dimensions, or \(count + 1) without a batch")
      }
      guard input.shape == indices.shape else { refuse("indices want the shape of the input") }
      guard input.shape.suffix(count + 1).allSatisfy({ $0 > 0 }) else { refuse("only the batch may have size 0") }
      let spec = poolSpec(count, op, kernelSize, stride, padding, 1)
      guard (spec.kernel + spec.stride).allSatisfy(\.isWindowSize), spec.padding.allSatisfy({ $0.magnitude < 1 << 31 })
      else { refuse("kernel and stride want positive numbers, all want to be below 2^31") }
      let usual = (0..<count).map { i in
        (input.shape[input.ndim - count + i] - 1) * spec.stride[i] + spec.kernel[i] - 2 * spec.padding[i]
      }
      var size = usual
      if let outputSize {
        guard outputSize.count == count || outputSize.count == count + 2 else {
          refuse("outputSize wants \(count) sizes, or \(count + 2) with batch and channels, is \(outputSize)")
        }
        size = Array(outputSize.suffix(count))
        guard size.allSatisfy({ $0.magnitude < 1 << 62 }) else { refuse("no memory has room for outputSize \(size)") }
        for i in 0..<count where abs(size[i] - usual[i]) >= spec.stride[i] {
          let (low, high) = (usual[i] - spec.stride[i], usual[i] + spec.stride[i])
          refuse("outputSize \(size) wants to be between \(low) and \(high), both excluded, at spatial dim \(i)")
        }
      }
      guard size.allSatisfy({ $0 > 0 }) else { refuse("the result would have the sizes \(size)") }
      guard let plane = Shape(size).checkedElementCount(itemSize: input.dtype.itemSize) else {
        refuse("no memory has room for a result of \(size)")
      }
      let outer = Array(input.shape.dropLast(count))
      guard !((indices .< 0).logicalOr(indices .>= plane).any().item() as Bool) else {
        refuse("an index lies outside of the result's planes of \(plane) elements")
      }
      let dim = outer.count
      let zeros = Tensor.zeros(outer + [plane], dtype: input.dtype, device: input.device)
      let flat = outer + [input.shape.suffix(count).reduce(1, *)]
      return zeros.scatter(dim: dim, index: indices.reshape(flat), src: input.reshape(flat)).view(outer + size)
    }
  }

  /// The sums of the overlapping windows that columns hold, as `torch.nn.functional.fold`: the adjoint of `unfold`.
  /// - Shape: input `[batch, channels * kernel height * kernel width, windows]` or without batch; the result is
  ///   `[batch, channels, height, width]`.
  /// - Parameter outputSize: height and width of the result.
  /// - Precondition: the sizes agree; kernel, dilation and stride are positive.
  public static func fold(
    _ input: Tensor, outputSize: some SpatialSize, kernelSize: some SpatialSize, dilation: some SpatialSize = 1,
    padding: some SpatialSize = 0, stride: some SpatialSize = 1
  ) -> Tensor {
    inOp("fold") {
      let size = outputSize.expanded(to: 2, "outputSize", op: "fold")
      let kernel = kernelSize.expanded(to: 2, "kernelSize", op: "fold")
      let dilation = dilation.expanded(to: 2, "dilation", op: "fold")
      let padding = padding.expanded(to: 2, "padding", op: "fold")
      let stride = stride.expanded(to: 2, "stride", op: "fold")
      func refuse(_ rule: String) -> Never {
        fault("fold", "\(rule); got input \(input.signature), outputSize \(size), kernelSize \(kernel)")
      }
      guard input.ndim == 2 || input.ndim == 3 else { refuse("input wants 3 dimensions, or 2 without a batch") }
      guard input.isFloatingPoint() else { refuse("input wants floating point") }
      guard (kernel + dilation + stride + size).allSatisfy(\.isWindowSize), padding.allSatisfy(\.isWindowPadding) else {
        refuse("sizes, kernel, dilation and stride want positive numbers, padding none below 0, all below 2^31")
      }
      if input.ndim == 2 {
        return fold(
          input.unsqueeze(0), outputSize: size, kernelSize: kernel, dilation: dilation, padding: padding, stride: stride
        ).squeeze(0)
      }
      let (batch, columns, windows) = (input.shape[0], input.shape[1], input.shape[2]), area = kernel[0] * kernel[1]
      guard columns > 0, windows > 0 else { refuse("only the batch may have size 0") }
      guard columns % area == 0 else { refuse("the columns want to be a multiple of the kernel's \(area) elements") }
      let whole = (0..<2).map { size[$0] + 2 * padding[$0] }
      let steps = (0..<2).map { i in
        let room = whole[i] - dilation[i] * (kernel[i] - 1) - 1
        return room < 0 ? 0 : room / stride[i] + 1
      }
      guard steps[0] <= windows, steps[1] <= windows, steps[0] * steps[1] == windows else {
        refuse("\(steps[0]) * \(steps[1]) windows fit into the output, the input has \(windows)")
      }
      func places(_ i: Int) -> Tensor {
        let taps = Tensor.arange(kernel[i], device: input.device) * dilation[i]
        return taps.unsqueeze(1) + Tensor.arange(steps[i], device: input.device) * stride[i]
      }
      // [kernel rows, kernel columns, rows, columns]
      let rows = places(0).view(kernel[0], 1, steps[0], 1), across = places(1).view(1, kernel[1], 1, steps[1])
      let index = (rows * whole[1] + across).reshape(-1)
      let channels = columns / area, count = area * windows
      let zeros = Tensor.zeros(
        [batch, channels, whole[0] * whole[1]], dtype: input.dtype.widened, device: input.device)
      let sums = zeros.scatterAdd(
        dim: 2, index: index.expand(batch, channels, count), src: input.widened.reshape(batch, channels, count))
      return sums.view(batch, channels, whole[0], whole[1]).narrow(dim: 2, start: padding[0], length: size[0])
        .narrow(dim: 3, start: padding[1], length: size[1]).to(input.dtype).contiguous()
    }
  }
}
