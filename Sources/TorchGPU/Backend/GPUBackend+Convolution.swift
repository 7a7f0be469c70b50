import TorchBackend

// Convolutions and their gradients as products of matrices, one for each group of channels, whose right factor the kernel gathers from
// the image itself. Lines and images are volumes whose first sizes are one.

extension GPUBackend {
  package func convolution(_ spec: ConvolutionSpec, _ x: Strided, weight: Strided, bias: Strided?, into out: Strided) {
    if out.count == 0 { return }
    let input = Volume(x), taps = Volume(weight), output = Volume(out)
    let rows = taps.outer / spec.groups, channels = taps.inner
    if channels * taps.places == 0 {
      guard let bias else { return fill(out, with: .int(0)) }
      let shape = Shape(out.shape.indices.map { $0 == 1 ? out.shape[1] : 1 })
      let strides = Shape(out.shape.indices.map { $0 == 1 ? bias.layout.strides[0] : 0 })
      let wide = bias.with(Layout(shape: shape, strides: strides, offset: bias.layout.offset))
      return copy(wide.broadcast(to: out.shape), into: out)
    }
    let sums = Sums(
      purpose: "FORWARD", columnSizes: output.sizes, stepSizes: taps.sizes, image: input.sizes,
      left: [taps.outerStride, taps.innerStride] + taps.strides + [rows * taps.outerStride],
      right: [input.innerStride, input.outerStride] + input.strides + [channels * input.innerStride])
    let tiles = ProductTiles(
      m: rows, n: output.outer * output.places, steps: channels * taps.places, matrices: spec.groups,
      facts: device.facts)
    add(sums, spec, weight, x, bias: bias, into: out, tiles)
  }

  package func convolutionInputGradient(
    _ spec: ConvolutionSpec, _ gradient: Strided, weight: Strided, into out: Strided
  ) {
    if out.count == 0 { return }
    let input = Volume(out), taps = Volume(weight), output = Volume(gradient)
    let channels = taps.outer / spec.groups, rows = taps.inner
    if channels * taps.places == 0 { return fill(out, with: .int(0)) }
    let sums = Sums(
      purpose: "INPUT_GRADIENT", columnSizes: input.sizes, stepSizes: taps.sizes, image: output.sizes,
      left: [taps.innerStride, taps.outerStride] + taps.strides + [channels * taps.outerStride],
      right: [output.innerStride, output.outerStride] + output.strides + [channels * output.innerStride])
    let tiles = ProductTiles(
      m: rows, n: input.outer * input.places, steps: channels * taps.places, matrices: spec.groups, facts: device.facts)
    add(sums, spec, weight, gradient, bias: nil, into: out, tiles)
  }

  package func convolutionWeightGradient(
    _ spec: ConvolutionSpec, _ x: Strided, _ gradient: Strided, into weight: Strided, bias: Strided?
  ) {
    if let bias {
      if gradient.count == 0 {
        fill(bias, with: .int(0))
      } else {
        let shape = Shape(gradient.shape.indices.map { $0 == 1 ? gradient.shape[1] : 1 })
        let strides = Shape(gradient.shape.indices.map { $0 == 1 ? bias.layout.strides[0] : 0 })
        reduce(.sum, gradient, into: bias.with(Layout(shape: shape, strides: strides, offset: bias.layout.offset)))
      }
    }
    if weight.count == 0 { return }
    let input = Volume(x), taps = Volume(weight), output = Volume(gradient)
    if gradient.count == 0 { return fill(weight, with: .int(0)) }
    let rows = taps.outer / spec.groups, channels = taps.inner
    let sums = Sums(
      purpose: "WEIGHT_GRADIENT", columnSizes: taps.sizes, stepSizes: output.sizes, image: input.sizes,
      left: [output.innerStride, output.outerStride] + output.strides + [rows * output.innerStride],
      right: [input.outerStride, input.innerStride] + input.strides + [channels * input.innerStride])
    let tiles = ProductTiles(
      m: rows, n: channels * taps.places, steps: output.outer * output.places, matrices: spec.groups,
      facts: device.facts)
    add(sums, spec, gradient, x, bias: nil, into: weight, tiles)
  }

  private func add(
    _ sums: Sums, _ spec: ConvolutionSpec, _ left: Strided, _ right: Strided, bias: Strided?, into out: Strided,
    _ tiles: ProductTiles
  ) {
    inParts(tiles, out) { target, partStride in
      // Parts lie row-major, wherever the results do.
      let volume = Volume(target)
      let isWeight = sums.purpose == "WEIGHT_GRADIENT"
      let row = isWeight ? volume.outerStride : volume.innerStride
      let column = isWeight ? volume.innerStride : volume.outerStride
      var arguments = GPUArguments()
      arguments.add(numbersOf: tiles)
      arguments.add(Int64(partStride))
      arguments.add(eight: sums.columnSizes + sums.stepSizes)
      arguments.add(eight: sums.image + three(spec.padding, 0))
      arguments.add(eight: sums.left)
      arguments.add(eight: sums.right)
      arguments.add(eight: [row, column] + volume.strides + [tiles.m * row])
      arguments.add(left)
      arguments.add(right)
      arguments.add(Int32(bias == nil ? 0 : 1))
      arguments.add(bias ?? left)
      arguments.add(target)
      arguments.add(Int64(bias?.layout.strides[0] ?? 0))
      arguments.add(eight: three(spec.stride, 1) + three(spec.dilation, 1))
      run(
        "convolution", of: "convolution", [("COLUMNS_ARE_DENSE", "0"), ("PURPOSE", sums.purpose)], x: left.dtype,
        out: target.dtype, tiles, arguments)
    }
  }
}

extension GPUArguments {
  /// Numbers that a kernel takes as STRIDES.
  mutating func add(eight numbers: [Int]) {
    add(numbers.map(Int64.init) + [Int64](repeating: 0, count: KernelViews.mostDims - numbers.count))
  }
}

/// The numbers of one to three spatial dimensions brought to three, `filler` standing for those that are missing in front.
func three(_ numbers: some Collection<Int>, _ filler: Int) -> [Int] {
  Array(repeating: filler, count: 3 - numbers.count) + numbers
}

/// A tensor [outer, inner, 1 to 3 sizes] with three sizes.
struct Volume {
  let outer: Int, inner: Int, sizes: [Int]
  let outerStride: Int, innerStride: Int, strides: [Int]

  init(_ s: Strided) {
    (outer, inner) = (s.shape[0], s.shape[1])
    sizes = three(s.shape.dropFirst(2), 1)
    (outerStride, innerStride) = (s.layout.strides[0], s.layout.strides[1])
    strides = three(s.layout.strides.dropFirst(2), 0)
  }

  var places: Int { sizes.reduce(1, *) }
  /// [outer, inner, three].
  var allStrides: [Int] { [outerStride, innerStride] + strides }
}

/// What convolution.cl adds up for one of its purposes.
private struct Sums {
  let purpose: String
  /// The positions that columns and steps are made of, and the sizes of what lies on the right.
  let columnSizes: [Int], stepSizes: [Int], image: [Int]
  /// Strides on the left: of rows, of steps' outer number, of three dimensions, of groups.
  let left: [Int]
  /// Strides on the right: of steps' and of columns' outer number, of three dimensions, of groups.
  let right: [Int]
}
