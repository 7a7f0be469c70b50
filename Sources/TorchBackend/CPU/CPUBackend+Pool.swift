import CTorchKernels

// Maximum pooling over one to three spatial dimensions, of planes one after the other or of channels that come last.

extension CPUBackend {
  package func maxPool(_ spec: PoolSpec, _ x: Strided, into out: Strided, places: Strided?) {
    if !plainOnly, x.dtype == .float16 {
      // Every number of float16 is one of float32, so that the greatest is the same.
      let wide = allocate(Layout(shape: out.shape, strides: out.layout.strides), dtype: .float32)
      let source = allocate(Layout(shape: x.shape, strides: x.layout.strides), dtype: .float32)
      copy(x, into: source)
      maxPool(spec, source, into: wide, places: places)
      return copy(wide, into: out)
    }
    let windows = windows(spec, x.shape, out.shape)
    guard takesPools(x.dtype) else { return plainMaxPool(windows, x, into: out, places: places) }
    let found = places?.of(Int32.self), taps = spec.kernel.reduce(1, *), type = x.dtype.kernelType
    let planes = out.shape[0] * out.shape[1], rows = out.shape[0] * windows.out.0 * windows.out.1
    withUnsafePointer(to: windows) { windows in
      if out.isContiguous {
        parallelFor(planes, grain: grain(out.count / Swift.max(planes, 1) * taps)) {
          tk_max_pool_planes(type, $0.lowerBound, $0.upperBound, out.pointer, found, x.pointer, windows)
        }
      } else {
        parallelFor(rows, grain: grain(out.count / Swift.max(rows, 1) * taps)) {
          tk_max_pool_pixels(type, $0.lowerBound, $0.upperBound, out.pointer, found, x.pointer, windows)
        }
      }
    }
  }

  package func maxPoolGradient(_ spec: PoolSpec?, _ gradient: Strided, places: Strided, into out: Strided) {
    // The place of a window without an element may be that of one which is not near.
    let isNear = spec.map { $0.everyWindowMeets(out.shape) } ?? false
    guard takesPools(out.dtype), out.count > 0, out.isContiguous || isNear else {
      return plainMaxPoolGradient(gradient, places: places, into: out)
    }
    let sizes = [Int](repeating: 1, count: out.shape.count - 2)
    let spec = spec ?? PoolSpec(kernel: sizes, stride: sizes, padding: sizes, dilation: sizes)
    let windows = windows(spec, out.shape, gradient.shape)
    let found = places.of(Int32.self), type = out.dtype.kernelType
    let planes = out.shape[0] * out.shape[1], rows = out.shape[0] * windows.in.0 * windows.in.1
    withUnsafePointer(to: windows) { windows in
      if out.isContiguous {
        parallelFor(planes, grain: grain((gradient.count + out.count) / planes)) {
          tk_max_pool_planes_slope(type, $0.lowerBound, $0.upperBound, out.pointer, gradient.pointer, found, windows)
        }
      } else {
        parallelFor(rows, grain: grain(out.count / rows)) {
          tk_max_pool_pixels_slope(type, $0.lowerBound, $0.upperBound, out.pointer, gradient.pointer, found, windows)
        }
      }
    }
  }

  private func takesPools(_ dtype: DType) -> Bool { !plainOnly && tk_max_pool_takes(dtype.kernelType) != 0 }

  private func grain(_ cost: Int) -> Int { Swift.max(RowLoop.parallelGrain / Swift.max(cost, 1), 1) }

  /// The sizes of pooling, brought to three spatial dimensions.
  private func windows(_ spec: PoolSpec, _ x: Shape, _ out: Shape) -> tk_max_pool {
    func three(_ values: some Collection<Int>, _ filler: Int) -> (Int, Int, Int) {
      let all = values.asThree(filler)
      return (all[0], all[1], all[2])
    }
    return tk_max_pool(
      in: three(x.dropFirst(2), 1), out: three(out.dropFirst(2), 1), kernel: three(spec.kernel, 1),
      stride: three(spec.stride, 1), pad: three(spec.padding, 0), step: three(spec.dilation, 1), channels: x[1])
  }

  // MARK: any dtype

  private func plainMaxPool(_ windows: tk_max_pool, _ x: Strided, into out: Strided, places: Strided?) {
    let source = contiguous(x), target = rowMajor(out), found = places.map(rowMajor)
    let planes = out.shape[0] * out.shape[1]
    parallelFor(planes, grain: grain(out.count / Swift.max(planes, 1))) { range in
      source.dtype.visit(PlainMaxPool(windows: windows, x: source, out: target, places: found, planes: range))
    }
    if !out.isContiguous { copy(target, into: out) }
    if let places, let found, !places.isContiguous { copy(found, into: places) }
  }

  private func plainMaxPoolGradient(_ gradient: Strided, places: Strided, into out: Strided) {
    let slope = contiguous(gradient), found = contiguous(places), target = rowMajor(out)
    fill(target, with: .int(0))
    let planes = out.shape[0] * out.shape[1]
    let perPlane = slope.count / Swift.max(planes, 1)
    parallelFor(planes, grain: grain(perPlane)) { range in
      out.dtype.visit(
        PlainMaxPoolGradient(gradient: slope, places: found, out: target, planes: range, perPlane: perPlane))
    }
    if !out.isContiguous { copy(target, into: out) }
  }

  /// The tensor itself where it is row-major, else a place for its content.
  private func rowMajor(_ x: Strided) -> Strided {
    x.isContiguous ? x : allocate(Layout(contiguous: x.shape), dtype: x.dtype)
  }
}

extension PoolSpec {
  /// Whether each window over an input `[N, C, sizes...]` has an element.
  fileprivate func everyWindowMeets(_ input: Shape) -> Bool {
    kernel.indices.allSatisfy { d in
      // Taps of a window that begins before the input may step over it; one that begins in it has its first tap.
      padding[d] == 0 || (padding[d] - 1) / dilation[d] + 1 < kernel[d] && dilation[d] <= input[d + 2]
    }
  }
}

/// `out` and `places`, if wanted, are contiguous; planes count over batch and channels.
private struct PlainMaxPool: ElementVisitor {
  let windows: tk_max_pool
  let x: Strided, out: Strided, places: Strided?
  let planes: Range<Int>

  func visit<T: Element>(_ type: T.Type) {
    let input = windows.in, output = windows.out
    let kernel = windows.kernel, stride = windows.stride, padding = windows.pad, dilation = windows.step
    let size = MemoryLayout<T>.stride
    let inPlane = input.0 * input.1 * input.2, outPlane = output.0 * output.1 * output.2
    /// The first tap of a window that is not before the input.
    func first(_ start: Int, _ step: Int) -> Int { start >= 0 ? start : start + (-start + step - 1) / step * step }
    for plane in planes {
      let px = x.pointer + plane * inPlane * size
      var place = plane * outPlane
      for z in 0..<output.0 {
        for y in 0..<output.1 {
          for w in 0..<output.2 {
            var best = T.Math.lowest, position = -1
            for kz in 0..<kernel.0 {
              let iz = z * stride.0 - padding.0 + kz * dilation.0
              if iz < 0 || iz >= input.0 { continue }
              for ky in 0..<kernel.1 {
                let iy = y * stride.1 - padding.1 + ky * dilation.1
                if iy < 0 || iy >= input.1 { continue }
                for kx in 0..<kernel.2 {
                  let ix = w * stride.2 - padding.2 + kx * dilation.2
                  if ix < 0 || ix >= input.2 { continue }
                  let at = (iz * input.1 + iy) * input.2 + ix
                  let value = px.element(at * size, type)
                  if position < 0 || value > best || value.isNotANumber { (best, position) = (value, at) }
                }
              }
            }
            if position < 0 {
              // No tap met the input. PyTorch gives its first tap's place, which may lie outside of the plane.
              let iz = first(z * stride.0 - padding.0, dilation.0), iy = first(y * stride.1 - padding.1, dilation.1)
              position = (iz * input.1 + iy) * input.2 + first(w * stride.2 - padding.2, dilation.2)
            }
            out.pointer.setElement(place * size, best, type)
            places?.pointer.storeBytes(of: Int32(position), toByteOffset: place * 4, as: Int32.self)
            place += 1
          }
        }
      }
    }
  }
}

private struct PlainMaxPoolGradient: ElementVisitor {
  let gradient: Strided, places: Strided, out: Strided
  let planes: Range<Int>
  let perPlane: Int

  func visit<T: Element>(_ type: T.Type) {
    let size = MemoryLayout<T>.stride
    let inPlane = out.shape.dropFirst(2).reduce(1, *)
    for plane in planes {
      let po = out.pointer + plane * inPlane * size
      for i in plane * perPlane..<(plane + 1) * perPlane {
        let position = Int(places.pointer.load(fromByteOffset: i * 4, as: Int32.self))
        // A window that met no input has its place outside of the plane.
        guard (0..<inPlane).contains(position) else { continue }
        let at = position * size
        po.setElement(at, T.Math.plus(po.element(at, type), gradient.pointer.element(i * size, type)), type)
      }
    }
  }
}
