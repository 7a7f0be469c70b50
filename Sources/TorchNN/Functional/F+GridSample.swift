import Torch

/// How numbers between the elements of an image are found, as the `mode` of `torch.nn.functional.grid_sample`.
public enum GridSampleMode: String, Sendable {
  /// By straight lines, in volumes too.
  case bilinear
  case nearest
  /// By cubic curves, in volumes too.
  case bicubic
}

/// What lies outside of an image, as the `padding_mode` of `torch.nn.functional.grid_sample`.
public enum GridSamplePadding: String, Sendable { case zeros, border, reflection }

extension F {
  /// An image read at the places of a grid, as `torch.nn.functional.grid_sample`.
  ///
  /// Jaderberg et al., "Spatial Transformer Networks", 2015.
  /// - Shape: input `[batch, channels, height, width]` and grid `[batch, rows, columns, 2]`, or with a depth and 3; the
  ///   result is `[batch, channels, rows, columns]`.
  /// - Parameters:
  ///   - grid: x, y (and z), where -1 and 1 are the image's ends.
  ///   - alignCorners: whether -1 and 1 are the middles of the outermost elements, not their edges.
  /// - Precondition: one floating point dtype and batch; no spatial size is 0.
  public static func gridSample(
    _ input: Tensor, _ grid: Tensor, mode: GridSampleMode = .bilinear, paddingMode: GridSamplePadding = .zeros,
    alignCorners: Bool = false
  ) -> Tensor {
    inOp("grid_sample") {
      let input = input.raised, grid = grid.raised
      func refuse(_ rule: String) -> Never {
        fault("grid_sample", "\(rule); got input \(input.signature), grid \(grid.signature)")
      }
      let count = input.ndim - 2
      guard count == 2 || count == 3, grid.ndim == input.ndim else {
        refuse("input and grid want 4 dimensions each, or 5")
      }
      guard input.isFloatingPoint(), input.dtype == grid.dtype else {
        refuse("wants one floating point dtype; convert one with to(_:)")
      }
      guard grid.shape[count + 1] == count else { refuse("the grid's last size wants to be \(count)") }
      guard input.shape[0] == grid.shape[0] else { refuse("input and grid want one batch") }
      guard input.shape.dropFirst(2).allSatisfy({ $0 > 0 }) else { refuse("no spatial size may be 0") }
      let sampler = GridSampler(
        input: input.widened, paddingMode: paddingMode, alignCorners: alignCorners,
        places: grid.shape.dropFirst().dropLast().reduce(1, *))
      let sampled = sampler.sampled(at: grid.widened.reshape(grid.shape[0], sampler.places, count), mode)
      return sampled.view([input.shape[0], input.shape[1]] + Array(grid.shape.dropFirst().dropLast())).to(input.dtype)
    }
  }

  /// The grid of an affine map, for ``gridSample(_:_:mode:paddingMode:alignCorners:)``, as
  /// `torch.nn.functional.affine_grid`.
  /// - Shape: theta `[batch, 2, 3]`, or `[batch, 3, 4]` for volumes; the result is `[batch, height, width, 2]`.
  /// - Parameter size: the size of the image that is wanted, batch and channels included.
  /// - Precondition: theta is floating point; the sizes are positive.
  public static func affineGrid(_ theta: Tensor, size: [Int], alignCorners: Bool = false) -> Tensor {
    inOp("affine_grid") {
      func refuse(_ rule: String) -> Never {
        fault("affine_grid", "\(rule); got theta \(theta.signature), size \(size)")
      }
      guard size.count == 4 || size.count == 5 else { refuse("size wants 4 numbers, or 5") }
      let count = size.count - 2
      guard theta.isFloatingPoint() else { refuse("theta wants floating point") }
      guard theta.shape == [size[0], count, count + 1] else {
        refuse("theta wants [\(size[0]), \(count), \(count + 1)]")
      }
      guard size.allSatisfy({ $0 > 0 }) else { refuse("size wants positive numbers") }
      let spatial = Array(size.dropFirst(2)), wide = theta.widened
      // x first: the last dimension of the image.
      var axes = spatial.indices.reversed().map { i in
        var shape = [Int](repeating: 1, count: count)
        shape[i] = spatial[i]
        let n = Double(spatial[i])
        let line =
          spatial[i] == 1
          ? Tensor.zeros([1], dtype: wide.dtype) : Tensor.linspace(-1.0, 1.0, spatial[i], dtype: wide.dtype)
        return (alignCorners ? line : line * ((n - 1) / n)).to(theta.device).view(shape).expand(spatial)
      }
      axes.append(Tensor.ones(spatial, dtype: wide.dtype, device: theta.device))
      let base = Tensor.stack(axes, dim: -1).view(1, spatial.reduce(1, *), count + 1)
      let points = base.expand(size[0], base.shape[1], count + 1).matmul(wide.mT)
      return points.view([size[0]] + spatial + [count]).to(theta.dtype)
    }
  }
}

/// Reads an image at places between its elements; all in float32 or float64.
private struct GridSampler {
  let input: Tensor
  let paddingMode: GridSamplePadding, alignCorners: Bool
  let places: Int

  private var sizes: [Int] { Array(input.shape.dropFirst(2)) }

  /// - Parameter grid: `[batch, places, dims]`, x first.
  func sampled(at grid: Tensor, _ mode: GridSampleMode) -> Tensor {
    let count = sizes.count
    // In the order of the image's dimensions.
    let raw = (0..<count).map { i in unnormalized(grid.select(dim: -1, index: count - 1 - i), sizes[i]) }
    switch mode {
    case .nearest:
      let values = read(raw.indices.map { held(raw[$0], sizes[$0]).round() })
      // The places have a gradient, which is 0.
      return values + grid.maskedFill(Tensor.ones(like: grid, dtype: .bool), value: 0).sum()
    case .bilinear:
      let at = raw.indices.map { held(raw[$0], sizes[$0]) }
      let low = at.map { $0.detach().floor() }
      var result: Tensor?
      for corner in 0..<(1 << count) {
        let isHigh = (0..<count).map { corner >> $0 & 1 == 1 }
        var share = Tensor.ones(like: at[0])
        for i in 0..<count { share = share * (isHigh[i] ? at[i] - low[i] : low[i] + 1 - at[i]) }
        let part = read((0..<count).map { isHigh[$0] ? low[$0] + 1 : low[$0] }) * share.unsqueeze(1)
        result = result.map { $0 + part } ?? part
      }
      return result!
    case .bicubic:
      let low = raw.map { $0.detach().floor() }
      return curved(low, raw.indices.map { cubic(raw[$0] - low[$0]) }, [])
    }
  }

  /// The sum over the neighbours that begin with `chosen`, one of four for each dimension.
  private func curved(_ low: [Tensor], _ shares: [[Tensor]], _ chosen: [Int]) -> Tensor {
    let i = chosen.count
    if i == low.count { return read(chosen.indices.map { held(low[$0] + Double(chosen[$0] - 1), sizes[$0]) }) }
    var result: Tensor?
    for neighbour in 0..<4 {
      let part = curved(low, shares, chosen + [neighbour]) * shares[i][neighbour].unsqueeze(1)
      result = result.map { $0 + part } ?? part
    }
    return result!
  }

  /// From -1...1 to places in a dimension.
  private func unnormalized(_ x: Tensor, _ size: Int) -> Tensor {
    let n = Double(size)
    if alignCorners { return (x + 1) * ((n - 1) / 2) }
    // As in PyTorch, volumes round in another order than images.
    return sizes.count == 2 ? (x + 1) * (n / 2) - 0.5 : ((x + 1) * n - 1) / 2
  }

  /// Places brought into a dimension, as the padding mode asks.
  private func held(_ x: Tensor, _ size: Int) -> Tensor {
    var x = x
    switch paddingMode {
    case .zeros: return x
    case .border: break
    case .reflection:
      let low = alignCorners ? 0 : -0.5, span = alignCorners ? Double(size - 1) : Double(size)
      if span == 0 {
        x = x * 0
      } else {
        let distance = x - low
        let rest = distance.where(distance .>= 0, -distance).fmod(2 * span)
        x = rest.where(rest .<= span, 2 * span - rest) + low
      }
    }
    let inside = x.clamp(min: 0.0, max: Double(size - 1))
    return inside.maskedFill(inside.isnan(), value: 0)
  }

  /// The elements at whole places, `[batch, channels, places]`; 0 outside of the image.
  private func read(_ at: [Tensor]) -> Tensor {
    var inside: Tensor?, index: Tensor?
    for (place, size) in zip(at, sizes) {
      let place = place.detach(), fits = (place .>= 0).logicalAnd(place .<= Double(size - 1))
      inside = inside.map { $0.logicalAnd(fits) } ?? fits
      let whole = place.where(fits, 0).long()
      index = index.map { $0 * size + whole } ?? whole
    }
    let (batch, channels) = (input.shape[0], input.shape[1])
    let spread = index!.unsqueeze(1).expand(batch, channels, places)
    let values = input.reshape(batch, channels, sizes.reduce(1, *)).gather(dim: 2, index: spread)
    return values.maskedFill(inside!.logicalNot().unsqueeze(1), value: 0)
  }

  /// The shares of the four neighbours at a distance from the second.
  private func cubic(_ t: Tensor) -> [Tensor] {
    let a = -0.75
    func near(_ x: Tensor) -> Tensor { ((a + 2) * x - (a + 3)) * x * x + 1 }
    func far(_ x: Tensor) -> Tensor { ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
    return [far(t + 1), near(t), near(1 - t), far(2 - t)]
  }
}
