import CTorchDNN

// Matrix products: oneDNN for float32 and bfloat16, plain loops for the other types.

extension CPUBackend {
  package func matmul(_ x: Strided, _ y: Strided, bias: Strided?, into out: Strided) {
    if out.count == 0 { return }
    if x.shape[2] == 0 { return fillWithBias(bias, out) }
    let takes = x.dtype == .float32 || x.dtype == .bfloat16
    if takes && !plainOnly {
      if product(x, y, bias, out) { return }
      if product(contiguous(x), contiguous(y), bias, out) { return }
    }
    plainProduct(x, y, bias, out)
  }

  private func fillWithBias(_ bias: Strided?, _ out: Strided) {
    if let bias { copy(bias, into: out) } else { fill(out, with: .int(0)) }
  }

  /// Whether oneDNN took the product.
  private func product(_ x: Strided, _ y: Strided, _ bias: Strided?, _ out: Strided) -> Bool {
    var desc = cd_matmul_desc()
    desc.batch_rank = 1
    desc.batch.0 = Int64(out.shape[0])
    desc.m = Int64(out.shape[1])
    desc.n = Int64(out.shape[2])
    desc.k = Int64(x.shape[2])
    desc.a = strides(x.layout)
    desc.b = strides(y.layout)
    desc.c = strides(out.layout)
    desc.input_type = Int32(x.dtype.rawValue)
    desc.output_type = Int32(out.dtype.rawValue)
    if let bias {
      desc.bias = strides(bias.layout)
      desc.bias_type = Int32(bias.dtype.rawValue)
    }
    return cd_matmul(&desc, x.pointer, y.pointer, bias?.pointer, out.pointer) == CD_OK
  }

  private func strides(_ layout: Layout) -> cd_strides {
    var result = cd_strides()
    result.batch.0 = Int64(layout.strides[0])
    result.row = Int64(layout.strides[1])
    result.column = Int64(layout.strides[2])
    return result
  }

  private func plainProduct(_ x: Strided, _ y: Strided, _ bias: Strided?, _ out: Strided) {
    let rows = out.shape[0] * out.shape[1]
    let cost = out.shape[2] * x.shape[2]
    parallelFor(rows, grain: Swift.max(RowLoop.parallelGrain / Swift.max(cost, 1), 1)) { range in
      x.dtype.visit(PlainProduct(x: x, y: y, bias: bias, out: out, rows: range))
    }
  }
}

/// Rows of a batched matrix product, one number at a time.
private struct PlainProduct: ElementVisitor {
  let x: Strided, y: Strided, bias: Strided?, out: Strided
  /// Counted over batch and rows.
  let rows: Range<Int>

  func visit<T: Element>(_ type: T.Type) {
    let size = MemoryLayout<T>.stride
    let (m, n, k) = (out.shape[1], out.shape[2], x.shape[2])
    func place(_ s: Strided, _ b: Int, _ i: Int, _ j: Int) -> Int {
      (b * s.layout.strides[0] + i * s.layout.strides[1] + j * s.layout.strides[2]) * size
    }
    let px = x.pointer, py = y.pointer, po = out.pointer
    let xk = x.layout.strides[2] * size, yk = y.layout.strides[1] * size
    for row in rows {
      let (b, i) = (row / m, row % m)
      for j in 0..<n {
        var sum = T.Math.zero
        let from = place(x, b, i, 0), with = place(y, b, 0, j)
        for l in 0..<k {
          sum = T.Math.plus(sum, T.Math.times(px.element(from + l * xk, type), py.element(with + l * yk, type)))
        }
        if let bias { sum = T.Math.plus(sum, bias.pointer.element(place(bias, b, i, j), type)) }
        po.setElement(place(out, b, i, j), sum, type)
      }
    }
  }
}
