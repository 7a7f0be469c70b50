import CTorchDNN
import CTorchGemm

// Matrix products: our own kernels and oneDNN for float32 and bfloat16, whichever is faster; our own for float64; float16
// through float32; plain loops for whole numbers.

extension CPUBackend {
  package func matmul(_ x: Strided, _ y: Strided, bias: Strided?, into out: Strided) {
    if out.count == 0 { return }
    if x.shape[x.shape.count - 1] == 0 { return fillWithBias(bias, out) }
    if out.shape.count - 2 > Self.mostBatchDims { return flatProduct(x, y, bias, out) }
    if !plainOnly {
      switch x.dtype {
      case .float32:
        if prefersOneDNN(x, y), libraryProduct(x, y, bias, out) { return }
        if ownProduct(x, y, bias, out) { return }
      case .float64:
        if ownProduct(x, y, bias, out) { return }
      case .bfloat16:
        if ownProduct(x, y, bias, out) { return }
        if libraryProduct(x, y, bias, out) { return }
        if libraryProduct(contiguous(x), contiguous(y), bias, out) { return }
        return wideProduct(x, y, bias, out)
      case .float16:
        if knowsFloat16 && libraryProduct(x, y, bias, out) { return }
        return wideProduct(x, y, bias, out)
      default: break
      }
    }
    plainProduct(x, y, bias, out)
  }

  /// How many dimensions of a batch the libraries take.
  private static let mostBatchDims = Int(CG_MAX_BATCH_RANK)

  private func fillWithBias(_ bias: Strided?, _ out: Strided) {
    if let bias { copy(bias, into: out) } else { fill(out, with: .int(0)) }
  }

  /// A batch of more dimensions than the libraries take is laid out along one.
  private func flatProduct(_ x: Strided, _ y: Strided, _ bias: Strided?, _ out: Strided) {
    func flat(_ s: Strided) -> Strided {
      let rank = s.shape.count, matrices = Shape(s.shape.dropLast(2)).elementCount
      return contiguous(s).with(Layout(contiguous: [matrices, s.shape[rank - 2], s.shape[rank - 1]]))
    }
    let result = allocate(Layout(contiguous: out.shape), dtype: out.dtype)
    matmul(flat(x), flat(y), bias: bias.map(flat), into: flat(result))
    copy(result, into: out)
  }

  /// Half types add up in float32 and are rounded once.
  private func wideProduct(_ x: Strided, _ y: Strided, _ bias: Strided?, _ out: Strided) {
    let wide = allocate(out.layout.likeDense, dtype: .float32)
    matmul(cast(x, to: .float32), cast(y, to: .float32), bias: bias.map { cast($0, to: .float32) }, into: wide)
    copy(wide, into: out)
  }

  /// Whether oneDNN is the faster one. It was, by some percent, for batches; our own kernels were faster for all else, and by
  /// far for shapes not seen before.
  private func prefersOneDNN(_ x: Strided, _ y: Strided) -> Bool {
    let rank = x.shape.count
    guard rank > 2 else { return false }
    let (m, k, n) = (x.shape[rank - 2], x.shape[rank - 1], y.shape[rank - 1])
    let matrices = Shape(x.shape.dropLast(2)).elementCount
    // One matrix for all makes the batch a single tall product.
    let shared = y.layout.strides.dropLast(2).allSatisfy { $0 == 0 }
    return matrices > 1 && !shared && m >= 8 && n >= 8 && matrices &* m &* k &* n >= 2_000_000
  }

  private var knowsFloat16: Bool { cd_version() >= 30_000 }

  /// Whether oneDNN took the product.
  private func libraryProduct(_ x: Strided, _ y: Strided, _ bias: Strided?, _ out: Strided) -> Bool {
    var desc: cd_matmul_desc = describe(x, y, bias, out)
    desc.input_type = Int32(x.dtype.rawValue)
    desc.output_type = Int32(out.dtype.rawValue)
    if let bias { desc.bias_type = Int32(bias.dtype.rawValue) }
    return cd_matmul(&desc, x.pointer, y.pointer, bias?.pointer, out.pointer) == CD_OK
  }

  /// Whether our own kernels took the product.
  private func ownProduct(_ x: Strided, _ y: Strided, _ bias: Strided?, _ out: Strided) -> Bool {
    var desc: cg_matmul_desc = describe(x, y, bias, out)
    desc.type = Int32(x.dtype.rawValue)
    desc.matrix_unit = backends.cpu.matrixUnits ? 1 : 0
    return cg_matmul(&desc, x.pointer, y.pointer, bias?.pointer, out.pointer)
  }

  /// The sizes of a product and where its operands lie.
  @inline(__always)
  private func describe<Description: ProductDescription>(
    _ x: Strided, _ y: Strided, _ bias: Strided?, _ out: Strided
  ) -> Description {
    var desc = Description()
    let rank = out.shape.count
    desc.batch_rank = Int32(rank - 2)
    setBatch(&desc.batch, out.shape)
    desc.m = Int64(out.shape[rank - 2])
    desc.n = Int64(out.shape[rank - 1])
    desc.k = Int64(x.shape[rank - 1])
    desc.a = strides(x.layout)
    desc.b = strides(y.layout)
    desc.c = strides(out.layout)
    if let bias { desc.bias = strides(bias.layout) }
    return desc
  }

  @inline(__always)
  private func strides<Strides: ProductStrides>(_ layout: Layout) -> Strides {
    var result = Strides()
    let rank = layout.rank
    result.row = Int64(layout.strides[rank - 2])
    result.column = Int64(layout.strides[rank - 1])
    setBatch(&result.batch, layout.strides)
    return result
  }

  /// Fills in what a shape or its strides say of the batch.
  @inline(__always)
  private func setBatch(_ numbers: inout BatchNumbers, _ all: Shape) {
    withUnsafeMutableBytes(of: &numbers) { bytes in
      let numbers = bytes.assumingMemoryBound(to: Int64.self)
      for dim in 0..<all.count - 2 { numbers[dim] = Int64(all[dim]) }
    }
  }

  private func plainProduct(_ x: Strided, _ y: Strided, _ bias: Strided?, _ out: Strided) {
    let rank = out.shape.count
    let rows = out.count / out.shape[rank - 1]
    let cost = out.shape[rank - 1] * x.shape[rank - 1]
    parallelFor(rows, grain: Swift.max(RowLoop.parallelGrain / Swift.max(cost, 1), 1)) { range in
      x.dtype.visit(PlainProduct(x: x, y: y, bias: bias, out: out, rows: range))
    }
  }
}

private typealias BatchNumbers = (Int64, Int64, Int64, Int64, Int64, Int64)

/// What oneDNN's shim and our own kernels want to know of a matrix, by the same names.
private protocol ProductStrides {
  init()
  var row: Int64 { get set }
  var column: Int64 { get set }
  var batch: BatchNumbers { get set }
}
extension cd_strides: ProductStrides {}
extension cg_strides: ProductStrides {}

/// The same of a product.
private protocol ProductDescription {
  associatedtype Strides: ProductStrides
  init()
  var batch_rank: Int32 { get set }
  var batch: BatchNumbers { get set }
  var m: Int64 { get set }
  var n: Int64 { get set }
  var k: Int64 { get set }
  var a: Strides { get set }
  var b: Strides { get set }
  var c: Strides { get set }
  var bias: Strides { get set }
}
extension cd_matmul_desc: ProductDescription {}
extension cg_matmul_desc: ProductDescription {}

/// Rows of a batched matrix product, one number at a time.
private struct PlainProduct: ElementVisitor {
  let x: Strided, y: Strided, bias: Strided?, out: Strided
  /// Counted over batch and rows.
  let rows: Range<Int>

  func visit<T: Element>(_ type: T.Type) {
    let size = MemoryLayout<T>.stride
    let rank = out.shape.count
    let (m, n, k) = (out.shape[rank - 2], out.shape[rank - 1], x.shape[rank - 1])
    /// Where element (i, j) of a matrix lies, in bytes; `matrix` counts the batch in row-major order.
    func place(_ s: Strided, _ matrix: Int, _ i: Int, _ j: Int) -> Int {
      var at = i * s.layout.strides[rank - 2] + j * s.layout.strides[rank - 1]
      var left = matrix
      for dim in (0..<rank - 2).reversed() {
        at += left % out.shape[dim] * s.layout.strides[dim]
        left /= out.shape[dim]
      }
      return at * size
    }
    let px = x.pointer, py = y.pointer, po = out.pointer
    let xk = x.layout.strides[rank - 1] * size, yk = y.layout.strides[rank - 2] * size
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
