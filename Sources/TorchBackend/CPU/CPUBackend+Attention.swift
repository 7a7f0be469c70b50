import CTorchGemm
import CTorchKernels
import CTorchRuntime

/// Attention by blocks of queries, whose scores never leave a near cache; float32.
///
/// A block of scores has all keys of its queries, so that its weights need no second look. The backward pass computes the
/// products again and the weights out of the logarithms of their sums. Heads are shared out over the threads, or the products of
/// one head where there are fewer heads.
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

  private var rank: Int { query.layout.rank }
  private var length: Int { query.shape[rank - 2] }
  private var width: Int { query.shape[rank - 1] }
  private var count: Int { key.shape[rank - 2] }
  private var depth: Int { value.shape[rank - 1] }
  private var heads: Int { Shape(query.shape.dropLast(2)).elementCount }

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
    let rows = blockRows
    forEachHead(scratch: rows * count) { head, scores in
      let q = matrix(query, head), k = matrix(key, head), v = matrix(value, head), o = matrix(out, head)
      let log = logs.of(Float.self) + head * length
      for first in stride(from: 0, to: length, by: rows) {
        let m = Swift.min(rows, length - first), n = keys(of: first + m)
        let c = Matrix(scores, n, 1)
        product(m, n, width, q.from(row: first), k.turned, into: c)
        var block = block(scores, head, first, m, n)
        tk_attention_weights_f32(&block, log + first)
        product(m, depth, n, c, v, into: o.from(row: first))
      }
    }
  }

  /// Computes the gradients into tensors of the shapes of query, key and value, whose last strides are 1; `out` and `gradient`
  /// have last strides of 1 too.
  package func backward(
    _ gradient: Strided, out: Strided, logs: Strided, forQuery: Strided, forKey: Strided, forValue: Strided
  ) {
    let rows = blockRows, plane = rows * count
    forEachHead(scratch: 2 * plane + rows) { head, scratch in
      let q = matrix(query, head), k = matrix(key, head), v = matrix(value, head)
      let g = matrix(gradient, head), o = matrix(out, head)
      let dq = matrix(forQuery, head), dk = matrix(forKey, head), dv = matrix(forValue, head)
      let log = logs.of(Float.self) + head * length
      let scores = scratch, slopes = scratch + plane, means = scratch + 2 * plane
      // Keys that no block sees get none.
      if keys(of: length) < count || length == 0 {
        clear(dk, count, width)
        clear(dv, count, depth)
      }
      for first in stride(from: 0, to: length, by: rows) {
        let m = Swift.min(rows, length - first), n = keys(of: first + m), before = first == 0 ? 0 : keys(of: first)
        let c = Matrix(scores, n, 1), d = Matrix(slopes, n, 1)
        let queries = q.from(row: first), gradients = g.from(row: first)
        product(m, n, width, queries, k.turned, into: c)
        var block = block(scores, head, first, m, n)
        tk_attention_again_f32(&block, log + first, keep == nil ? nil : slopes)
        sum(n, depth, m, (keep == nil ? c : d).turned, gradients, into: dv, known: before)
        product(m, n, depth, gradients, v.turned, into: d)
        tk_row_dots_f32(m, depth, means, gradients.start, gradients.row, o.from(row: first).start, o.row)
        tk_attention_slopes_f32(&block, slopes, means)
        product(m, width, n, c, k, into: dq.from(row: first))
        sum(n, width, m, c.turned, queries, into: dk, known: before)
      }
    }
  }

  /// How many keys the queries before one may see.
  private func keys(of queries: Int) -> Int { isCausal ? Swift.min(queries, count) : count }

  private func block(_ scores: UnsafeMutablePointer<Float>, _ head: Int, _ first: Int, _ rows: Int, _ cols: Int)
    -> tk_score_rows
  {
    var block = tk_score_rows()
    block.rows = rows
    block.cols = cols
    block.scores = scores
    block.row_stride = cols
    block.scale = scale
    if let bias {
      let all = matrix(bias, head)
      block.bias = UnsafePointer(all.from(row: first).start)
      block.bias_row = all.row
      block.bias_col = all.column
    }
    block.visible = isCausal ? first + 1 : cols
    if let keep {
      block.keep = UnsafePointer(keep.of(UInt8.self) + (head * length + first) * count)
      block.keep_row = count
      block.keep_scale = keepScale
    }
    return block
  }

  // MARK: heads and products

  /// A matrix of one head, strides in elements.
  private struct Matrix {
    var start: UnsafeMutablePointer<Float>, row: Int, column: Int

    init(_ start: UnsafeMutablePointer<Float>, _ row: Int, _ column: Int) {
      (self.start, self.row, self.column) = (start, row, column)
    }

    var turned: Matrix { Matrix(start, column, row) }
    func from(row first: Int) -> Matrix { Matrix(start + first * row, row, column) }
  }

  private func matrix(_ x: Strided, _ head: Int) -> Matrix {
    var at = 0, left = head
    for dim in (0..<rank - 2).reversed() {
      at += left % query.shape[dim] * x.layout.strides[dim]
      left /= query.shape[dim]
    }
    return Matrix(x.of(Float.self) + at, x.layout.strides[rank - 2], x.layout.strides[rank - 1])
  }

  private func forEachHead(scratch size: Int, _ body: (Int, UnsafeMutablePointer<Float>) -> Void) {
    let heads = heads
    parallelFor(heads, grain: heads < numThreads() ? heads : 1) { range in
      guard let scratch = ct_scratch_borrow(size * 4) else { tooLarge() }
      for head in range { body(head, scratch.assumingMemoryBound(to: Float.self)) }
      ct_scratch_return(scratch)
    }
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
