import CTorchGemm
import CTorchKernels
import CTorchRuntime

/// Attention by blocks of queries, whose scores never leave a near cache; float32.
///
/// A block of scores has all keys of its queries, so that its weights need no second look. The backward pass computes the
/// products again and the weights out of the logarithms of their sums. Heads are shared out over the threads, or the products of
/// one head where there are fewer heads. Large heads go by the matrix unit where there is one (`CPUBackend+AttentionUnit.swift`),
/// unless they hold what is infinite or NaN.
///
/// Dao et al., "FlashAttention: Fast and Memory-Efficient Exact Attention with IO-Awareness", 2022.
package struct TiledAttention {
  /// `[..., L, E]`, `[..., S, E]`, `[..., S, V]`, of any strides; the leading dimensions are the same.
  package let query: Strided, key: Strided, value: Strided
  /// What is added to scores, of the shape `[..., L, S]` by its strides, 0 or 1 along S.
  package var bias: Strided?
  /// Where dropout keeps a weight, uint8, contiguous `[..., L, S]`; and what it multiplies those by.
  package var keep: Strided?
  package var keepScale: Float = 1
  /// What scores are multiplied by.
  package let scale: Float
  /// Whether query i sees the keys 0...i alone.
  package var isCausal = false

  package init(query: Strided, key: Strided, value: Strided, scale: Float) {
    (self.query, self.key, self.value, self.scale) = (query, key, value, scale)
  }

  var rank: Int { query.layout.rank }
  var length: Int { query.shape[rank - 2] }
  var width: Int { query.shape[rank - 1] }
  var count: Int { key.shape[rank - 2] }
  var depth: Int { value.shape[rank - 1] }
  var heads: Int { Shape(query.shape.dropLast(2)).elementCount }

  /// Bytes of a block of scores.
  private static let blockBytes = 512 << 10

  /// Queries of a block.
  private var blockRows: Int {
    let most = Swift.max(Self.blockBytes / (4 * Swift.max(count, 1)), 16)
    let blocks = (length + most - 1) / most
    return blocks == 0 ? 1 : (length + blocks - 1) / blocks
  }

  /// Mixes the values into `out` `[..., L, V]`, whose last stride is 1; `logs`, contiguous `[..., L]`, receives what the
  /// gradient needs.
  package func forward(into out: Strided, logs: Strided) {
    let onUnit = suitsUnit
    forEachHead { head in
      let out = matrix(out, head), log = logs.of(Float.self) + head * length
      if onUnit && forwardOnUnit(head, into: out, log) { return }
      forwardByVectors(head, into: out, log)
    }
  }

  /// Computes the gradients into tensors of the shapes of query, key and value, whose last strides are 1; `out` and `gradient`
  /// have last strides of 1 too.
  package func backward(
    _ gradient: Strided, out: Strided, logs: Strided, forQuery: Strided, forKey: Strided, forValue: Strided
  ) {
    let onUnit = suitsUnit
    forEachHead { head in
      let all = Gradients(
        ofOut: matrix(gradient, head), out: matrix(out, head), logs: logs.of(Float.self) + head * length,
        ofQuery: matrix(forQuery, head), ofKey: matrix(forKey, head), ofValue: matrix(forValue, head))
      if onUnit && backwardOnUnit(head, all) { return }
      backwardByVectors(head, all)
    }
  }

  private func forwardByVectors(_ head: Int, into out: Matrix, _ logs: UnsafeMutablePointer<Float>) {
    let rows = blockRows, q = matrix(query, head), k = matrix(key, head), v = matrix(value, head)
    withScratch(rows * count * 4) { scratch in
      let scores = scratch.assumingMemoryBound(to: Float.self)
      for first in stride(from: 0, to: length, by: rows) {
        let m = Swift.min(rows, length - first), n = keys(of: first + m)
        let c = Matrix(scores, n, 1)
        product(m, n, width, q.from(row: first), k.turned, into: c)
        var block = block(c, head, rows: first..<first + m, columns: 0..<n)
        tk_attention_weights_f32(&block, logs + first)
        product(m, depth, n, c, v, into: out.from(row: first))
      }
    }
  }

  private func backwardByVectors(_ head: Int, _ all: Gradients) {
    let rows = blockRows, plane = rows * count
    let q = matrix(query, head), k = matrix(key, head), v = matrix(value, head)
    // Keys that no block sees get none.
    if keys(of: length) < count || length == 0 {
      clear(all.ofKey, count, width)
      clear(all.ofValue, count, depth)
    }
    withScratch((2 * plane + rows) * 4) { scratch in
      let scores = scratch.assumingMemoryBound(to: Float.self), slopes = scores + plane, means = scores + 2 * plane
      for first in stride(from: 0, to: length, by: rows) {
        let m = Swift.min(rows, length - first), n = keys(of: first + m), before = first == 0 ? 0 : keys(of: first)
        let c = Matrix(scores, n, 1), d = Matrix(slopes, n, 1)
        let queries = q.from(row: first), gradients = all.ofOut.from(row: first), out = all.out.from(row: first)
        product(m, n, width, queries, k.turned, into: c)
        var block = block(c, head, rows: first..<first + m, columns: 0..<n)
        tk_attention_again_f32(&block, all.logs + first, keep == nil ? nil : slopes)
        sum(n, depth, m, (keep == nil ? c : d).turned, gradients, into: all.ofValue, known: before)
        product(m, n, depth, gradients, v.turned, into: d)
        tk_row_dots_f32(m, depth, means, gradients.start, gradients.row, out.start, out.row)
        tk_attention_slopes_f32(&block, slopes, means)
        product(m, width, n, c, k, into: all.ofQuery.from(row: first))
        sum(n, width, m, c.turned, queries, into: all.ofKey, known: before)
      }
    }
  }

  /// How many keys the queries before one may see.
  func keys(of queries: Int) -> Int { isCausal ? Swift.min(queries, count) : count }

  /// A block of scores and what is to be done to it.
  func block(_ scores: Matrix, _ head: Int, rows: Range<Int>, columns: Range<Int>) -> tk_score_rows {
    var block = tk_score_rows()
    block.rows = rows.count
    block.cols = columns.count
    block.scores = scores.start
    block.row_stride = scores.row
    block.scale = scale
    if let bias {
      let all = matrix(bias, head)
      block.bias = UnsafePointer(all.from(row: rows.lowerBound).start + columns.lowerBound * all.column)
      block.bias_row = all.row
      block.bias_col = all.column
    }
    block.visible = isCausal ? rows.lowerBound + 1 - columns.lowerBound : columns.count
    if let keep {
      let row = head * length + rows.lowerBound
      block.keep = UnsafePointer(keep.of(UInt8.self) + row * count + columns.lowerBound)
      block.keep_row = count
      block.keep_scale = keepScale
    }
    return block
  }

  // MARK: heads and products

  /// A matrix of one head, strides in elements.
  struct Matrix {
    var start: UnsafeMutablePointer<Float>, row: Int, column: Int

    init(_ start: UnsafeMutablePointer<Float>, _ row: Int, _ column: Int) {
      (self.start, self.row, self.column) = (start, row, column)
    }

    var turned: Matrix { Matrix(start, column, row) }
    func from(row first: Int) -> Matrix { Matrix(start + first * row, row, column) }
  }

  /// What the gradients of one head are made of, and where they go.
  struct Gradients {
    let ofOut: Matrix, out: Matrix, logs: UnsafeMutablePointer<Float>
    let ofQuery: Matrix, ofKey: Matrix, ofValue: Matrix
  }

  func matrix(_ x: Strided, _ head: Int) -> Matrix {
    var at = 0, left = head
    for dim in (0..<rank - 2).reversed() {
      at += left % query.shape[dim] * x.layout.strides[dim]
      left /= query.shape[dim]
    }
    return Matrix(x.of(Float.self) + at, x.layout.strides[rank - 2], x.layout.strides[rank - 1])
  }

  /// Where there are fewer heads than threads, these share the work of each head.
  private func forEachHead(_ body: (Int) -> Void) {
    let heads = heads
    parallelFor(heads, grain: heads < numThreads() ? heads : 1) { $0.forEach(body) }
  }

  func withScratch<Result>(_ bytes: Int, _ body: (UnsafeMutableRawPointer) -> Result) -> Result {
    guard let scratch = ct_scratch_borrow(bytes) else { tooLarge() }
    defer { ct_scratch_return(scratch) }
    return body(scratch)
  }

  private func clear(_ c: Matrix, _ rows: Int, _ cols: Int) {
    for i in 0..<rows { (c.start + i * c.row).update(repeating: 0, count: cols) }
  }

  /// `c += a * b`, where rows of `c` from `known` on have no content yet.
  private func sum(_ m: Int, _ n: Int, _ k: Int, _ a: Matrix, _ b: Matrix, into c: Matrix, known: Int) {
    if known > 0 { product(known, n, k, a, b, into: c, plus: true) }
    if known < m { product(m - known, n, k, a.from(row: known), b, into: c.from(row: known)) }
  }

  private func product(
    _ m: Int, _ n: Int, _ k: Int, _ a: Matrix, _ b: Matrix, into c: Matrix, plus: Bool = false
  ) {
    var desc = cg_matmul_desc()
    desc.type = Int32(CG_FLOAT32)
    desc.m = Int64(m)
    desc.n = Int64(n)
    desc.k = Int64(k)
    (desc.a.row, desc.a.column) = (Int64(a.row), Int64(a.column))
    (desc.b.row, desc.b.column) = (Int64(b.row), Int64(b.column))
    (desc.c.row, desc.c.column) = (Int64(c.row), Int64(c.column))
    desc.bias = desc.c
    if !cg_matmul(&desc, a.start, b.start, plus ? UnsafeRawPointer(c.start) : nil, c.start) { tooLarge() }
  }

  private func tooLarge() -> Never {
    fault("scaled_dot_product_attention", "there is no memory for a block of scores; got \(length) by \(count)")
  }
}
