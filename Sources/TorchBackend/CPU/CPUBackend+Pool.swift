import CTorchKernels

// Maximum pooling over one to three spatial dimensions.

extension CPUBackend {
  package func maxPool(_ spec: PoolSpec, _ x: Strided, into out: Strided, indices: Strided?) {
    if !plainOnly, x.dtype.isHalf {
      // Every number of a half type is one of float32, so that the greatest is the same.
      let wide = allocate(Layout(contiguous: out.shape), dtype: .float32)
      maxPool(spec, cast(x, to: .float32), into: wide, indices: indices)
      return copy(wide, into: out)
    }
    let source = contiguous(x)
    let planes = out.shape[0] * out.shape[1]
    let cost = out.count / Swift.max(planes, 1) * spec.kernel.reduce(1, *)
    let grain = Swift.max(RowLoop.parallelGrain / Swift.max(cost, 1), 1)
    let options = windows(spec, x.shape, out.shape)
    if !plainOnly, source.dtype == .float32 || source.dtype == .float64 {
      return parallelFor(planes, grain: grain) { range in
        maxPool(range, options, source, into: out, indices: indices)
      }
    }
    parallelFor(planes, grain: grain) { range in
      source.dtype.visit(PlainMaxPool(windows: options, x: source, out: out, indices: indices, planes: range))
    }
  }

  private func maxPool(
    _ planes: Range<Int>, _ options: tk_max_pool, _ x: Strided, into out: Strided, indices: Strided?
  ) {
    let whole = out.shape[0] * out.shape[1], inPlane = x.count / whole, outPlane = out.count / whole
    let (source, first) = (planes.lowerBound * inPlane, planes.lowerBound * outPlane)
    let places = indices.map { $0.of(Int64.self) + first }
    withUnsafePointer(to: options) { options in
      if x.dtype == .float32 {
        tk_max_pool_f32(planes.count, out.of(Float.self) + first, places, x.of(Float.self) + source, options)
      } else {
        tk_max_pool_f64(planes.count, out.of(Double.self) + first, places, x.of(Double.self) + source, options)
      }
    }
  }

  /// The sizes of pooling, brought to three spatial dimensions.
  private func windows(_ spec: PoolSpec, _ x: Shape, _ out: Shape) -> tk_max_pool {
    func three(_ values: some Collection<Int>, _ filler: Int) -> (Int, Int, Int) {
      let all = values.asThree(filler)
      return (all[0], all[1], all[2])
    }
    return tk_max_pool(
      in: three(x.dropFirst(2), 1), out: three(out.dropFirst(2), 1), kernel: three(spec.kernel, 1),
      stride: three(spec.stride, 1), pad: three(spec.padding, 0), step: three(spec.dilation, 1))
  }

  package func maxPoolGradient(_ spec: PoolSpec, _ gradient: Strided, indices: Strided, into out: Strided) {
    fill(out, with: .int(0))
    let slope = contiguous(gradient), positions = contiguous(indices)
    let planes = out.shape[0] * out.shape[1]
    guard planes > 0 else { return }
    let perPlane = slope.count / planes
    parallelFor(planes, grain: Swift.max(RowLoop.parallelGrain / Swift.max(perPlane, 1), 1)) { range in
      out.dtype.visit(
        PlainMaxPoolGradient(gradient: slope, indices: positions, out: out, planes: range, perPlane: perPlane))
    }
  }
}

/// `out` and `indices`, if wanted, are contiguous; planes count over batch and channels.
private struct PlainMaxPool: ElementVisitor {
  let windows: tk_max_pool
  let x: Strided, out: Strided, indices: Strided?
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
            indices?.pointer.storeBytes(of: Int64(position), toByteOffset: place * 8, as: Int64.self)
            place += 1
          }
        }
      }
    }
  }
}

private struct PlainMaxPoolGradient: ElementVisitor {
  let gradient: Strided, indices: Strided, out: Strided
  let planes: Range<Int>
  let perPlane: Int

  func visit<T: Element>(_ type: T.Type) {
    let size = MemoryLayout<T>.stride
    let inPlane = out.shape.dropFirst(2).reduce(1, *)
    for plane in planes {
      let po = out.pointer + plane * inPlane * size
      for i in plane * perPlane..<(plane + 1) * perPlane {
        let position = Int(indices.pointer.load(fromByteOffset: i * 8, as: Int64.self))
        // A window that met no input has its place outside of the plane.
        guard (0..<inPlane).contains(position) else { continue }
        let at = position * size
        po.setElement(at, T.Math.plus(po.element(at, type), gradient.pointer.element(i * size, type)), type)
      }
    }
  }
}
