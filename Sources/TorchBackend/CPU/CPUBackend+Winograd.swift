import CTorchConv
import CTorchDNN
import CTorchKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

// Convolutions with kernels of 3 x 3 by tiles: Winograd's smaller number of multiplications, and when that pays.

/// When a convolution is computed by tiles of 4 x 4 or 2 x 2 results, and what for.
enum Winograd {
  enum Purpose {
    /// With weights that were transformed before.
    case inference
    case forward, inputGradient, weightGradient
  }

  /// TORCH_WINOGRAD_TILE=2 or 4: the tile of every convolution that can be computed so, to try the algorithms on whole
  /// programs.
  static let tileFromEnvironment: Int? = {
    guard let text = getenv("TORCH_WINOGRAD_TILE") else { return nil }
    guard let tile = Int(String(cString: text)), tile == 2 || tile == 4 else {
      fault("backends.cpu", "TORCH_WINOGRAD_TILE is 2 or 4, not \(String(cString: text))")
    }
    return tile
  }()

  /// The quickest tile, nil where oneDNN's direct sums are expected to be as quick.
  ///
  /// Work is counted in multiplications for each pair of an input and an output channel. ARCHITECTURE.md has the table of
  /// figures that the constants were fitted to.
  /// - A direct sum makes 9 for each result, a tile 36 (or 16) for its 16 (or 4) results, all at 85 % of the machine's best.
  /// - A tile's transforms cost as much as 25 channels on the other side would.
  /// - Weights are transformed for 300 (100). Where they do not stay in the second cache they are read for 720 (220), and for
  ///   180 as they are. Folding the slopes of weights back costs 500 (300).
  /// - With weights that were laid out before, the matrix unit multiplies as in 0.62 of a direct sum's time, and reads
  ///   them for 400.
  /// - Parameter besideUnit: whether the matrix unit would do it otherwise.
  static func tile(_ desc: cw_desc, for purpose: Purpose, besideUnit: Bool = false) -> Int? {
    let pairs = desc.in_channels * desc.out_channels
    let perTile = 1.18 + 25 / Double(desc.in_channels) + 25 / Double(desc.out_channels)
    func cost(_ size: Int) -> Double {
      let isLarge = size == 4, frequencies = (size + 2) * (size + 2)
      let across = (desc.out_width + size - 1) / size, down = (desc.out_height + size - 1) / size
      let products = Double(frequencies * desc.batch * across * down) * perTile
      if purpose == .weightGradient { return products + (isLarge ? 500 : 300) }
      let isFar = pairs * frequencies > nearWeights
      let reading: Double = isLarge ? (isFar ? 720 : 150) : (isFar ? 220 : 60)
      return products + reading + (purpose == .inference ? 0 : isLarge ? 300 : 100)
    }
    let direct = 9 * 1.18 * Double(desc.batch * desc.out_height * desc.out_width) + (9 * pairs > nearWeights ? 180 : 60)
    let isCoarse = isCoarse(desc, for: purpose)
    let four = isCoarse ? .infinity : cost(4), two = cost(2)
    guard min(four, two) < 0.85 * direct else { return nil }
    if besideUnit, purpose == .inference, pairs * 36 > nearWeights {
      // Tiles whose weights come from far cost 2 for each product, and 1000 for reading them.
      let tiles = desc.batch * ((desc.out_width + 3) / 4) * ((desc.out_height + 3) / 4)
      let onUnit = 9 * 0.62 * Double(desc.batch * desc.out_height * desc.out_width) + 400
      if onUnit < Double(36 * 2 * tiles + 1000) { return nil }
    }
    return four <= two ? 4 : 2
  }

  /// Whether tiles of 4 x 4 might have more than four times the error of direct sums: for few results that are sums over
  /// many channels, and for weights whose slopes are sums over few places, which directly are nearly exact. ARCHITECTURE.md
  /// has the table of errors.
  private static func isCoarse(_ desc: cw_desc, for purpose: Purpose) -> Bool {
    let inside = desc.batch * desc.in_height * desc.in_width, outside = desc.batch * desc.out_height * desc.out_width
    return switch purpose {
    case .inference, .forward: desc.in_channels > 96 && desc.out_channels * outside < manyResults
    case .inputGradient: desc.out_channels > 96 && desc.in_channels * inside < manyResults
    case .weightGradient: outside < 384
    }
  }

  /// Of so many results the largest error is hardly ever far from what it is on average.
  private static let manyResults = 1 << 14

  /// How many floats of weights stay in the second cache.
  private static let nearWeights = 1 << 18
}

extension CPUBackend {
  /// Computes a convolution of dense images by tiles where that is possible and expected to be quicker, and says whether it
  /// did.
  func convolutionByTiles(
    _ spec: ConvolutionSpec, _ x: Strided, weight: Strided, _ ending: ConvolutionEnding, besideUnit: Bool,
    into out: Strided
  ) -> Bool {
    guard var desc = tiling(spec, input: x, weight: weight, output: out) else { return false }
    let keeps = spec.isInference
    guard choosesTile(of: &desc, for: keeps ? .inference : .forward, besideUnit: besideUnit) else { return false }
    var last = ending.forTiles
    if keeps {
      let transformed = transformedWeights(weight, desc)
      return withExtendedLifetime((ending, transformed)) {
        cw_forward(&desc, x.floats, nil, transformed.floats, &last, out.floats) == CW_OK
      }
    }
    let kernel = contiguous(weight)
    return withExtendedLifetime((ending, kernel)) {
      cw_forward(&desc, x.floats, kernel.floats, nil, &last, out.floats) == CW_OK
    }
  }

  func inputGradientByTiles(_ spec: ConvolutionSpec, _ gradient: Strided, weight: Strided, into out: Strided) -> Bool {
    guard imageOrderIfDense(out) != nil, var desc = tiling(spec, input: out, weight: weight, output: gradient),
      choosesTile(of: &desc, for: .inputGradient)
    else { return false }
    let (source, order) = imageOrder(gradient), kernel = contiguous(weight)
    desc.out_channels_last = order == Int32(CD_CHANNELS_LAST)
    return withExtendedLifetime((source, kernel)) {
      cw_input_gradient(&desc, source.floats, kernel.floats, out.floats) == CW_OK
    }
  }

  func weightGradientByTiles(
    _ spec: ConvolutionSpec, _ x: Strided, _ gradient: Strided, into weight: Strided, bias: Strided?
  ) -> Bool {
    guard weight.isContiguous, var desc = tiling(spec, input: x, weight: weight, output: gradient),
      choosesTile(of: &desc, for: .weightGradient)
    else { return false }
    let (source, order) = imageOrder(x), (slopes, slopesOrder) = imageOrder(gradient)
    desc.in_channels_last = order == Int32(CD_CHANNELS_LAST)
    desc.out_channels_last = slopesOrder == Int32(CD_CHANNELS_LAST)
    return withExtendedLifetime((source, slopes)) {
      cw_weight_gradient(&desc, source.floats, slopes.floats, weight.floats, bias?.floats) == CW_OK
    }
  }

  /// The sizes of a convolution that tiles can compute; which of input and output are read, the caller adds the order of.
  private func tiling(_ spec: ConvolutionSpec, input: Strided, weight: Strided, output: Strided) -> cw_desc? {
    guard !plainOnly, input.dtype == .float32, backends.cpu.winograd, weight.shape.count == 4,
      weight.shape[2] == 3, weight.shape[3] == 3, spec.groups == 1, spec.stride.allSatisfy({ $0 == 1 }),
      spec.dilation.allSatisfy({ $0 == 1 }), spec.padding.allSatisfy({ $0 <= 2 }),
      spec.paddingEnd.allSatisfy({ $0 <= 2 }), input.count > 0, output.count > 0
    else { return nil }
    var desc = cw_desc()
    desc.batch = input.shape[0]
    desc.in_channels = input.shape[1]
    desc.out_channels = output.shape[1]
    desc.in_height = input.shape[2]
    desc.in_width = input.shape[3]
    desc.out_height = output.shape[2]
    desc.out_width = output.shape[3]
    desc.padding_top = spec.padding[0]
    desc.padding_left = spec.padding[1]
    desc.in_channels_last = imageOrderIfDense(input) == Int32(CD_CHANNELS_LAST)
    desc.out_channels_last = imageOrderIfDense(output) == Int32(CD_CHANNELS_LAST)
    return desc
  }

  private func choosesTile(of desc: inout cw_desc, for purpose: Winograd.Purpose, besideUnit: Bool = false) -> Bool {
    guard let tile = forcedTile ?? Winograd.tile(desc, for: purpose, besideUnit: besideUnit), tile > 0 else {
      return false
    }
    desc.tile = Int32(tile)
    return true
  }

  /// Weights as tiles multiply them, kept beside the weights until these change.
  private func transformedWeights(_ weight: Strided, _ desc: cw_desc) -> Strided {
    let key = DerivedKey(
      .winogradWeights,
      [weight.layout.offset, Int(desc.tile), Int(tk_isa_level())] + Array(weight.shape) + Array(weight.layout.strides))
    let storage = weight.storage.derived(key) { () -> Storage in
      var desc = desc
      let kernel = contiguous(weight)
      let made = Storage.cpu(byteCount: cw_weights_count(&desc) * 4)
      withExtendedLifetime(kernel) {
        _ = cw_transform_weights(&desc, kernel.floats, made.base.assumingMemoryBound(to: Float.self))
      }
      return made
    }
    return Strided(storage: storage, layout: Layout(contiguous: [storage.byteCount / 4]), dtype: .float32)
  }
}

extension Strided {
  fileprivate var floats: UnsafeMutablePointer<Float> { pointer.assumingMemoryBound(to: Float.self) }
}
