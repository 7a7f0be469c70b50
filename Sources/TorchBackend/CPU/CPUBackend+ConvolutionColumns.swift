// The input gradient of a convolution, which is also the transposed convolution, by columns: one matrix product gives what
// each tap of the kernel adds at each place, and these columns are added up into the image. PyTorch sums in this order.

extension CPUBackend {
  /// Whether columns are the way: for float64, which oneDNN does not take, and for volumes so small that moving them into
  /// oneDNN's blocked layouts costs more than the sums.
  func prefersColumns(_ spec: ConvolutionSpec, _ gradient: Strided, weight: Strided, into out: Strided) -> Bool {
    guard !plainOnly, out.isContiguous, gradient.count > 0 else { return false }
    if gradient.dtype == .float64 { return true }
    let columns = Shape(weight.shape.dropFirst()).elementCount * Shape(gradient.shape.dropFirst(2)).elementCount
    return gradient.dtype == .float32 && spec.stride.count == 3 && columns <= 1 << 16
  }

  /// Of row-major operands.
  func convolutionInputGradientByColumns(
    _ spec: ConvolutionSpec, _ gradient: Strided, weight: Strided, into out: Strided
  ) {
    let sum = ColumnSum(spec, image: out.shape, kernel: weight.shape, places: gradient.shape)
    let outPerGroup = weight.shape[0] / spec.groups, places = sum.placeCount
    let rows = out.shape[1] / spec.groups * sum.tapCount
    let columns = allocate(Layout(contiguous: [spec.groups, rows, places]), dtype: gradient.dtype)
    let taps = weight.with(
      Layout(
        shape: [spec.groups, rows, outPerGroup], strides: [outPerGroup * rows, 1, rows], offset: weight.layout.offset))
    let imageSize = out.count / out.shape[0]
    fill(out, with: .int(0))
    for n in 0..<gradient.shape[0] {
      let slopes = gradient.with(
        Layout(
          shape: [spec.groups, outPerGroup, places], strides: [outPerGroup * places, places, 1],
          offset: gradient.layout.offset + n * spec.groups * outPerGroup * places))
      matmul(taps, slopes, bias: nil, into: columns)
      let image = out.pointer + n * imageSize * out.dtype.itemSize
      let grain = Swift.max(RowLoop.parallelGrain / Swift.max(sum.tapCount * places, 1), 1)
      parallelFor(out.shape[1], grain: grain) { channels in
        switch gradient.dtype {
        case .float32: sum.add(columns.pointer, into: image, of: channels, Float.self)
        default: sum.add(columns.pointer, into: image, of: channels, Double.self)
        }
      }
    }
  }
}

/// The sizes of an image and of the columns that are added up into it, brought to three spatial dimensions.
private struct ColumnSum {
  let image: [Int], kernel: [Int], places: [Int]
  let stride: [Int], padding: [Int], dilation: [Int]

  init(_ spec: ConvolutionSpec, image: Shape, kernel: Shape, places: Shape) {
    self.image = image.dropFirst(2).asThree(1)
    self.kernel = kernel.dropFirst(2).asThree(1)
    self.places = places.dropFirst(2).asThree(1)
    stride = spec.stride.asThree(1)
    padding = spec.padding.asThree(0)
    dilation = spec.dilation.asThree(1)
  }

  var tapCount: Int { kernel[0] * kernel[1] * kernel[2] }
  var placeCount: Int { places[0] * places[1] * places[2] }

  /// Adds each tap's column, [depth, height, width] of places, where its places lie in the channel.
  func add<T: BinaryFloatingPoint>(
    _ columns: UnsafeMutableRawPointer, into image: UnsafeMutableRawPointer, of channels: Range<Int>, _: T.Type
  ) {
    let columns = columns.assumingMemoryBound(to: T.self), image = image.assumingMemoryBound(to: T.self)
    let (height, width) = (self.image[1], self.image[2])
    for channel in channels {
      let target = image + channel * self.image[0] * height * width
      var column = columns + channel * tapCount * placeCount
      for kz in 0..<kernel[0] {
        for ky in 0..<kernel[1] {
          for kx in 0..<kernel[2] {
            let inDepth = inside(0, tap: kz), inHeight = inside(1, tap: ky), inWidth = inside(2, tap: kx)
            let step = stride[2], first = kx * dilation[2] - padding[2]
            for z in inDepth {
              let plane = z * stride[0] + kz * dilation[0] - padding[0]
              for y in inHeight {
                let row = target + (plane * height + y * stride[1] + ky * dilation[1] - padding[1]) * width + first
                let terms = column + (z * places[1] + y) * places[2]
                if step == 1 {
                  for x in inWidth { row[x] += terms[x] }
                } else {
                  for x in inWidth { row[x * step] += terms[x] }
                }
              }
            }
            column += placeCount
          }
        }
      }
    }
  }

  /// The places along a dimension at which a tap meets the image and not its padding.
  private func inside(_ dim: Int, tap: Int) -> Range<Int> {
    let shift = tap * dilation[dim] - padding[dim], step = stride[dim]
    let first = shift >= 0 ? 0 : (step - 1 - shift) / step
    let room = image[dim] - 1 - shift
    let end = room < 0 ? 0 : Swift.min(places[dim], room / step + 1)
    return first..<Swift.max(first, end)
  }
}
